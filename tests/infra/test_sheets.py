"""Sheets of every kind give the same lines; broken and hostile files are refused before they are held in memory."""

import gzip
import io
import resource
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from backend.infra import sheets
from backend.infra.sheets import Sheet
from backend.kernel.errors import Refused

CSV = 'sku,title\r\n10002,“地球” 仪 \r\n\r\n10080,"a, b\nc"\n,,\nZ,last'
LINES = [(1, ["sku", "title"]), (2, ["10002", "“地球” 仪"]), (4, ["10080", "a, b\nc"]), (7, ["Z", "last"])]


def lines(data: bytes):
    with Sheet(io.BytesIO(data)) as sheet:
        return list(sheet)


def workbook(*rows, **more) -> bytes:
    book = Workbook(**more)
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        lines(data)
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_encoding_gives_the_same_lines(encoding, pack):
    assert lines(pack(CSV.encode(encoding))) == LINES


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_the_separator(separator):
    assert lines(f"sku{separator}title\nA{separator}b".encode()) == [(1, ["sku", "title"]), (2, ["A", "b"])]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_workbook_gives_text_as_one_would_type_it(pack):
    data = workbook(["sku", "price", None], [], [10002, 0.85, "  x "], ["007", 12.0, date(2026, 3, 2)], [1e-05, 1234567.5, True])
    assert lines(pack(data)) == [
        (1, ["sku", "price"]),
        (3, ["10002", "0.85", "x"]),
        (4, ["007", "12", "2026-03-02 00:00:00"]),
        (5, ["0.00001", "1234567.5", "True"]),
    ]


def test_a_name_says_nothing_and_an_empty_file_has_no_lines():
    assert lines(b"") == lines(b"\r\n\n") == lines(gzip.compress(b"")) == lines(workbook()) == []


def test_broken_files_are_refused():
    packed = gzip.compress(CSV.encode())
    book = workbook(["sku"], ["A"])
    xml = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><worksheet>&c;'
    for data in (
        packed[:-9],
        packed[:20],
        b"\x1f\x8b",
        b"PK\x03\x04 nothing",
        book[:-30],
        book.replace(b"xl/worksheets", b"xl/worksheetz"),
        b"\xff\xfe\x00",
        b"a,b\n\xff\xff\xff",
        member(book, "xl/worksheets/sheet1.xml", xml),
        member(book, "xl/workbook.xml", b"<"),
        b"sku\n" + b'"' + b"x" * 200_000,
    ):
        assert refusal(data) == "sheet_not_readable", data[:20]


def member(book: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part put in or replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            if each.filename != name:
                new.writestr(each.filename, old.read(each))
        new.writestr(name, content)
    return file.getvalue()


def test_R21_what_a_workbook_says_of_other_files_is_never_read(tmp_path):
    """An entity that names a file (XXE), in every part that is read; a member that would lie elsewhere (zip slip)."""
    secret = tmp_path / "secret"
    secret.write_text("TOP SECRET")
    book = workbook(["sku", "title"], ["A1", "x"])
    doctype = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    strings = f'{doctype}<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&e;</t></si></sst>'
    sheet = (f'{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
             '<c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>')
    for name, content in (("xl/sharedStrings.xml", strings), ("xl/worksheets/sheet1.xml", sheet)):
        data = member(book, name, content.encode())
        try:
            found = str(lines(data))
        except Refused as refused:
            found = refused.code
        assert "TOP SECRET" not in found, name
    before = set(tmp_path.rglob("*"))
    slipped = member(book, f"../../../../../../..{tmp_path}/slipped", b"evil")
    assert lines(slipped) == [(1, ["sku", "title"]), (2, ["A1", "x"])], "members are read by name and never unpacked"
    assert set(tmp_path.rglob("*")) == before


def test_R21_the_small_bomb_of_many_layers_is_refused():
    """42 kB that unpack to gigabytes: only one layer is ever unpacked, and that one within bounds."""
    inner = member(workbook(["sku"], ["A"]), "xl/worksheets/sheet1.xml", b" " * (sheets.MAX_WORKBOOK_BYTES + 1))
    assert len(inner) < 400_000 and refusal(inner) == "sheet_too_large"
    assert refusal(gzip.compress(gzip.compress(bytes(2**22)))) == "sheet_not_readable"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_csv_can_be_left_and_entered_again_at_every_line(encoding, ends):
    text = ends.join(['sku;title', '', '甲;"a; b' + ends + 'c"', ';', 'Z;last'])
    with io.BytesIO() as kept:
        delimiter = sheets.csv_text(io.BytesIO(gzip.compress(text.encode(encoding))), kept)
        whole = list(sheets.read_csv(kept, sheets.Place(), delimiter))
        assert delimiter == ";" and [line for line, _ in whole if any(line[1])] == lines(text.encode(encoding))
        for at, (_, place) in enumerate(whole, 1):
            assert list(sheets.read_csv(kept, place, delimiter)) == whole[at:]
        assert sheets.csv_text(io.BytesIO(workbook(["sku"])), io.BytesIO()) is None


def test_S5_R21_bombs_are_refused_without_being_unpacked():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    zeros = gzip.compress(bytes(2**26 + 1))
    assert len(zeros) < 100_000 and refusal(zeros) == "sheet_too_large"
    book = workbook(["sku"], ["A"])
    assert refusal(member(book, "xl/sharedStrings.xml", b" " * (2**26 + 1))) == "sheet_too_large"
    assert refusal(member(book, "xl/styles.xml", b" " * (2**26 + 1))) == "sheet_too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024, "kilobytes"


def test_S5_R21_too_many_lines_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_LINES", 3)
    assert len(lines(b"a\n\nb\n\nc\n")) == 3
    assert refusal(b"a\nb\nc\nd\n") == "sheet_too_large"


def test_S5_a_line_far_away_costs_nothing():
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<dimension ref="A1:XFD999999999"/><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c><c r="XFD1"><v>1</v></c></row>'
        '<row r="999999999"><c r="A999999999"><v>1</v></c></row></sheetData></worksheet>'
    )
    [(line, cells)] = lines(member(workbook(["sku"]), "xl/worksheets/sheet1.xml", sheet.encode()))
    assert (line, cells[0], len(cells)) == (1, "sku", 1)
