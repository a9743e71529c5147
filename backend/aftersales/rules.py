"""Pure decisions about after-sales: what may be asked now, what a case asks for, what staff may agree to, who must act by when."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.aftersales.refusals import (
    AMOUNT,
    FREIGHT,
    KIND_NOT_NOW,
    LINE_IN_CASE,
    LINE_REFUSED_TWICE,
    LINE_UNKNOWN,
    NOTHING_ASKED,
    ORDER_NOT_NOW,
    PARCEL,
    QUANTITY_LEFT,
    REASON_UNKNOWN,
    TEXT_NEEDED,
    TOO_MANY_PICTURES,
    UNSHIPPED_WHOLE,
    WINDOW_OVER,
    WORDS_NEEDED,
)
from backend.kernel.errors import Refused
from backend.kernel.money import format_yuan, worth_left

REFUND_ONLY, RETURN_AND_REFUND = "refund_only", "return_and_refund"
KINDS = {REFUND_ONLY: ("仅退款", "Refund only"), RETURN_AND_REFUND: ("退货退款", "Return and refund")}

BEFORE, KEPT, RETURNED = "before", "kept", "returned"
"""When a reason makes sense: before the goods left; when they arrived (or should have) and are kept; when they come back."""
REASONS: dict[str, tuple[str, str, frozenset[str]]] = {
    "changed_mind": ("不想要了", "Changed my mind", frozenset({BEFORE, RETURNED})),
    "wrong_choice": ("拍错或信息填错", "Ordered by mistake", frozenset({BEFORE, RETURNED})),
    "too_slow": ("发货太慢", "Shipping takes too long", frozenset({BEFORE})),
    "not_arrived": ("未收到货", "Did not arrive", frozenset({KEPT})),
    "missing": ("少件、漏发", "Something is missing", frozenset({KEPT})),
    "damaged": ("破损、变质", "Damaged or spoilt", frozenset({KEPT, RETURNED})),
    "quality": ("质量问题", "Poor quality", frozenset({KEPT, RETURNED})),
    "not_as_described": ("与描述不符", "Not as described", frozenset({KEPT, RETURNED})),
    "wrong_goods": ("发错货", "The wrong goods", frozenset({KEPT, RETURNED})),
    "other": ("其他", "Something else", frozenset({BEFORE, KEPT, RETURNED})),
}
"""Code → Chinese, English, when it can be chosen."""

MAX_PICTURES = 9
MAX_REFUSALS = 2
"""After so many refusals of a line a person must look at it: a complaint ticket, not a third request."""
PUT_OFF_HOURS = 1
"""A return that nobody answered in time cannot be granted while the shop has no address for it: it is looked at again then."""
TRACKING = re.compile(r"[A-Za-z0-9-]{6,40}")


@dataclass(frozen=True, slots=True)
class LineNow:
    """What matters of an order line. `given_fen`: refunded and waived; `held_qty`: has not left the shelf."""

    id: str
    quantity: int
    payable_fen: int
    refund_qty: int
    given_fen: int
    held_qty: int
    shipped_qty: int
    in_case: bool = False
    refusals: int = 0

    @property
    def left(self) -> int:
        """Units that may still be asked for, as far as counts go."""
        return self.quantity - self.refund_qty

    @property
    def unshipped(self) -> int:
        """Units left that have not left the shelf."""
        return min(self.left, self.held_qty)

    @property
    def returnable(self) -> int:
        """Units left that the shopper has or will have."""
        return min(self.left - self.unshipped, self.shipped_qty)

    def worth(self, quantity: int) -> int:
        return worth_left(self.payable_fen, self.quantity, self.refund_qty, self.given_fen, quantity)


@dataclass(frozen=True, slots=True)
class OrderNow:
    """What matters of an order. `freight_left_fen`: not refunded yet; `received_at`: when the shopper had the goods."""

    paid: bool
    received_at: datetime | None
    freight_left_fen: int
    lines: Sequence[LineNow]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper asks of a line; `amount_fen` None: what the units are worth."""

    order_line_id: str
    quantity: int
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """What a case asks of a line, checked: never more than the units are worth."""

    order_line_id: str
    quantity: int
    held_qty: int
    asked_fen: int


