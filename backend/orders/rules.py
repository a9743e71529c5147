"""Pure decisions about orders: what may be done now, what a refund of some of a line is worth, what is asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backend.kernel.money import share_out, worth_left
from backend.orders.refusals import (
    CLOSE_REASON,
    LINE_NOT_IN_ORDER,
    NOTE_TEXT,
    NOTHING_TO_ORDER,
    NOTHING_TO_REFUND,
    PRICE_CHANGE,
    QUANTITY,
    REFUND_TOO_MUCH,
    REMARK_TEXT,
    TOO_MANY_LINES,
)
from backend.orders.states import COMPLETED, PAID, SHIPPED

MAX_LINES = 1000
MAX_QUANTITY = 999_999
NOTE_LENGTH = 500
REMARK_LENGTH = 200
CLOSE_REASON_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """`quantity` of a SKU that somebody wants to order."""

    sku_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Goods:
    """The goods of a refund of a line: the stock gives `release_qty` free; `shipped_qty` of the units had left the shelf;
    `returned_qty` of these are back, of which the stock takes `restock_qty` (the others it has taken already)."""

    release_qty: int = 0
    shipped_qty: int = 0
    returned_qty: int = 0
    restock_qty: int = 0


@dataclass(frozen=True, slots=True)
class LineMoney:
    """What a refund needs to know of an order line, in units and fen.

    `refund_*` count refunds asked for and not failed, `waived_fen` what units given back were worth more than was paid for
    them. `released_qty` gave their stock back before they left, `shipped_qty` left; `refund_shipped_qty` of the refunded
    units had left, `returned_qty` of these are back, and `restocked_qty` lie on the shelf again.
    """

    id: str
    quantity: int
    payable_fen: int
    refund_qty: int
    refund_fen: int
    waived_fen: int = 0
    released_qty: int = 0
    shipped_qty: int = 0
    refund_shipped_qty: int = 0
    returned_qty: int = 0
    restocked_qty: int = 0

    @property
    def held_qty(self) -> int:
        """Units that lie on the shelf for the order."""
        return self.quantity - self.released_qty - self.shipped_qty

    @property
    def left(self) -> tuple[int, int]:
        """Units not yet refunded: (those that did not leave, those that did)."""
        unshipped = self.quantity - self.shipped_qty - (self.refund_qty - self.refund_shipped_qty)
        return unshipped, self.shipped_qty - self.refund_shipped_qty

    def worth(self, quantity: int) -> int:
        """What `quantity` (≥ 1) of the units left are worth; refuses more than is left."""
        if quantity < 1:
            raise NOTHING_TO_REFUND()
        if quantity > (left := sum(self.left)):
            raise REFUND_TOO_MUCH(order_line_id=self.id, left=left)
        return worth_left(self.payable_fen, self.quantity, self.refund_qty, self.refund_fen + self.waived_fen, quantity)

    def goods(self, stayed: int, had_left: int, returned: int = 0) -> Goods:
        """What the stock does when `stayed` units that did not leave and `had_left` units that did are refunded, of which
        `returned` are back.

        Both sides converge: units of a refund that failed are not freed, or taken back, a second time.
        """
        release = max(self.refund_qty - self.refund_shipped_qty + stayed - self.released_qty, 0)
        back = max(self.returned_qty + returned - self.restocked_qty, 0) if returned else 0
        return Goods(release, had_left, returned, back)


@dataclass(frozen=True, slots=True)
class LineRefund:
    """`quantity` of a line to be given back for `amount_fen`, and what becomes of its goods; `waived_fen` is what they are
    worth more. Quantity 0 is a compensation: the goods are kept, and what is left may still be asked for."""

    order_line_id: str
    quantity: int
    amount_fen: int
    goods: Goods = Goods()
    waived_fen: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was agreed for `quantity` of a line: `amount_fen`. `given_back`: the goods came back, or never left.

    `release_qty` of the units have not left as far as known, `returned_qty` of the others lie on the shelf again.
    """

    order_line_id: str
    quantity: int
    amount_fen: int
    given_back: bool
    release_qty: int = 0
    returned_qty: int = 0


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


def allowed_actions(state: str, now: datetime, pay_before: datetime, *, fetched: bool = False, sent: bool = False) -> list[str]:
    """What the shopper may do with the order now, for the buttons of the client, the most likely first.

    `fetched`: it is picked up at a point. `sent`: a parcel of it has left.
    """
    track = ["track"] if sent else []
    match state:
        case "unpaid":
            return ["pay", "cancel"] if now < pay_before else ["cancel"]
        case "paid":
            return ["show_code"] if fetched else track
        case "shipped":
            return ["confirm_receipt", *track, "buy_again"]
        case "completed" | "refunded":
            return ["buy_again", *track]
        case "closed":
            return ["buy_again"]
    return []


@dataclass(frozen=True, slots=True)
class Reduction:
    """A lower price of an unpaid order: what each line's discount grows by, and the new sums, in fen."""

    by_line: dict[str, int]
    discount_fen: int
    freight_fen: int
    total_fen: int


