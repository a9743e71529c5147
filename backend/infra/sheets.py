"""Sheets that people make: CSV (UTF-8, GBK, UTF-16) or xlsx, gzipped or not, as lines of text cells, bounded in memory.

Told by content, never by name: gzip begins with 1f 8b, xlsx with PK, the rest is CSV. What unpacks to more than the
limits is refused before it is held.
"""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES

from backend.kernel.errors import Kind, Refusal

MAX_BYTES = 64 * 2**20
"""No CSV, and no part of a workbook save its lines, unpacks to more."""
MAX_WORKBOOK_BYTES = 256 * 2**20
MAX_LINES = 200_000
MAX_COLUMNS = 200
LAST_XLSX_LINE = 2**20
"""Excel knows no line below this one."""
IN_MEMORY = 8 * 2**20
LONGEST_CELL = 131_072
"""As the csv module has it."""

SHEET_NOT_READABLE = Refusal(
    Kind.INVALID,
    "sheet_not_readable",
    zh="文件无法读取：请存为 .xlsx 或 CSV（UTF-8 或 GBK）后重试。",
    en="The file cannot be read: please save it as .xlsx or as CSV (UTF-8 or GBK).",
)
SHEET_TOO_LARGE = Refusal(
    Kind.INVALID,
    "sheet_too_large",
    zh="文件过大：最多 {lines} 行，解压后最多 {megabytes} MB。请分成几份。",
    en="The file is too large: at most {lines} lines and {megabytes} MB unpacked. Please split it.",
)

Line = tuple[int, list[str]]
"""(line of the file from 1, cells as text without spaces around them); lines without any text are left out."""

FORMULA_ERRORS = frozenset(ERROR_CODES)
"""What stands in a cell whose formula failed ("#N/A", …)."""


class Sheet:
    """An open sheet; iterate once over its lines. Close it, or use `with`.

    Refuses (`sheet_not_readable`, `sheet_too_large`) when it is opened, or where the reading comes to the fault.
    """

    def __init__(self, file: BinaryIO, *, csv_lines: int | None = None, xlsx_lines: int | None = None) -> None:
        """Refuses more lines with text than these (MAX_LINES)."""
        self._files: list[Any] = []
        try:
            copy = self._keep(SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by close()
            utf8 = _copy(file, copy)
            start = copy.read(4)
            copy.seek(0)
            workbook = start == b"PK\x03\x04"
            self._most = (xlsx_lines if workbook else csv_lines) or MAX_LINES
            self._lines = self._xlsx(copy) if workbook else self._csv(copy, start, utf8)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Line]:
        for count, (number, cells) in enumerate((line for line in self._lines if any(line[1])), 1):
            if count > self._most:
                raise _too_large(self._most)
            yield number, cells

    def __enter__(self) -> "Sheet":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary copy back; harmless when called again."""
        while self._files:
            self._files.pop().close()

    def _csv(self, copy: BinaryIO, start: bytes, utf8: bool) -> Iterator[Line]:
        return _csv_lines(self._keep(io.TextIOWrapper(copy, _encoding(start, utf8), newline="")))

    def _xlsx(self, copy: BinaryIO) -> Iterator[Line]:
        try:
            _check_archive(copy)
            workbook = self._keep(load_workbook(copy, read_only=True, data_only=True, keep_links=False))
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()
        except OVERSIZED as error:
            raise _too_large() from error
        except Exception as error:  # a broken workbook makes openpyxl raise anything
            raise SHEET_NOT_READABLE() from error
        return _xlsx_lines(sheet)

    def _keep(self, file: Any) -> Any:
        self._files.append(file)
        return file


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of a CSV begins: its byte in the text, and its number from 1."""

    byte: int = 0
    line: int = 1


def csv_text(file: BinaryIO, text: BinaryIO) -> str | None:
    """Unpack a CSV into `text`, as UTF-8; returns its delimiter, or None (and writes nothing) for a workbook.

    Refuses (`sheet_not_readable`, `sheet_too_large`) what cannot be read. Memory does not grow with the file.
    """
    with SpooledTemporaryFile(IN_MEMORY) as copy:
        utf8 = _copy(file, copy)
        start = copy.read(4)
        copy.seek(0)
        if start == b"PK\x03\x04":
            return None
        with io.TextIOWrapper(copy, _encoding(start, utf8), newline="") as lines:
            try:
                header = lines.readline(LONGEST_CELL)
                lines.seek(0)
                while piece := lines.read(65_536):
                    text.write(piece.encode())
            except UnicodeError as error:
                raise SHEET_NOT_READABLE() from error
    return max(",;\t", key=header.count)


