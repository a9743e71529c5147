"""Write the next slice of a confirmed sheet's rows."""

from collections import Counter
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import Row

from backend.catalog.rules import ImportedProduct
from backend.catalog.sheet import PRODUCTS, Columns, read_line
from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportEnded, ImportRunDue
from backend.imports.refusals import IMPORT_BROKE, IMPORT_STOPPED
from backend.imports.states import DONE, FAILED, RUNNING
from backend.infra.clock import ticks
from backend.infra.uow import reading, transaction
from backend.kernel.actors import Actor
from backend.kernel.errors import Kind, Refused
from backend.steps.actor_of import actor_of
from backend.steps.write_products import check_products, write_products
from backend.stock import MAIN_LOCATION

BATCH = 500
SLICE_SECONDS = 5


class NotOurs(Exception):
    """Somebody else has moved the place, or ended the import: these rows are rolled back."""


def run_import(ctx: Context, *, import_id: str, step: int, seen: int | None = None) -> str:
    """Write rows, 500 a transaction, until the slice's time is over; says what came of it.

    The place in the file moves in the transaction of its rows and is guarded by its old value: whoever dies loses nothing,
    whoever is late writes nothing, and no row is written twice. The rights are those of whoever sent the sheet, as of today.
    A row that is refused now (its category, a price) stops the import there; what was written stays. So does a slice that broke
    three times without writing one row; when it had come on since it began with `seen` lines, a new slice has new tries.
    """
    with reading(ctx) as rd:
        sheet = imports.find_import(rd, import_id)
        if sheet is None or sheet.state != RUNNING or sheet.step != step:
            return "nothing to do"
        actor = actor_of(rd, sheet.asked_by)
        bad = imports.bad_lines(rd, import_id)
    if ctx.delivery is not None and ctx.delivery.attempt >= rules.GIVEN_UP_AFTER:
        if seen is not None and sheet.seen > seen:
            return _hand_on(ctx, sheet)
        return _fail(ctx, sheet, IMPORT_BROKE(seen=sheet.seen))
    try:
        rules.check_still(actor, sheet.kind)
    except Refused as refused:
        return _fail(ctx, sheet, refused)

    began = ticks()
    with ctx.gateways.private.open(sheet.work_key) as work:
        while True:
            try:
                sheet, ended = _batch(ctx, sheet, actor, bad, work)
            except NotOurs:
                return "somebody else's turn"
            except Refused as refused:
                if refused.kind is Kind.UNAVAILABLE:
                    raise
                return _fail(ctx, sheet, IMPORT_STOPPED(seen=sheet.seen, why=refused.sentence("zh")), refused)
            if ended or ticks() - began > SLICE_SECONDS:
                break
    return _end(ctx, sheet) if ended else _hand_on(ctx, sheet)


def _hand_on(ctx: Context, sheet: Row[Any]) -> str:
    with transaction(ctx, last=True) as tx:
        ours = imports.advance(tx, sheet, RUNNING)
        if ours:
            tx.emit(ImportRunDue(sheet.id, sheet.step + 1, sheet.seen))
    return f"{sheet.seen} lines" if ours else "somebody else's turn"


def _end(ctx: Context, sheet: Row[Any]) -> str:
    with transaction(ctx, last=True) as tx:
        ours = imports.advance(tx, sheet, DONE, ended_at=ctx.now)
        if ours:
            tx.emit(ImportEnded(sheet.id))
    return "done" if ours else "somebody else's turn"


def _batch(ctx: Context, sheet: Row[Any], actor: Actor, bad: set[int], work: BinaryIO) -> tuple[Row[Any], bool]:
    """Write the next rows; returns the import after them, and whether they were the last. NotOurs rolls them back."""
    columns = Columns(sheet.columns["places"], sheet.columns["width"], tuple(sheet.columns["ignored"]))
    work.seek(sheet.place)
    place, seen, products = sheet.place, 0, []
    while seen < BATCH and (raw := work.readline()):
        number, *cells = msgspec.json.decode(raw)
        place, seen = place + len(raw), seen + 1
        if number not in bad:
            values = read_line(cells, columns, PRODUCTS.readers, [])
            if values is not None:
                products.append(ImportedProduct(**values))
    stock_default = sheet.options["stock_default"]
    by_code = check_products(products, stock_default)
    with transaction(ctx) as tx:
        after = imports.keep_place(tx, sheet, place=place, seen=sheet.seen + seen)
        if after is None:
            raise NotOurs
        if by_code:
            tally = Counter(sheet.tally)
            tally.update(write_products(tx, actor, by_code, stock_default, MAIN_LOCATION).as_json())
            after = imports.keep_place(tx, after, tally=dict(tally))
    return after, seen < BATCH


def _fail(ctx: Context, sheet: Row[Any], refused: Refused, cause: Refused | None = None) -> str:
    """End the import with what stopped it, in both languages."""
    said = {language: refused.sentence(language) for language in ("zh", "en")}
    if cause is not None:
        said["en"] = IMPORT_STOPPED(seen=sheet.seen, why=cause.sentence("en")).sentence("en")
    with transaction(ctx, last=True) as tx:
        if imports.advance(tx, sheet, FAILED, problem={"code": refused.code} | said, ended_at=ctx.now):
            tx.emit(ImportEnded(sheet.id))
    return refused.code