def reduce_price(lines: Sequence[tuple[str, int]], *, goods_fen: int, discount_fen: int, freight_fen: int, off_goods_fen: int,
                 off_freight_fen: int) -> Reduction:
    """Take `off_goods_fen` off the goods, shared out over `lines` [(order line id, payable fen)] in proportion to what they
    cost (`share_out`: to the fen, no line below 0), and `off_freight_fen` off the freight.

    Refuses (`price_change`) to raise a price, to change nothing, more than there is, and a total below one fen: WeChat takes
    no payment of nothing.
    """
    payable = sum(fen for _, fen in lines)
    total = payable + freight_fen - off_goods_fen - off_freight_fen
    if not (0 <= off_goods_fen <= payable and 0 <= off_freight_fen <= freight_fen and off_goods_fen + off_freight_fen >= 1
            and total >= 1):
        raise PRICE_CHANGE(most_fen=payable + freight_fen - 1)
    parts = share_out(off_goods_fen, [fen for _, fen in lines])
    by_line = {line_id: part for (line_id, _), part in zip(lines, parts, strict=True) if part}
    assert payable == goods_fen - discount_fen, "the lines do not add up to the order"
    return Reduction(by_line, discount_fen + off_goods_fen, freight_fen - off_freight_fen, total)


def check_order_note(text: str) -> str:
    """A note without space around it; refuses (`note_text`) an empty or long one."""
    text = text.strip()
    if not 1 <= len(text) <= NOTE_LENGTH:
        raise NOTE_TEXT(limit=NOTE_LENGTH)
    return text


def check_remark(text: str) -> str:
    """A remark without space around it; empty is none. Refuses (`remark_text`) a long one."""
    text = text.strip()
    if len(text) > REMARK_LENGTH:
        raise REMARK_TEXT(limit=REMARK_LENGTH)
    return text


def check_close_reason(text: str) -> str:
    """Why staff close an order, without space around it; refuses (`close_reason`) none or a long one."""
    text = text.strip()
    if not 1 <= len(text) <= CLOSE_REASON_LENGTH:
        raise CLOSE_REASON(limit=CLOSE_REASON_LENGTH)
    return text


def refund_lines(lines: Sequence[LineMoney], wanted: Sequence[tuple[str, int]] | None, *, shipped: bool | None = None,
                 restock: bool = False) -> list[LineRefund]:
    """What giving back `wanted` [(order line id, quantity)] is worth; None means all that is left of every line.

    A line's amount is ⌊payable × units given back so far / quantity⌋ minus what was asked for before (`worth_left`), so any
    sequence of partial refunds adds up to the refund of all, to the fen. Refuses foreign lines, quantities below 1 and more
    than is left.

    `shipped`: units that have left the shelf (True), that have not (False), or first the latter (None). Units that have not
    left give their stock free. With `restock` those that had left are back on the shelf.
    """
    by_id = {line.id: line for line in lines}
    if wanted is None:
        wanted = [(line.id, left) for line in lines if (left := _left(line, shipped))]
    refunds: dict[str, LineRefund] = {}
    for line_id, quantity in wanted:
        line = by_id.get(line_id)
        if line is None or line_id in refunds:
            raise LINE_NOT_IN_ORDER(order_line_id=line_id)
        worth = line.worth(quantity)
        if quantity > (left := _left(line, shipped)):
            raise REFUND_TOO_MUCH(order_line_id=line_id, left=left)
        had_left = quantity if shipped else max(quantity - line.left[0], 0)
        goods = line.goods(quantity - had_left, had_left, had_left if restock else 0)
        refunds[line_id] = LineRefund(line_id, quantity, worth, goods)
    return list(refunds.values())


def _left(line: LineMoney, shipped: bool | None) -> int:
    return sum(line.left) if shipped is None else line.left[shipped]


def settle_lines(lines: Sequence[LineMoney], agreed: Sequence[Settlement]) -> list[LineRefund]:
    """What `agreed` comes to: the agreed amounts, never more than the units are worth now.

    Goods given back for less than they are worth: the difference is waived, nobody else's units get it. Goods kept for less
    than they are worth: a compensation, the units stay open. Units that left since it was agreed count as such. Refuses
    foreign lines and more than is left.
    """
    by_id, parts = {line.id: line for line in lines}, []
    for each in agreed:
        line = by_id.get(each.order_line_id)
        if line is None:
            raise LINE_NOT_IN_ORDER(order_line_id=each.order_line_id)
        worth = line.worth(each.quantity)
        amount = min(each.amount_fen, worth)
        if each.given_back or amount == worth:
            stayed = max(min(each.release_qty, line.left[0]), each.quantity - line.left[1])
            had_left = each.quantity - stayed
            goods = line.goods(stayed, had_left, min(each.returned_qty, had_left))
            parts.append(LineRefund(line.id, each.quantity, amount, goods, worth - amount))
        else:
            parts.append(LineRefund(line.id, 0, amount))
    return parts


def amounts(parts: Iterable[LineRefund]) -> dict[str, int]:
    """What each line gets, in fen."""
    return {part.order_line_id: part.amount_fen for part in parts}


def leave_nothing_held(lines: Sequence[LineMoney], parts: Sequence[LineRefund]) -> list[LineRefund]:
    """The parts of a refund that gives all the money back, with all units that have not left: nobody may wait for them in an
    order that is refunded. They cost nothing, or what they cost is given anyway."""
    known, whole = {part.order_line_id: part for part in parts}, []
    for line in lines:
        part = known.get(line.id, LineRefund(line.id, 0, 0))
        had_left, returned = part.goods.shipped_qty, part.goods.returned_qty
        stays = line.left[0] - (part.quantity - had_left)
        if stays:
            part = replace(part, quantity=part.quantity + stays, goods=line.goods(line.left[0], had_left, returned))
        if line.id in known or stays:
            whole.append(part)
    return whole


def may_refund(state: str) -> bool:
    """Whether people may ask for refunds of an order in this state."""
    return state in (PAID, SHIPPED, COMPLETED)