def read_csv(text: BinaryIO, place: Place, delimiter: str) -> Iterator[tuple[Line, Place]]:
    """The lines of a UTF-8 text from a place on, empty ones too, each with the place of the next one: reading may stop after any
    line and go on there another time. Refuses (`sheet_not_readable`) where it comes to a fault."""
    text.seek(place.byte)
    wrapped = io.TextIOWrapper(text, "utf-8", newline="")
    byte, first, number = place.byte, place.line, place.line

    def counted() -> Iterator[str]:
        nonlocal byte
        for line in wrapped:
            byte += len(line.encode())
            yield line

    reader = csv.reader(counted(), delimiter=delimiter)
    try:
        for cells in reader:
            following = first + reader.line_num
            yield (number, [cell.strip() for cell in cells]), Place(byte, following)
            number = following
    except csv.Error as error:
        raise SHEET_NOT_READABLE() from error
    finally:
        wrapped.detach()


def _encoding(start: bytes, utf8: bool) -> str:
    utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if utf16 else "utf-8-sig" if utf8 else "gb18030"


class Oversized(Exception):
    """A workbook unpacks to more than the limits."""


OVERSIZED = (Oversized, MemoryError)


def _too_large(lines: int | None = None) -> Exception:
    return SHEET_TOO_LARGE(lines=MAX_LINES if lines is None else lines, megabytes=MAX_BYTES // 2**20)


def _copy(file: BinaryIO, copy: BinaryIO) -> bool:
    """Unpack `file` into `copy`, at most MAX_BYTES, and rewind it; whether all of it is UTF-8."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    source: Any = gzip.GzipFile(fileobj=file) if packed else file
    decoder = codecs.getincrementaldecoder("utf-8")()
    size, utf8 = 0, True
    try:
        while chunk := source.read(65_536):
            size += len(chunk)
            if size > MAX_BYTES:
                raise _too_large()
            copy.write(chunk)
            utf8 = utf8 and _decodes(decoder, chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SHEET_NOT_READABLE() from error
    copy.seek(0)
    return utf8 and _decodes(decoder, b"", final=True)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _csv_lines(lines: io.TextIOWrapper) -> Iterator[Line]:
    try:
        header = lines.readline()
        lines.seek(0)
        reader = csv.reader(lines, delimiter=max(",;\t", key=header.count))
        number = 1
        for cells in reader:
            yield number, [cell.strip() for cell in cells]
            number = reader.line_num + 1
    except (UnicodeError, csv.Error) as error:
        raise SHEET_NOT_READABLE() from error


def _check_archive(copy: BinaryIO) -> None:
    """Refuse what would unpack to too much; zipfile never reads more of a member than is declared here."""
    with zipfile.ZipFile(copy) as archive:
        members = archive.infolist()
    parts = [member.file_size for member in members if not member.filename.startswith("xl/worksheets/")]
    if sum(parts) > MAX_BYTES or sum(member.file_size for member in members) > MAX_WORKBOOK_BYTES:
        raise Oversized
    copy.seek(0)


def _xlsx_lines(sheet: Any) -> Iterator[Line]:
    try:
        for number, cells in enumerate(sheet.iter_rows(max_row=LAST_XLSX_LINE, max_col=MAX_COLUMNS, values_only=True), 1):
            if cells.count(None) < len(cells):
                yield number, _without_tail([_text(cell) for cell in cells])
    except Exception as error:  # a broken workbook makes openpyxl raise anything
        raise SHEET_NOT_READABLE() from error


def _without_tail(cells: list[str]) -> list[str]:
    """Without the empty cells at the end: openpyxl fills lines up to the widest we allow."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(cell: Any) -> str:
    """A cell as somebody would type it: 10002 and 10002.0 are "10002", 0.1 is "0.1", nothing is ""."""
    if cell is None:
        return ""
    if type(cell) is float:
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(Decimal(repr(cell)), "f")
    return str(cell).strip()
