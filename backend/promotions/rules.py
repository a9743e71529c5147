"""The price function: list prices and freight terms in, an explained quote out. Preview and order use this one.

Guarantee: a pure function of its inputs; lines add up to goods, goods − discount + freight is the total, to the fen; every
step that changed an amount stands in the explanation. Source of the order of steps: reference rules on price calculation
(activity price, member price, reductions, coupon, points, freight); list price and freight are in force now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.kernel.money import whole
from backend.promotions.refusals import ORDER_TOO_LARGE, TOTAL_MOVED

MAX_TOTAL_FEN = 10**9
"""No order above ten million yuan: what is larger is a mistake."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be priced: `quantity` ≥ 1 of a SKU at its list price in fen."""

    sku_id: str
    quantity: int
    list_price_fen: int


@dataclass(frozen=True, slots=True)
class FreightTerms:
    """Flat freight in fen, nothing from `free_from_fen` of goods on (after discounts); nothing at all for what is `fetched`.

    `far` says that the goods go to a far province, for the explanation."""

    flat_fen: int
    free_from_fen: int
    fetched: bool = False
    far: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an explanation; `amount_fen` is what it adds (or takes, negative)."""

    code: str
    amount_fen: int
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "amount_fen": self.amount_fen, "details": self.details}


@dataclass(frozen=True, slots=True)
class PricedLine:
    """An item with its amounts in fen: amount = price × quantity, payable = amount − discount."""

    item: Item
    price_fen: int
    amount_fen: int
    discount_fen: int
    explanation: tuple[Reason, ...]

    @property
    def payable_fen(self) -> int:
        return self.amount_fen - self.discount_fen


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced order: total = goods − discount + freight, all in fen."""

    lines: tuple[PricedLine, ...]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    explanation: tuple[Reason, ...]

    @property
    def total_fen(self) -> int:
        return self.goods_fen - self.discount_fen + self.freight_fen


WORDS = {
    "list_price": ("商品原价", "List price"),
    "goods": ("商品金额", "Goods"),
    "freight": ("运费（满 {free_from} 元包邮）", "Freight (free from ¥{free_from})"),
    "freight_far": ("偏远地区运费（满 {free_from} 元包邮）", "Freight to a far province (free from ¥{free_from})"),
    "freight_pickup": ("自提，免运费", "Pick-up: no freight"),
    "staff_adjustment": ("商家改价", "Adjusted by the shop"),
    "freight_adjustment": ("商家改运费", "Freight adjusted by the shop"),
    "freight_free": ("已满 {free_from} 元，包邮", "Free delivery from ¥{free_from}"),
}
"""What each reason says to a shopper, in Chinese and English; amounts stand beside it."""


def price(items: Sequence[Item], freight: FreightTerms) -> Quote:
    """Price `items`. Refuses a total beyond MAX_TOTAL_FEN (`order_too_large`); ValueError for a quantity below 1."""
    lines = tuple(_line(item) for item in items)
    goods = sum(line.amount_fen for line in lines)
    discount = sum(line.discount_fen for line in lines)
    payable = goods - discount
    reasons = (Reason("goods", goods), _freight(payable if lines else freight.free_from_fen, freight))
    freight_fen = reasons[-1].amount_fen
    quote = Quote(lines, goods, discount, freight_fen, reasons)
    if quote.total_fen > MAX_TOTAL_FEN:
        raise ORDER_TOO_LARGE(limit_fen=MAX_TOTAL_FEN)
    return quote


def _freight(payable_fen: int, terms: FreightTerms) -> Reason:
    if terms.fetched:
        return Reason("freight_pickup", 0)
    freight_fen = 0 if payable_fen >= terms.free_from_fen else terms.flat_fen
    paid = "freight_far" if terms.far else "freight"
    return Reason(paid if freight_fen else "freight_free", freight_fen, {"free_from_fen": terms.free_from_fen})


def _line(item: Item) -> PricedLine:
    if whole(item.quantity) < 1 or whole(item.list_price_fen) < 0:
        raise ValueError("quantity must be at least 1 and the price not negative")
    amount = item.quantity * item.list_price_fen
    return PricedLine(item, item.list_price_fen, amount, 0, (Reason("list_price", amount),))


def say(reason: Reason, language: str = "zh") -> str:
    """The reason in words."""
    text = WORDS[reason.code][1 if language.startswith("en") else 0]
    free_from = reason.details.get("free_from_fen", 0)
    return text.format(free_from=f"{free_from // 100}" if free_from % 100 == 0 else f"{free_from / 100:.2f}")


def must_equal_shown(quote: Quote, shown_total_fen: int) -> None:
    """Refuse (`total_moved`, with the new amounts) when the shopper was shown another total than the one computed now."""
    if quote.total_fen != shown_total_fen:
        raise TOTAL_MOVED(shown_total_fen=shown_total_fen, total_fen=quote.total_fen, goods_fen=quote.goods_fen,
                          freight_fen=quote.freight_fen)
