"""Pure decisions about orders: what may be done now, what a refund of some of a line is worth, what is asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.kernel.money import worth_left
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
    its stock still holds for it, `waived_fen` what units given back were worth more than was paid for them."""

    id: str
    quantity: int
    payable_fen: int
    refund_qty: int
    refund_fen: int
    held_qty: int = 0
    waived_fen: int = 0

    def worth(self, quantity: int) -> int:
        """What `quantity` (≥ 1) of the units left are worth; refuses more than is left."""
        if quantity < 1:
            raise NOTHING_TO_REFUND()
        if self.refund_qty + quantity > self.quantity:
            raise REFUND_TOO_MUCH(order_line_id=self.id, left=self.quantity - self.refund_qty)
        return worth_left(self.payable_fen, self.quantity, self.refund_qty, self.refund_fen + self.waived_fen, quantity)


@dataclass(frozen=True, slots=True)
class LineRefund:
    """`quantity` of a line to be given back for `amount_fen`; `release_qty` of it is still held in the stock, `waived_fen` is
    what they are worth more. Quantity 0 is a compensation: the goods are kept, and what is left may still be asked for."""

    order_line_id: str
    quantity: int
    amount_fen: int
    release_qty: int = 0
    waived_fen: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was agreed for `quantity` of a line: `amount_fen`. `given_back`: the goods came back, or never left."""

    order_line_id: str
    quantity: int
    amount_fen: int
    given_back: bool
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

    A line's amount is ⌊payable × units given back so far / quantity⌋ minus what was asked for before (`worth_left`), so any
    sequence of partial refunds adds up to the refund of all, to the fen. Refuses foreign lines, quantities below 1 and more
    than is left.
    """
    by_id = {line.id: line for line in lines}
    if wanted is None:
        wanted = [(line.id, line.quantity - line.refund_qty) for line in lines if line.refund_qty < line.quantity]
    refunds: dict[str, LineRefund] = {}
    for line_id, quantity in wanted:
        line = by_id.get(line_id)
        if line is None or line_id in refunds:
            raise LINE_NOT_IN_ORDER(order_line_id=line_id)
        refunds[line_id] = LineRefund(line_id, quantity, line.worth(quantity), min(quantity, line.held_qty))
    return list(refunds.values())


def settle_lines(lines: Sequence[LineMoney], agreed: Sequence[Settlement]) -> list[LineRefund]:
    """What `agreed` comes to: the agreed amounts, never more than the units are worth now.

    Goods given back for less than they are worth: the difference is waived, nobody else's units get it. Goods kept for less
    than they are worth: a compensation, the units stay open. Refuses foreign lines and more than is left.
    """
    by_id, parts = {line.id: line for line in lines}, []
    for each in agreed:
        line = by_id.get(each.order_line_id)
        if line is None:
            raise LINE_NOT_IN_ORDER(order_line_id=each.order_line_id)
        worth = line.worth(each.quantity)
        amount = min(each.amount_fen, worth)
        if each.given_back or amount == worth:
            parts.append(LineRefund(line.id, each.quantity, amount, min(each.release_qty, line.held_qty), worth - amount))
        else:
            parts.append(LineRefund(line.id, 0, amount))
    return parts


def may_refund(state: str) -> bool:
    """Whether people may ask for refunds of an order in this state."""
    return state in (PAID, SHIPPED, COMPLETED)
