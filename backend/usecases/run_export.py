"""Write the next slice of an export; the last one joins them to the file that its asker fetches.

A slice is short, so that payments do not wait behind a long sheet on a shop's only worker, and each is written by whoever
finds its number: a worker that dies costs one slice, and a late one finds its turn over.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Row

from backend.context import Context
from backend.exports import rules
from backend.exports import store as exports
from backend.exports.events import ExportEnded, ExportExpiryDue, ExportSliceDue
from backend.exports.refusals import EXPORT_BROKE, EXPORT_NOT_ALLOWED, EXPORT_TOO_LONG
from backend.exports.rules import Asked, Batch
from backend.exports.states import OPEN_STATES
from backend.infra.clock import ticks
from backend.infra.logging import log
from backend.infra.replica import catches_up
from backend.infra.sheet_writing import XLSX_LINES, csv_piece, join_csv, join_xlsx, xlsx_piece
from backend.infra.uow import Reading, reading, transaction
from backend.kernel.errors import Refused
from backend.steps.actor_of import actor_of
from backend.steps.export_aftersales import HEADING as AFTERSALES
from backend.steps.export_aftersales import export_aftersales
from backend.steps.export_audit import HEADING as AUDIT
from backend.steps.export_audit import export_audit
from backend.steps.export_exceptions import HEADING as EXCEPTIONS
from backend.steps.export_exceptions import export_exceptions
from backend.steps.export_members import HEADING as MEMBERS
from backend.steps.export_members import export_members
from backend.steps.export_order_lines import HEADING as ORDER_LINES
from backend.steps.export_order_lines import export_order_lines
from backend.steps.export_orders import HEADING as ORDERS
from backend.steps.export_orders import export_orders
from backend.steps.export_payments import HEADING as PAYMENTS
from backend.steps.export_payments import export_payments
from backend.steps.export_products import HEADING as PRODUCTS
from backend.steps.export_products import export_products
from backend.steps.export_refunds import HEADING as REFUNDS
from backend.steps.export_refunds import export_refunds
from backend.steps.export_reviews import HEADING as REVIEWS
from backend.steps.export_reviews import export_reviews
from backend.steps.export_stock import HEADING as STOCK
from backend.steps.export_stock import export_stock
from backend.steps.export_stock_moves import HEADING as STOCK_MOVES
from backend.steps.export_stock_moves import export_stock_moves
from backend.steps.export_tickets import HEADING as TICKETS
from backend.steps.export_tickets import export_tickets

BATCH = 1000
SLICE_SECONDS = 5
"""A slice begins no batch after this."""

Read = Callable[[Reading, Asked, str | None, int], Batch]
KINDS: dict[str, tuple[Sequence[tuple[str, str]], Read]] = {
    "orders": (ORDERS, export_orders),
    "order_lines": (ORDER_LINES, export_order_lines),
    "members": (MEMBERS, export_members),
    "products": (PRODUCTS, export_products),
    "stock": (STOCK, export_stock),
    "stock_moves": (STOCK_MOVES, export_stock_moves),
    "payments": (PAYMENTS, export_payments),
    "refunds": (REFUNDS, export_refunds),
    "exceptions": (EXCEPTIONS, export_exceptions),
    "aftersales": (AFTERSALES, export_aftersales),
    "tickets": (TICKETS, export_tickets),
    "reviews": (REVIEWS, export_reviews),
    "audit": (AUDIT, export_audit),
}
PIECES = {"csv": csv_piece, "xlsx": xlsx_piece}
_log = log("tuanma.exports")


@dataclass
class Slice:
    """What a slice has come to: rows of the export so far, where the next one begins (None: nowhere), how many in all."""

    rows: int
    after: str | None
    total: int | None


def run_export(ctx: Context, *, export_id: str, slices: int = 0) -> str:
    """Write slice number `slices`; says what came of it. Run again, late or twice it changes nothing.

    The asker's rights are those of today: when they no longer cover what was frozen, the export fails. A slice that breaks
    three times fails it too, and says so on the list.
    """
    with reading(ctx) as rd:
        export = exports.find_export(rd, export_id)
        if export is None or export.state not in OPEN_STATES or export.slices != slices:
            return "nothing to do"
        actor = actor_of(rd, export.asked_by)
    try:
        rules.check_still(actor, export.kind, store_ids=export.store_ids, reveal=export.reveal)
        return _write(ctx, export, _asked(export, actor.may("costs.view")))
    except Refused as refused:
        if refused.refusal not in (EXPORT_NOT_ALLOWED, EXPORT_TOO_LONG):
            raise
        return _fail(ctx, export, refused)
    except Exception:
        if ctx.delivery is None or ctx.delivery.attempt < rules.GIVEN_UP_AFTER:
            raise
        _log.exception("export given up", export=export_id, slice=slices)
        return _fail(ctx, export, EXPORT_BROKE())


def _asked(export: Row[Any], costs: bool) -> Asked:
    stores = None if export.store_ids is None else tuple(export.store_ids)
    return Asked(export.filters, stores, export.reveal, costs, export.asked_at, export.language == "en")


def _write(ctx: Context, export: Row[Any], asked: Asked) -> str:
    private = ctx.gateways.private
    with private.writing(".part") as (key, file):
        _note(ctx, export, key, export.slices)
        written = _slice(ctx, export, asked, file)
    if written.after is not None:
        with transaction(ctx, last=True) as tx:
            kept = exports.keep_slice(tx, export, key, rows=written.rows, cursor=written.after,
                                      estimate=export.estimate if written.total is None else written.total)
            if kept:
                tx.emit(ExportSliceDue(export.id, export.slices + 1))
        return f"{written.rows} rows" if kept else "somebody else's turn"

    with reading(ctx) as rd:
        keys = [part.key for part in exports.parts(rd, export.id) if part.kept] + [key]
    with private.writing(f".{export.format}") as (result, target):
        _note(ctx, export, result, export.slices + 1)
        _join(ctx, export, asked, target, keys)
        size = target.tell()
    with transaction(ctx, last=True) as tx:
        done = exports.finish(tx, export, result, rows=written.rows, size=size, expires_at=ctx.now + rules.KEPT)
        if done:
            tx.emit(ExportEnded(export.id))
            tx.emit(ExportExpiryDue(export.id), at=ctx.now + rules.KEPT)
    return "done" if done else "somebody else's turn"


def _note(ctx: Context, export: Row[Any], key: str, number: int) -> None:
    with transaction(ctx) as tx:
        exports.begin_part(tx, export.id, number, key)


def _slice(ctx: Context, export: Row[Any], asked: Asked, file: BinaryIO) -> Slice:
    """Write batches until the time of a slice is over or there are no more rows; from the replica, once it has what we have now."""
    _, read = KINDS[export.kind]
    piece, old, began = PIECES[export.format], catches_up(), ticks()
    now = Slice(export.rows, export.cursor, None)
    while True:
        with reading(ctx, old=old) as rd:
            batch = read(rd, asked, now.after, BATCH)
        file.write(piece(batch.rows))
        now = Slice(now.rows + len(batch.rows), batch.after, batch.total if batch.total is not None else now.total)
        if export.format == "xlsx" and max(now.rows, now.total or 0) >= XLSX_LINES:
            raise EXPORT_TOO_LONG(limit=XLSX_LINES)
        if now.after is None or ticks() - began > SLICE_SECONDS:
            return now


def _join(ctx: Context, export: Row[Any], asked: Asked, target: BinaryIO, keys: Sequence[str]) -> None:
    heading = [asked.word(pair) for pair in KINDS[export.kind][0]]
    with ExitStack() as opened:
        pieces = (opened.enter_context(ctx.gateways.private.open(key)) for key in keys)
        (join_csv if export.format == "csv" else join_xlsx)(target, heading, pieces)


def _fail(ctx: Context, export: Row[Any], refused: Refused) -> str:
    with transaction(ctx, last=True) as tx:
        if exports.fail(tx, export, {"code": refused.code, "zh": refused.sentence("zh"), "en": refused.sentence("en")}):
            tx.emit(ExportEnded(export.id))
    return refused.code
