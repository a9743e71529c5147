"""Read a sheet that was sent, slice by slice: its heading, its lines in a form in which work can begin anywhere, codes twice.

A CSV is unpacked once, to UTF-8 text, and then read from where the last slice ended; a workbook cannot be entered in its middle
and is read in one go, within bounds.
"""

import shutil
from array import array
from itertools import pairwise
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import Row

from backend.catalog.refusals import SKU_CODE_TWICE
from backend.catalog.sheet import PRODUCTS, Columns, Shape, read_header
from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportCheckDue, ImportEnded, ImportReadDue
from backend.imports.refusals import IMPORT_BROKE, IMPORT_NOTHING, IMPORT_TOO_MANY_FAULTS
from backend.imports.states import CHECKING, FAILED, RECEIVED
from backend.infra.clock import ticks
from backend.infra.sheets import SHEET_TOO_LARGE, Place, Sheet, csv_text, read_csv
from backend.infra.uow import reading, transaction
from backend.kernel.errors import Kind, Refused
from backend.steps.actor_of import actor_of

SHAPES: dict[str, Shape] = {"products": PRODUCTS}
SLICE_SECONDS = 5
BATCH = 500
"""A slice looks at the clock after so many lines."""


def read_import(ctx: Context, *, import_id: str, step: int = 0) -> str:
    """Do the next slice of reading; says what came of it.

    First the heading; then the sheet's lines, written down as our own (one JSON array a line) until the slice's time is over; in
    the end the codes that stand twice, and the sheet goes on to be checked. A slice counts when its place in the file is written,
    so a worker that dies costs one slice, and the same slice again changes nothing. Memory does not grow with the file. A file
    that cannot be read, has no lines or too many faults fails the import, as does one at which the worker died three times.
    """
    with reading(ctx) as rd:
        sheet = imports.find_import(rd, import_id)
        if sheet is None or sheet.state != RECEIVED or sheet.step != step:
            return "nothing to do"
        actor = actor_of(rd, sheet.asked_by)
    if ctx.delivery is not None and ctx.delivery.attempt >= rules.GIVEN_UP_AFTER:
        return _fail(ctx, sheet, IMPORT_BROKE(seen=sheet.seen))
    try:
        rules.check_still(actor, sheet.kind)
        if sheet.columns is None:
            return _begin(ctx, sheet)
        return _find_twice(ctx, sheet) if sheet.columns.get("read") else _go_on(ctx, sheet)
    except Refused as refused:
        if refused.kind is Kind.UNAVAILABLE:
            raise
        return _fail(ctx, sheet, refused)


def _begin(ctx: Context, sheet: Row[Any]) -> str:
    """The heading, and the text of a CSV; all lines of a workbook."""
    private = ctx.gateways.private
    with private.open(sheet.file_key) as file, private.writing(".text") as (text_key, text):
        delimiter = csv_text(file, text)
    try:
        if delimiter is None:
            with private.open(sheet.file_key) as file, private.writing(".lines") as (work_key, work):
                columns, count = _workbook(file, work, SHAPES[sheet.kind])
            try:
                return _advance(ctx, sheet, _told(columns) | {"read": True, "text": text_key}, work_key, seen=count)
            except BaseException:
                private.remove(work_key)
                raise
        with private.open(text_key) as text:
            heading, after = next((each for each in read_csv(text, Place(), delimiter) if any(each[0][1])), ((0, []), Place()))
        columns = read_header(iter([heading]), SHAPES[sheet.kind])
        return _advance(ctx, sheet, _told(columns) | {"text": text_key, "delimiter": delimiter, "line": after.line}, None,
                        place=after.byte)
    except BaseException:
        private.remove(text_key)
        raise


