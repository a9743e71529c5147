"""Pure decisions about orders: what may be done now, what a refund of some of a line is worth, what is asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.kernel.money import cumulative_part
from backend.orders.refusals import (
    LINE_NOT_IN_ORDER,
    NOTHING_TO_ORDER,
    NOTHING_TO_REFUND,
    QUANTITY,
    REFUND_TOO_MUCH,
    TOO_MANY_LINES,
)
from backend.orders.states import COMPLETED, PAID, SHIPPED, UNPAID

MAX_LINES = 1000
MAX_QUANTITY = 999_999


@dataclass(frozen=True, slots=True)
class Wanted:
    """`quantity` of a SKU that somebody wants to order."""

    sku_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class LineMoney:
    """What a refund needs to know of an order line; `refund_*` count refunds asked for and not failed, `held_qty` is what
    its stock still holds for it."""

    id: str
    quantity: int
    payable_fen: int
    refund_qty: int
    refund_fen: int
    held_qty: int = 0


@dataclass(frozen=True, slots=True)
class LineRefund:
    """`quantity` of a line to be given back, worth `amount_fen`; `release_qty` of it is still held in the stock."""

    order_line_id: str
    quantity: int
    amount_fen: int
    release_qty: int = 0


def merge(wanted: Iterable[tuple[str, int]]) -> list[Wanted]:
    """[(sku id, quantity)] as lines: the same SKU twice becomes one.

    Refuses nothing at all, too many lines and quantities out of bounds.
    """
    merged: dict[str, int] = {}
    for sku_id, quantity in wanted:
        if not 1 <= quantity <= MAX_QUANTITY:
            raise QUANTITY(limit=MAX_QUANTITY, sku_id=sku_id)
        merged[sku_id] = merged.get(sku_id, 0) + quantity
    if not merged:
        raise NOTHING_TO_ORDER()
    if len(merged) > MAX_LINES:
        raise TOO_MANY_LINES(limit=MAX_LINES)
    for sku_id, quantity in merged.items():
        if quantity > MAX_QUANTITY:
            raise QUANTITY(limit=MAX_QUANTITY, sku_id=sku_id)
    return [Wanted(sku_id, quantity) for sku_id, quantity in merged.items()]


def allowed_actions(state: str, now: datetime, pay_before: datetime) -> list[str]:
    """What the shopper may do with the order now, for the buttons of the client."""
    if state == UNPAID:
        return ["pay", "cancel"] if now < pay_before else ["cancel"]
    return []


def refund_lines(lines: Sequence[LineMoney], wanted: Sequence[tuple[str, int]] | None) -> list[LineRefund]:
    """What giving back `wanted` [(order line id, quantity)] is worth; None means all that is left of every line.

    A line's amount is ⌊payable × units given back so far / quantity⌋ minus what was asked for before, so any sequence of
    partial refunds adds up to the refund of all, to the fen. Refuses foreign lines, quantities below 1 and more than is left.
    """
    by_id = {line.id: line for line in lines}
    if wanted is None:
        wanted = [(line.id, line.quantity - line.refund_qty) for line in lines if line.refund_qty < line.quantity]
    refunds: dict[str, LineRefund] = {}
    for line_id, quantity in wanted:
        line = by_id.get(line_id)
        if line is None or line_id in refunds:
            raise LINE_NOT_IN_ORDER(order_line_id=line_id)
        if quantity < 1:
            raise NOTHING_TO_REFUND()
        if line.refund_qty + quantity > line.quantity:
            raise REFUND_TOO_MUCH(order_line_id=line_id, left=line.quantity - line.refund_qty)
        due = cumulative_part(line.payable_fen, line.refund_qty + quantity, line.quantity)
        refunds[line_id] = LineRefund(line_id, quantity, max(due - line.refund_fen, 0), min(quantity, line.held_qty))
    return list(refunds.values())


def may_refund(state: str) -> bool:
    """Whether people may ask for refunds of an order in this state."""
    return state in (PAID, SHIPPED, COMPLETED)
