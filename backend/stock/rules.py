"""Pure decisions about stock: sums per SKU, what is short, what a sane change is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from backend.stock.refusals import CHANGE_OUT_OF_BOUNDS, LOW_LINE, OUT_OF_STOCK, REASON_NEEDED

LIMIT = 10**9
"""No more than this of one SKU at one location, and no larger change at once: what is larger is a mistake."""

MAX_LOW_LINE = 1_000_000

SHOWN = 999
"""Shoppers see the number available up to this; a competitor need not learn more."""

Line = tuple[str, str, int]
"""(cause, sku id, quantity ≥ 1): what moves, and the order line, refund line or adjustment that moves it."""


@dataclass(frozen=True, slots=True)
class Level:
    """What lies of a SKU at a location, and how much of it is promised."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Counted:
    """A change of a SKU's stock; `was` is what lay there when it was counted, None when it counts whatever lies there."""

    sku_id: str
    change: int
    was: int | None = None


def check_counted(counted: Counted) -> Counted:
    """`counted` if its numbers are sane, no change being one when it was counted; else refuses (`stock_out_of_bounds`)."""
    if counted.was is None or counted.change != 0:
        check_change(counted.change)
    if counted.was is not None and (type(counted.was) is not int or not 0 <= counted.was + counted.change <= LIMIT):
        raise CHANGE_OUT_OF_BOUNDS(limit=LIMIT)
    return counted


def outcome(level: Level | None, counted: Counted) -> Literal["changed", "same", "moved", "short"]:
    """What becomes of a change: goods came or left since the count (`moved`), too little is there (`short`), or it is
    written; `same` when what was counted lies there already."""
    if level is None:
        return "short"
    if counted.was is not None:
        if level.on_hand == counted.was + counted.change:
            return "same"
        if level.on_hand != counted.was:
            return "moved"
    fits = level.reserved <= level.on_hand + counted.change <= LIMIT
    return "changed" if fits else "short"


def totals(lines: Iterable[Line]) -> dict[str, int]:
    """Quantity per SKU, ascending by SKU id (the order of locks). ValueError unless quantities are whole and ≥ 1."""
    sums: dict[str, int] = {}
    for cause, sku_id, quantity in lines:
        if type(quantity) is not int or not 1 <= quantity <= LIMIT:
            raise ValueError(f"{cause}: a quantity must be a whole number from 1 to {LIMIT}")
        sums[sku_id] = sums.get(sku_id, 0) + quantity
    return dict(sorted(sums.items()))


def check_available(wanted: Mapping[str, int], available: Mapping[str, int | None]) -> None:
    """Refuse (`out_of_stock`, details `short`) when any SKU has less available than is wanted; one without a level has nothing."""
    short = [
        {"sku_id": sku_id, "wanted": quantity, "available": there}
        for sku_id, quantity in sorted(wanted.items())
        if (there := available.get(sku_id) or 0) < quantity
    ]
    if short:
        raise OUT_OF_STOCK(short=short)


def check_change(change: object) -> int:
    """`change` if it is a sane adjustment; else refuses (`stock_out_of_bounds`)."""
    if type(change) is not int or change == 0 or abs(change) > LIMIT:
        raise CHANGE_OUT_OF_BOUNDS(limit=LIMIT)
    return change


def check_opening(quantity: object) -> int:
    """`quantity` if it is a sane first stock (zero is); else refuses (`stock_out_of_bounds`)."""
    if type(quantity) is not int or not 0 <= quantity <= LIMIT:
        raise CHANGE_OUT_OF_BOUNDS(limit=LIMIT)
    return quantity


def check_quantity(quantity: object, mode: Literal["set", "add"]) -> int:
    """`quantity` if it can be what was counted (set) or what came or went (add); else refuses (`stock_out_of_bounds`)."""
    return check_opening(quantity) if mode == "set" else check_change(quantity)


def check_low_line(low_at: object) -> int | None:
    """`low_at` if it is a sane line under which a SKU runs low, or None; else refuses (`low_line`)."""
    if low_at is None:
        return None
    if type(low_at) is not int or not 0 <= low_at <= MAX_LOW_LINE:
        raise LOW_LINE(limit=MAX_LOW_LINE)
    return low_at


def check_reason(reason: str) -> str:
    """The reason without spaces around it; refuses an empty or long one (`reason_needed`)."""
    reason = reason.strip()
    if not 1 <= len(reason) <= 200 or not reason.isprintable():
        raise REASON_NEEDED()
    return reason


def shown(available: int) -> int:
    """The available number as shoppers see it: exact up to SHOWN, never negative."""
    return max(0, min(available, SHOWN))


def conserved(level: Level, moves: Sequence[tuple[int, int]]) -> bool:
    """Whether a level is the sum of its journal: [(change of on hand, change of reserved)]."""
    return (level.on_hand, level.reserved) == (sum(move[0] for move in moves), sum(move[1] for move in moves))