def _workbook(file: BinaryIO, work: BinaryIO, shape: Shape) -> tuple[Columns, int]:
    """Write the lines of a workbook; its columns, and how many lines. One that takes too long is as good as too large."""
    began, count, encode = ticks(), 0, msgspec.json.Encoder().encode
    with Sheet(file, csv_lines=rules.CSV_LINES, xlsx_lines=rules.XLSX_LINES) as lines:
        rest = iter(lines)
        columns = read_header(rest, shape)
        for number, cells in rest:
            work.write(encode([number, *cells]) + b"\n")
            count += 1
            if count % BATCH == 0 and ticks() - began > rules.XLSX_SECONDS:
                raise SHEET_TOO_LARGE(lines=count, megabytes=rules.MAX_FILE_BYTES // 2**20)
    return columns, count


def _go_on(ctx: Context, sheet: Row[Any]) -> str:
    """The next lines, behind those of the slices before."""
    private, told = ctx.gateways.private, dict(sheet.columns)
    place, count, ended = Place(sheet.place, told["line"]), sheet.seen, True
    began, encode = ticks(), msgspec.json.Encoder().encode
    with private.open(told["text"]) as text, private.writing(".lines") as (work_key, work):
        if sheet.work_key is not None:
            with private.open(sheet.work_key) as before:
                shutil.copyfileobj(before, work)
        for looked, ((number, cells), after) in enumerate(read_csv(text, place, told["delimiter"]), 1):
            place = after
            if any(cells):
                count += 1
                if count >= rules.CSV_LINES:
                    raise SHEET_TOO_LARGE(lines=rules.CSV_LINES, megabytes=rules.MAX_FILE_BYTES // 2**20)
                work.write(encode([number, *cells]) + b"\n")
            if looked % BATCH == 0 and ticks() - began > SLICE_SECONDS:
                ended = False
                break
    told |= {"line": place.line} | ({"read": True} if ended else {})
    try:
        return _advance(ctx, sheet, told, work_key, seen=count, place=place.byte)
    except BaseException:
        private.remove(work_key)
        raise


def _advance(ctx: Context, sheet: Row[Any], told: dict[str, Any], work_key: str | None, **values: Any) -> str:
    """Make a slice count, and have the next one done; what it replaced goes."""
    old = sheet.work_key
    told = told | {"gone": [*told.get("gone", ()), *([old] if old else [])]}
    with transaction(ctx, last=True) as tx:
        ours = imports.advance(tx, sheet, RECEIVED, columns=told, work_key=work_key, **values)
        if ours:
            tx.emit(ImportReadDue(sheet.id, sheet.step + 1))
    gone = old if ours else work_key
    if gone is not None:
        ctx.gateways.private.remove(gone)
    if not ours and sheet.columns is None:
        ctx.gateways.private.remove(told["text"])
    return f"{values.get('seen', 0)} lines" if ours else "somebody else's turn"


def _find_twice(ctx: Context, sheet: Row[Any]) -> str:
    """The last slice: codes that stand twice are faults, and the sheet goes on to be checked. Of each line a hash is kept."""
    if sheet.seen == 0:
        raise IMPORT_NOTHING()
    private, code_at = ctx.gateways.private, sheet.columns["places"]["sku"]
    with private.open(sheet.work_key) as work:
        twice = _hashed_twice(work, code_at)
        if len(twice) > rules.MAX_FAULTS:
            raise IMPORT_TOO_MANY_FAULTS(limit=rules.MAX_FAULTS)
        work.seek(0)
        faults = _repeated(work, code_at, twice) if twice else []
    with transaction(ctx, last=True) as tx:
        ours = imports.advance(tx, sheet, CHECKING, lines=sheet.seen, seen=0, place=0)
        if ours:
            imports.insert_faults(tx, sheet.id, faults, {})
            tx.emit(ImportCheckDue(sheet.id, sheet.step + 1))
    if ours:
        private.remove(sheet.columns["text"])
    return f"{sheet.seen} lines" if ours else "somebody else's turn"


def _told(columns: Columns) -> dict[str, Any]:
    return {"places": columns.places, "width": columns.width, "ignored": columns.ignored}


def _hashed_twice(work: BinaryIO, code_at: int) -> set[int]:
    """The hashes of codes that stand more than once (or look as if they did)."""
    decode, hashes = msgspec.json.Decoder().decode, array("q")
    for raw in work:
        cells = decode(raw)
        hashes.append(hash(cells[code_at + 1] if code_at + 1 < len(cells) else ""))
    ordered = sorted(hashes)
    return {one for one, other in pairwise(ordered) if one == other}


def _repeated(work: BinaryIO, code_at: int, twice: set[int]) -> list[tuple[int, Refused]]:
    """A fault for each line whose code stood above."""
    first_lines: dict[str, int] = {}
    faults: list[tuple[int, Refused]] = []
    for raw in work:
        number, *cells = msgspec.json.decode(raw)
        code = cells[code_at] if code_at < len(cells) else ""
        if not code or hash(code) not in twice:
            continue
        first = first_lines.setdefault(code, number)
        if first != number:
            faults.append((number, SKU_CODE_TWICE(sku_code=code[:64], first_line=first)))
            if len(faults) > rules.MAX_FAULTS:
                raise IMPORT_TOO_MANY_FAULTS(limit=rules.MAX_FAULTS)
    return faults


def _fail(ctx: Context, sheet: Row[Any], refused: Refused) -> str:
    problem = {"code": refused.code, "zh": refused.sentence("zh"), "en": refused.sentence("en")}
    with transaction(ctx, last=True) as tx:
        if imports.advance(tx, sheet, FAILED, problem=problem, ended_at=ctx.now):
            tx.emit(ImportEnded(sheet.id))
    return refused.code