@dataclass(frozen=True, slots=True)
class Option:
    """What may be asked of a line now: how many units and for how much at most, by which kinds; or why not."""

    order_line_id: str
    left: int
    returnable: int
    worth_fen: int
    kinds: tuple[str, ...]
    no: Refused | None


def in_time(paid: bool, received_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether it is the time to ask: the order is paid, and was received not more than `days` ago, or not yet."""
    return paid and (received_at is None or now < received_at + timedelta(days=days))


def window_end(order: OrderNow, days: int) -> datetime | None:
    """When the time to ask ends: `days` after receipt; None while the goods have not been received."""
    return None if order.received_at is None else order.received_at + timedelta(days=days)


def why_not(order: OrderNow, line: LineNow, now: datetime, days: int) -> Refused | None:
    """Why nothing may be asked of a line now, or None."""
    if not order.paid:
        return ORDER_NOT_NOW()
    if not in_time(order.paid, order.received_at, now, days):
        return WINDOW_OVER(days=days)
    if line.in_case:
        return LINE_IN_CASE(order_line_id=line.id)
    if line.left < 1:
        return QUANTITY_LEFT(order_line_id=line.id, left=0)
    if line.refusals >= MAX_REFUSALS:
        return LINE_REFUSED_TWICE(order_line_id=line.id)
    return None


def options(order: OrderNow, now: datetime, days: int) -> list[Option]:
    """What may be asked of each line now."""
    found = []
    for line in order.lines:
        no = why_not(order, line, now, days)
        kinds = () if no else (REFUND_ONLY, RETURN_AND_REFUND) if line.returnable else (REFUND_ONLY,)
        found.append(Option(line.id, 0 if no else line.left, 0 if no else line.returnable, 0 if no else line.worth(line.left),
                            kinds, no))
    return found


def may_ask(order: OrderNow, now: datetime, days: int) -> bool:
    """Whether anything of an order may be asked for now."""
    return any(each.no is None for each in options(order, now, days))


def check_asked(order: OrderNow, kind: str, asked: Sequence[Asked], now: datetime, days: int) -> list[CaseLine]:
    """The lines of a new case; refuses whatever may not be asked now, foreign lines and amounts beyond their worth.

    Goods that were not shipped are refunded in full. A smaller amount for goods that were shipped is a compensation.
    """
    if not asked:
        raise NOTHING_ASKED()
    by_id, found = {line.id: line for line in order.lines}, []
    if not order.paid:
        raise ORDER_NOT_NOW()
    for each in asked:
        line = by_id.pop(each.order_line_id, None)
        if line is None:
            raise LINE_UNKNOWN(order_line_id=each.order_line_id)
        if no := why_not(order, line, now, days):
            raise no
        most = line.left if kind == REFUND_ONLY else line.returnable
        if most < 1:
            raise KIND_NOT_NOW(order_line_id=line.id)
        if not 1 <= each.quantity <= most:
            raise QUANTITY_LEFT(order_line_id=line.id, left=most)
        held = min(each.quantity, line.unshipped) if kind == REFUND_ONLY else 0
        worth = line.worth(each.quantity)
        amount = worth if each.amount_fen is None else each.amount_fen
        if held and amount != worth:
            raise UNSHIPPED_WHOLE(order_line_id=line.id)
        if amount > worth or amount < min(1, worth):
            raise AMOUNT(order_line_id=line.id, most_fen=worth, most=format_yuan(worth))
        found.append(CaseLine(line.id, each.quantity, held, amount))
    return found


def freight_with(order: OrderNow, lines: Sequence[CaseLine]) -> int:
    """The freight that goes with a case: all that is left of it when nothing was shipped and nothing will be, else none."""
    taken = {line.order_line_id: line.held_qty for line in lines}
    whole = all(line.shipped_qty == 0 and taken.get(line.id, 0) == line.left for line in order.lines)
    return order.freight_left_fen if whole else 0


def stage(kind: str, lines: Sequence[CaseLine]) -> str:
    """Which reasons make sense for a case."""
    if kind == RETURN_AND_REFUND:
        return RETURNED
    return BEFORE if all(line.held_qty == line.quantity for line in lines) else KEPT


def check_reason(code: str, words: str, at: str) -> str:
    """The words of a case without spaces around them; refuses a reason that does not fit, and `other` without words."""
    if code not in REASONS or at not in REASONS[code][2]:
        raise REASON_UNKNOWN()
    words = words.strip()
    if len(words) > 500 or (code == "other" and not words):
        raise TEXT_NEEDED()
    return words


def check_pictures(keys: Sequence[str]) -> list[str]:
    """The pictures of a case, each once; refuses too many."""
    if len(keys) > MAX_PICTURES or len(set(keys)) != len(keys):
        raise TOO_MANY_PICTURES(limit=MAX_PICTURES)
    return list(keys)


def all_pictures(before: Sequence[str], more: Sequence[str]) -> list[str]:
    """The pictures of a shop's answers, those of the last one at the end; refuses too many."""
    return check_pictures([*before, *(key for key in more if key not in before)])


def check_words(words: str) -> str:
    """What staff tell the shopper, without spaces around it; refuses nothing and too much."""
    words = words.strip()
    if not 1 <= len(words) <= 200:
        raise WORDS_NEEDED()
    return words


def check_parcel(courier: str, tracking_number: str) -> tuple[str, str]:
    """Courier and tracking number as they are kept; refuses what cannot be one."""
    courier, tracking_number = courier.strip(), "".join(tracking_number.split()).upper()
    if not 1 <= len(courier) <= 32 or not courier.isprintable() or not TRACKING.fullmatch(tracking_number):
        raise PARCEL()
    return courier, tracking_number


def agree(lines: Sequence[CaseLine], given: Mapping[str, int] | None, words: str) -> dict[str, int]:
    """What staff agree to, by line: all that was asked, or as `given` says – less only with words for the shopper.

    Refuses more than was asked, nothing at all for goods of worth (that is a refusal), less for goods that were not
    shipped, and lines that are not in the case.
    """
    agreed = {line.order_line_id: line.asked_fen for line in lines}
    for line_id, fen in (given or {}).items():
        if line_id not in agreed:
            raise LINE_UNKNOWN(order_line_id=line_id)
        agreed[line_id] = fen
    for line in lines:
        fen = agreed[line.order_line_id]
        if not min(1, line.asked_fen) <= fen <= line.asked_fen:
            raise AMOUNT(order_line_id=line.order_line_id, most_fen=line.asked_fen, most=format_yuan(line.asked_fen))
        if line.held_qty and fen < line.asked_fen:
            raise UNSHIPPED_WHOLE(order_line_id=line.order_line_id)
        if fen < line.asked_fen:
            check_words(words)
    return agreed


def as_agreed(lines: Sequence[Any]) -> list[CaseLine]:
    """The rows of a case's lines with what was agreed in place of what was asked."""
    return [CaseLine(line.order_line_id, line.quantity, line.held_qty, line.given_fen) for line in lines]


def check_freight(freight_fen: int, left_fen: int) -> int:
    """Freight that staff give back with a case; refuses more than is left of it."""
    if not 0 <= freight_fen <= left_fen:
        raise FREIGHT(most_fen=left_fen, most=format_yuan(left_fen))
    return freight_fen


def restocked(lines: Sequence[CaseLine], good: Collection[str]) -> dict[str, int]:
    """Units by line that go back on sale after a return: those of the lines that are still `good`."""
    wrong = set(good) - {line.order_line_id for line in lines}
    if wrong:
        raise LINE_UNKNOWN(order_line_id=sorted(wrong)[0])
    return {line.order_line_id: line.quantity for line in lines if line.order_line_id in good}
