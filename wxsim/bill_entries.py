"""What happened with money on one day, as entries from which both bills are written; and edits that falsify them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wxsim import numbers
from wxsim.clock import CHINA
from wxsim.world import World

_TRADES = "SELECT * FROM trades WHERE paid_at >= ? AND paid_at < ? ORDER BY paid_at"
_REFUNDS = """
    SELECT refunds.*, openid, description, attach, total, transaction_id,
           (SELECT coalesce(sum(earlier.amount), 0) FROM refunds AS earlier
            WHERE earlier.out_trade_no = refunds.out_trade_no AND earlier.status <> 'CLOSED'
              AND (earlier.made_at, earlier.rowid) < (refunds.made_at, refunds.rowid)) AS before
    FROM refunds JOIN trades USING (out_trade_no)
"""


@dataclass(frozen=True)
class Entry:
    """A payment, or a refund (then with its numbers); amounts in fen, times in seconds on the shared clock."""

    at: float
    out_trade_no: str
    transaction_id: str
    openid: str
    description: str
    attach: str
    fen: int
    fee: int
    out_refund_no: str = ""
    refund_id: str = ""
    status: str = "SUCCESS"
    finished_at: float | None = None


def payments(world: World, day: date) -> list[Entry]:
    """The payments of that China day."""
    return [
        Entry(
            row["paid_at"],
            row["out_trade_no"],
            row["transaction_id"],
            row["openid"],
            row["description"],
            row["attach"],
            row["total"],
            _fee(world, row["total"]),
        )
        for row in world.books.rows(_TRADES, bounds(day))
    ]


def refunds_asked(world: World, day: date) -> list[Entry]:
    """The refunds asked for on that China day, as they stand now (the trade bill lists those)."""
    sql = f"{_REFUNDS} WHERE refunds.made_at >= ? AND refunds.made_at < ? ORDER BY refunds.made_at"
    return [_refund(world, row, row["made_at"]) for row in world.books.rows(sql, bounds(day))]


def refunds_done(world: World, day: date) -> list[Entry]:
    """The refunds whose money moved on that China day (the fund-flow bill lists those)."""
    sql = f"{_REFUNDS} WHERE status = 'SUCCESS' AND finished_at >= ? AND finished_at < ? ORDER BY finished_at"
    return [_refund(world, row, row["finished_at"]) for row in world.books.rows(sql, bounds(day))]


def balance_before(world: World, day: date) -> int:
    """Fen on the merchant's account when that day began: paid less fees less refunded."""
    start, _ = bounds(day)
    balance = 0
    for row in world.books.rows("SELECT total FROM trades WHERE paid_at < ?", (start,)):
        balance += row["total"] - _fee(world, row["total"])
    for row in world.books.rows(f"{_REFUNDS} WHERE status = 'SUCCESS' AND finished_at < ?", (start,)):
        entry = _refund(world, row, row["finished_at"])
        balance -= entry.fen - entry.fee
    return balance


def bounds(day: date) -> tuple[float, float]:
    """Begin and end of a China day in seconds."""
    start = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def edited(entries: Iterable[Entry], edits: Iterable[dict[str, Any]], day: date) -> list[Entry]:
    """The entries after each edit {edit: remove | add | change, out_trade_no?, out_refund_no?, fen?}."""
    left = list(entries)
    for edit in edits:
        if edit["edit"] == "add":
            left.append(_invented(edit, day))
            continue
        hit = next((entry for entry in left if _is_meant(entry, edit)), None)
        if hit is None:
            continue
        position = left.index(hit)
        changed = [] if edit["edit"] == "remove" else [replace(hit, fen=hit.fen + edit.get("fen", 1))]
        left[position : position + 1] = changed
    return left


def _is_meant(entry: Entry, edit: dict[str, Any]) -> bool:
    if "out_refund_no" in edit:
        return entry.out_refund_no == edit["out_refund_no"]
    return "out_trade_no" not in edit or (entry.out_trade_no == edit["out_trade_no"] and not entry.out_refund_no)


def _invented(edit: dict[str, Any], day: date) -> Entry:
    at = bounds(day)[0] + 12 * 3600
    number = edit.get("out_trade_no", f"never{day:%Y%m%d}")
    fen, refund = edit.get("fen", 100), edit.get("out_refund_no", "")
    refund_id = numbers.refund_id(at) if refund else ""
    return Entry(at, number, numbers.transaction_id(at), "oNobody", "?", "", fen, 0, refund, refund_id, "SUCCESS", at)


def _refund(world: World, row: Any, at: float) -> Entry:
    fee = _fee(world, row["total"])
    back = fee * (row["before"] + row["amount"]) // row["total"] - fee * row["before"] // row["total"]
    return Entry(
        at,
        row["out_trade_no"],
        row["transaction_id"],
        row["openid"],
        row["description"],
        row["attach"],
        row["amount"],
        back,
        row["out_refund_no"],
        row["refund_id"],
        row["status"],
        row["finished_at"],
    )


def _fee(world: World, fen: int) -> int:
    """The fee in fen, rounded half up."""
    return (fen * world.config.fee_basis_points + 5000) // 10000
