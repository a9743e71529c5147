"""Locks and guarded writes of the stock: one UPDATE, which takes its locks itself, and one INSERT, however many lines an order has.

The guard is in the UPDATE: it must change every SKU. The CHECK of the table stands behind it, the unique key of the
journal (cause, kind, SKU, location) keeps anything from being moved twice for the same cause.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, TextClause, bindparam, insert, select, text, update

from backend.infra.rows import among, insert_rows
from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import new_id
from backend.stock import rules
from backend.stock.models import StockLevel, StockMove
from backend.stock.refusals import BELOW_RESERVED, NOT_STOCKED
from backend.stock.rules import Level, Line

_WANTS = {
    "sqlite": "select key as sku_id, value as quantity from json_each(:wants)",
    "postgresql": """select sku_id, cast(value as bigint) as quantity from stock_levels
        join jsonb_each(cast(:wants as jsonb)) as w on key = sku_id
        where sku_id = any (array(select jsonb_object_keys(cast(:wants as jsonb)))) and location_id = :location_id
        order by sku_id for update of stock_levels""",
    "one": "select key as sku_id, cast(value as bigint) as quantity from jsonb_each(cast(:wants as jsonb)) limit 1",
}
"""What is to change. PostgreSQL locks it ascending by SKU id, so that no two orders wait for each other; it changes nothing that
this has not locked, and when it had to wait it looks again at what the guard let through. `one` SKU alone needs no order there.
SQLite has one writer."""
_LEVELS = StockLevel.__table__
_HERE = (_LEVELS.c.location_id == bindparam("at_location")) & among(_LEVELS.c.sku_id, "ids")
_FIND = select(_LEVELS.c.sku_id, _LEVELS.c.on_hand, _LEVELS.c.reserved).where(_HERE)
_LOCK = _FIND.order_by(_LEVELS.c.sku_id).with_for_update()
_STORE = text("select store_id from locations where id = :location_id")


def _change(change: str, guard: str) -> dict[str, TextClause]:
    return {
        which: text(
            f"with w as ({wants}) update stock_levels set {change} from w where stock_levels.location_id = :location_id"
            f" and stock_levels.sku_id = w.sku_id and {guard} returning stock_levels.sku_id"
        )
        for which, wants in _WANTS.items()
    }


_RESERVE = _change("reserved = reserved + w.quantity", "on_hand - reserved >= w.quantity")
_RELEASE = _change("reserved = reserved - w.quantity", "reserved >= w.quantity")
_SHIP = _change("on_hand = on_hand - w.quantity, reserved = reserved - w.quantity", "reserved >= w.quantity")
_RESTOCK = _change("on_hand = on_hand + w.quantity", "w.quantity > 0")
_ADJUST = text(
    "update stock_levels set on_hand = on_hand + :change where sku_id = :sku_id and location_id = :location_id"
    " and on_hand + :change >= reserved"
)
_ADJUST_ALL = _change("on_hand = on_hand + w.quantity", "on_hand + w.quantity >= reserved")
_LOCK_LINES = _LOCK.with_only_columns(_LEVELS.c.sku_id, _LEVELS.c.low_at)
_SET_LINES = update(_LEVELS).where(_HERE).values(low_at=bindparam("new_low_at"))
_INSERT_LEVELS = insert(_LEVELS)
_JOURNAL = StockMove.__table__


def find_store(rd: Reading, location_id: str) -> str:
    """The store whose shelf this is; empty when there is no such shelf."""
    return rd.execute(_STORE, {"location_id": location_id}).scalar() or ""


def available(sku_id: ColumnElement[str], location_id: str) -> ScalarSelect[int]:
    """How much of a SKU can be had, as a column beside whatever names the SKU; null for one without a level."""
    here = (_LEVELS.c.location_id == location_id) & (_LEVELS.c.sku_id == sku_id)
    return select(_LEVELS.c.on_hand - _LEVELS.c.reserved).where(here).scalar_subquery()


def find_levels(rd: Reading, location_id: str, sku_ids: Collection[str]) -> dict[str, Level]:
    """The levels of these SKUs; one without a level is absent. One statement, no lock."""
    rows = rd.execute(_FIND, {"at_location": location_id, "ids": list(sku_ids)})
    return {row.sku_id: Level(row.on_hand, row.reserved) for row in rows}


def lock_levels(tx: Transaction, location_id: str, sku_ids: Collection[str]) -> dict[str, Level]:
    """Lock the levels of these SKUs, ascending by SKU id, so that no two orders wait for each other; one statement."""
    tx.locking("stock")
    rows = tx.execute(_LOCK, {"at_location": location_id, "ids": list(sku_ids)})
    return {row.sku_id: Level(row.on_hand, row.reserved) for row in rows}


def reserve(tx: Transaction, location_id: str, wants: Sequence[Line]) -> None:
    """Promise [(order line id, sku id, quantity)] to an order, at the end of the transaction: all of it or none.

    The transaction is refused (`out_of_stock`, details `short`) when any SKU has less available than all lines together want of
    it. The same SKU in several lines is summed for the level and journaled per line. Called again for the same order line it fails
    by the journal's unique key. One statement for any number of lines, the last one, so that nobody waits for a much wanted SKU
    while an order is being written; the journal is written with the order.
    """
    wanted = rules.totals(wants)

    def promise() -> None:
        short = _apply(tx, _RESERVE, location_id, wanted)
        if not short:
            return
        levels = lock_levels(tx, location_id, short)  # PostgreSQL looked at them as they were before a wait; now as they are
        if short := _apply(tx, _RESERVE, location_id, short):
            rules.check_available(short, {sku_id: level.available for sku_id, level in levels.items()})
            raise AssertionError("the guard let less through than there is")

    tx.add(_JOURNAL, [_row(tx, "reserve", location_id, line, 0, 1) for line in wants])
    tx.last(promise)


def release(tx: Transaction, location_id: str, lines: Sequence[Line]) -> None:
    """Take promises back: [(cause, sku id, quantity)], cause = the order line, or `refund id/order line id`.

    More than is promised is a bug (AssertionError), as is the same cause twice (unique key).
    """
    _move(tx, "release", _RELEASE, location_id, lines, on_hand=0, reserved=-1)


def ship(tx: Transaction, location_id: str, lines: Sequence[Line]) -> None:
    """What was promised leaves the shelf: [(cause, sku id, quantity)]. More than that is a bug (AssertionError)."""
    _move(tx, "ship", _SHIP, location_id, lines, on_hand=-1, reserved=-1)


def restock(tx: Transaction, location_id: str, lines: Sequence[Line]) -> None:
    """What had been shipped lies on the shelf again: [(cause, sku id, quantity)]."""
    _move(tx, "restock", _RESTOCK, location_id, lines, on_hand=1, reserved=0)


def adjust(tx: Transaction, adjustment_id: str, location_id: str, sku_id: str, change: int, reason: str) -> Level:
    """Add `change` (negative: take away) to what lies on the shelf; returns the level after it.

    Refuses an unknown SKU (`not_stocked`) and taking away what is promised (`below_reserved`). Fails when
    `adjustment_id` has been used before.
    """
    level = lock_levels(tx, location_id, [sku_id]).get(sku_id)
    if level is None:
        raise NOT_STOCKED()
    if tx.execute(_ADJUST, {"sku_id": sku_id, "location_id": location_id, "change": change}).rowcount != 1:
        raise BELOW_RESERVED(on_hand=level.on_hand, reserved=level.reserved, take=-change)
    insert_rows(tx.connection, (_JOURNAL, [_row(tx, "adjust", location_id, (adjustment_id, sku_id, change), 1, 0, reason)]))
    return Level(level.on_hand + change, level.reserved)


def adjust_all(
    tx: Transaction, adjustment_id: str, location_id: str, changes: Mapping[str, int], reason: str
) -> None:
    """Add to many levels at once {sku id: change}, all or none; two statements. `lock_levels` comes before it.

    The caller has decided under that lock: a change that would take away what is promised, or a SKU without a level, is a
    bug (AssertionError), as is an `adjustment_id` that has been used before (unique key).
    """
    if not changes:
        return
    if unchanged := _apply(tx, _ADJUST_ALL, location_id, changes):
        raise AssertionError(f"adjust: {len(unchanged)} of {len(changes)} SKUs could not change so")
    moves = [
        _row(tx, "adjust", location_id, (adjustment_id, sku_id, change), 1, 0, reason) for sku_id, change in sorted(changes.items())
    ]
    insert_rows(tx.connection, (_JOURNAL, moves))


def set_low_lines(tx: Transaction, location_id: str, sku_ids: Collection[str], low_at: int | None) -> dict[str, int | None]:
    """Say from how few on these SKUs run low; returns what was said before, by SKU id. Two statements.

    Refuses (`not_stocked`) when one has no level here.
    """
    tx.locking("stock")
    params = {"at_location": location_id, "ids": list(sku_ids)}
    before = {row.sku_id: row.low_at for row in tx.execute(_LOCK_LINES, params)}
    if before.keys() != set(sku_ids):
        raise NOT_STOCKED()
    tx.execute(_SET_LINES, params | {"new_low_at": low_at})
    return before


def open_levels(tx: Transaction, location_id: str, opening: Sequence[tuple[str, int]]) -> None:
    """Begin to keep new SKUs at a location with [(sku id, quantity ≥ 0)]; a second opening fails by the primary key."""
    if not opening:
        return
    tx.locking("stock")
    tx.execute(
        _INSERT_LEVELS,
        [{"sku_id": sku_id, "location_id": location_id, "on_hand": quantity, "reserved": 0} for sku_id, quantity in opening],
    )
    _write_journal(
        tx,
        "opening",
        location_id,
        [(sku_id, sku_id, quantity) for sku_id, quantity in opening if quantity],
        on_hand=1,
        reserved=0,
    )


def _move(
    tx: Transaction,
    kind: str,
    statements: dict[str, TextClause],
    location_id: str,
    lines: Sequence[Line],
    *,
    on_hand: int,
    reserved: int,
) -> None:
    moved = rules.totals(lines)  # held by lines that are locked: as much as that is there before a wait and after it
    if short := _apply(tx, statements, location_id, moved):
        raise AssertionError(f"{kind}: {len(short)} of {len(moved)} SKUs had less than that")
    _write_journal(tx, kind, location_id, lines, on_hand=on_hand, reserved=reserved)


def _apply(tx: Transaction, statements: dict[str, TextClause], location_id: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """Lock and change the levels of `wanted`; returns what of it the guard did not let through."""
    tx.locking("stock")
    params = {"location_id": location_id, "wants": msgspec.json.encode(wanted).decode()}
    which = "one" if len(wanted) == 1 and tx.dialect == "postgresql" else tx.dialect
    changed = set(tx.execute(statements[which], params).scalars())
    return {sku_id: quantity for sku_id, quantity in wanted.items() if sku_id not in changed}


def _write_journal(tx: Transaction, kind: str, location_id: str, lines: Sequence[Line], *, on_hand: int, reserved: int) -> None:
    if lines:
        insert_rows(tx.connection, (_JOURNAL, [_row(tx, kind, location_id, line, on_hand, reserved) for line in lines]))


def _row(tx: Transaction, kind: str, location_id: str, line: Line, on_hand: int, reserved: int, reason: str = "") -> dict[str, Any]:
    cause, sku_id, quantity = line
    return {
        "id": new_id("stm", tx.now),
        "sku_id": sku_id,
        "location_id": location_id,
        "kind": kind,
        "cause": cause,
        "on_hand_change": on_hand * quantity,
        "reserved_change": reserved * quantity,
        "actor": str(tx.actor),
        "reason": reason,
        "at": tx.now,
    }
