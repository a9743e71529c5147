"""Sheets that we write: whole, readable by others, and without a cell that any program takes for a formula (S7, R18)."""

import csv
import io
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from backend.infra.sheet_writing import csv_piece, inert, join_csv, join_xlsx, xlsx_piece

ROWS = [("A1", 3, Decimal("12.30"), None, "好"), ("", -4, Decimal("-0.50"), "two\nlines", 'a,"b";c\td')]
HEADING = ["编码", "数量", "金额", "空", "文字"]
FORMULA_STARTS = "=+-@\t\r＝＋－＠﹢﹣﹦﹫−|%"
HOSTILE = ["=cmd|' /C calc'!A0", "@SUM(1+1)", "+1", "-1+2", "\t=1", "\r=1", " =1", "\u3000＝1", "\u00a0=1", "\ufeff=1", "\u200b=1",
           "\u202e=1",
           "＝HYPERLINK(\"http://x\")", "\n=1", "\x00=1", "<img src=x onerror=alert(1)>", "{{7*7}}", "]]>", "&amp;", "'=1",
           "\u09c9@", "\u00ad=1", "\ue000+1", "\u180e\u3000＝1", "\u0378 -1"]


def whole(rows, kind: str = "csv", heading=HEADING, pieces: int = 1) -> bytes:
    target = io.BytesIO()
    write, join = (csv_piece, join_csv) if kind == "csv" else (xlsx_piece, join_xlsx)
    cut = -(-len(rows) // pieces) or 1
    join(target, heading, [io.BytesIO(write(rows[start:start + cut])) for start in range(0, len(rows), cut)])
    return target.getvalue()


def csv_rows(data: bytes):
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def xlsx_rows(data: bytes):
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    return list(map(list, sheet.iter_rows()))


def test_a_csv_has_its_mark_and_its_rows():
    assert csv_rows(whole(ROWS)) == [HEADING, ["A1", "3", "12.30", "", "好"], ["", "-4", "-0.50", "two\nlines", 'a,"b";c\td']]
    assert whole([("a", 1)], heading=["x", "y"]) == b'\xef\xbb\xbf"x","y"\r\n"a",1\r\n'


def test_a_workbook_has_its_rows_with_numbers_as_numbers():
    rows = xlsx_rows(whole(ROWS, "xlsx"))
    assert [[cell.value for cell in row] for row in rows] == [
        HEADING, ["A1", 3, 12.3, None, "好"], [None, -4, -0.5, "two\nlines", 'a,"b";c\td']]
    assert rows[0][0].font.b and not rows[1][0].font.b
    assert rows[1][2].number_format == "#,##0.00" and rows[1][2].data_type == "n"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_pieces_make_the_same_file_as_one(kind):
    rows = [(f"A{number}", number) for number in range(10)]
    assert whole(rows, kind, ["a", "b"]) == whole(rows, kind, ["a", "b"], pieces=3)
    assert len((csv_rows if kind == "csv" else xlsx_rows)(whole([], kind))) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_R18_hostile_cells_are_inert(text):
    assert is_inert(inert(text)), text


@pytest.mark.parametrize("text", ["", "好", "a=1", "1+1", "A-1", "13800138000", "2026-03-02 12:00:00", "a@b.cn", "'", "a\nb"])
def test_plain_cells_stay_as_they_are(text):
    assert inert(text) == text


def is_inert(cell: str) -> bool:
    """Judged by another rule than the one under test: what stands first, once blanks and unseen characters are gone."""
    plain = unicodedata.normalize("NFKC", cell)
    seen = [each for each in plain if not each.isspace() and unicodedata.category(each)[0] not in "CZ"]
    return not seen or seen[0] not in "=+-@|%\u2212"


texts = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(FORMULA_STARTS + " \n\u3000\ufeff\u200b\"';,<>&")), max_size=30)


@settings(max_examples=400, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4))
@example(HOSTILE)
def test_S7_every_cell_of_an_export_of_hostile_texts_is_inert(cells):
    heading = [f"c{number}" for number in range(len(cells))]
    data = csv_rows(whole([cells], heading=heading))
    assert [len(row) for row in data] == [len(cells)] * 2
    assert all(is_inert(cell) for cell in data[1])
    rows = xlsx_rows(whole([cells], "xlsx", heading))
    assert len(rows) == 2
    for cell in rows[1]:
        assert cell.data_type in ("s", "inlineStr", "n") and (cell.value is None or is_inert(cell.value))
        assert cell.hyperlink is None


@settings(max_examples=200, deadline=None)
@given(texts)
def test_what_a_shopper_wrote_can_be_read_again(text):
    written = inert(text)
    seen = written.removeprefix("'") if written[:1] == "'" and text[:1] != "'" else written
    [cell] = csv_rows(whole([(text,)], heading=["a"]))[1:][0]
    assert cell == written
    [[value]] = [[cell.value for cell in row] for row in xlsx_rows(whole([(text,)], "xlsx", ["a"]))[1:]]
    assert (value or "").replace("\r\n", "\n") == written.replace("\r\n", "\n")
    assert set(seen) <= set(text)
