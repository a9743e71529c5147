"""Read a sheet that was sent: its heading, codes that stand twice, and its lines in a form in which work can begin anywhere."""

from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import Row

from backend.catalog.refusals import SKU_CODE_TWICE
from backend.catalog.sheet import PRODUCTS, Shape, read_header
from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportCheckDue, ImportEnded
from backend.imports.refusals import IMPORT_BROKE, IMPORT_NOTHING, IMPORT_TOO_MANY_FAULTS
from backend.imports.states import CHECKING, FAILED, RECEIVED
from backend.infra.sheets import Line, Sheet
from backend.infra.uow import reading, transaction
from backend.kernel.errors import Kind, Refused
from backend.steps.actor_of import actor_of

SHAPES: dict[str, Shape] = {"products": PRODUCTS}


def read_import(ctx: Context, *, import_id: str) -> str:
    """Write the sheet's lines down as our own (one JSON array a line) and have them checked; says what came of it.

    Memory does not grow with the file: of each line only a hash of its code is kept. Run again it changes nothing. A file
    that cannot be read, has no lines or too many faults fails the import, as does one at which the worker died three times.
    """
    with reading(ctx) as rd:
        sheet = imports.find_import(rd, import_id)
        if sheet is None or sheet.state != RECEIVED:
            return "nothing to do"
        actor = actor_of(rd, sheet.asked_by)
    if ctx.delivery is not None and ctx.delivery.attempt >= rules.GIVEN_UP_AFTER:
        return _fail(ctx, sheet, IMPORT_BROKE(seen=0))
    try:
        rules.check_still(actor, sheet.kind)
        return _read(ctx, sheet)
    except Refused as refused:
        if refused.kind is Kind.UNAVAILABLE:
            raise
        return _fail(ctx, sheet, refused)


def _read(ctx: Context, sheet: Row[Any]) -> str:
    private = ctx.gateways.private
    with (
        private.open(sheet.file_key) as file,
        Sheet(file, csv_lines=rules.CSV_LINES, xlsx_lines=rules.XLSX_LINES) as lines,
        private.writing(".lines") as (work_key, work),
    ):
        rest = iter(lines)
        columns = read_header(rest, SHAPES[sheet.kind])
        code_at = columns.places["sku"]
        count, twice = _copy(rest, work, code_at)
    try:
        if count == 0:
            raise IMPORT_NOTHING()
        if len(twice) > rules.MAX_FAULTS:
            raise IMPORT_TOO_MANY_FAULTS(limit=rules.MAX_FAULTS)
        with private.open(work_key) as work:
            faults = _repeated(work, code_at, twice) if twice else []
        told = {"places": columns.places, "width": columns.width, "ignored": columns.ignored}
        with transaction(ctx, last=True) as tx:
            ours = imports.advance(tx, sheet, CHECKING, columns=told, work_key=work_key, lines=count)
            if ours:
                imports.insert_faults(tx, sheet.id, faults, {})
                tx.emit(ImportCheckDue(sheet.id, sheet.step + 1))
        if not ours:
            private.remove(work_key)
    except BaseException:
        private.remove(work_key)
        raise
    return f"{count} lines" if ours else "somebody else's turn"


def _copy(lines: Iterator[Line], work: BinaryIO, code_at: int) -> tuple[int, set[int]]:
    """Write the lines; returns how many, and the hashes of codes that stand more than once (or look as if they did)."""
    encode, hashes = msgspec.json.Encoder().encode, array("q")
    for number, cells in lines:
        work.write(encode([number, *cells]))
        work.write(b"\n")
        hashes.append(hash(cells[code_at] if code_at < len(cells) else ""))
    ordered = sorted(hashes)
    return len(hashes), {one for one, other in pairwise(ordered) if one == other}


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


