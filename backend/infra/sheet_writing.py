"""Sheets for people's spreadsheet programs: CSV and xlsx, written in pieces of constant memory; no cell is ever a formula.

A sheet is a heading and pieces. Each piece is written by itself and kept as a file, so that a worker may die between two;
in the end they are joined to one file.
"""

import csv
import io
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import BinaryIO
from xml.sax.saxutils import escape

Cell = str | int | Decimal | None
"""Text, a whole number, an amount with decimals, or nothing."""

XLSX_LINES = 2**20
"""Excel shows no line below this one."""
XLSX_TEXT = 32_767
"""Excel refuses a longer text in a cell."""
MEGABYTE = 2**20
HEADING = ' s="1"'
"""Style of the heading's cells."""

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_BEGINS = "=+-@|%\u2212"


def inert(text: str) -> str:
    """The text as a cell that no program takes for a formula and that runs in no hidden direction.

    What begins like a formula (`= + - @ | %`, full-width, small and raised forms as well) gets an apostrophe before it,
    whatever stands before that and may not be seen: blanks, marks of direction, characters that Unicode does not know
    (yet). So does what begins with a tab or a new line. Characters of `_UNSEEN` are taken out.
    """
    text = _UNSEEN.sub("", text)
    if not text or text[0].isalnum():
        return text
    return f"'{text}" if text[0] in "\t\r\n" or _first_seen(text) in _BEGINS else text


def _first_seen(text: str) -> str:
    """The first character that everybody sees, in its plain form; a blank when there is none."""
    for each in text:
        for plain in unicodedata.normalize("NFKC", each):
            if not plain.isspace() and unicodedata.category(plain)[0] not in "CZ":
                return plain
    return " "


# --- CSV ---

def csv_piece(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as CSV in UTF-8: every text in quotation marks, lines end in CR LF."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows([inert(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row] for row in rows)
    return file.getvalue().encode()


def join_csv(target: BinaryIO, heading: Sequence[str], pieces: Iterable[BinaryIO]) -> None:
    """Write the whole CSV, with the mark by which Excel knows UTF-8."""
    target.write(b"\xef\xbb\xbf" + csv_piece([heading]))
    for piece in pieces:
        shutil.copyfileobj(piece, target, MEGABYTE)


# --- xlsx ---

def xlsx_piece(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as a piece of a worksheet; texts are inline strings, which no program calculates."""
    return "".join(_xlsx_row(row) for row in rows).encode()


def _xlsx_row(row: Sequence[Cell], style: str = "") -> str:
    return f"<row>{''.join(_xlsx_cell(cell, style) for cell in row)}</row>"


def _xlsx_cell(cell: Cell, style: str) -> str:
    if cell is None or cell == "":
        return f"<c{style}/>"
    if isinstance(cell, str):
        text = escape(inert(cell)[:XLSX_TEXT]).replace("\r", "&#13;")
        return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c s="2"><v>{cell}</v></c>' if isinstance(cell, Decimal) else f"<c><v>{cell}</v></c>"


def join_xlsx(target: BinaryIO, heading: Sequence[str], pieces: Iterable[BinaryIO]) -> None:
    """Write the whole workbook: one sheet, its heading bold and fixed."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, content in _PARTS.items():
            archive.writestr(_part(name), content)
        with archive.open(_part("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            columns = "".join(f'<col min="{number}" max="{number}" width="{max(12, 2 * len(title) + 4)}" customWidth="1"/>'
                              for number, title in enumerate(heading, 1))
            sheet.write(f"{_SHEET}<cols>{columns}</cols><sheetData>{_xlsx_row(heading, HEADING)}".encode())
            for piece in pieces:
                shutil.copyfileobj(piece, sheet, MEGABYTE)
            sheet.write(b"</sheetData></worksheet>")


def _part(name: str) -> zipfile.ZipInfo:
    """A member without a time of its own: the same rows give the same file."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
_PARTS = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
