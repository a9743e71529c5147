"""A shopper's cart as it stands now: priced anew each time, with what cannot be bought apart and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.carts import rules
from backend.carts import store as carts
from backend.catalog.rules import ways_together, why_not
from backend.context import Context
from backend.infra.uow import reading
from backend.kernel.errors import Refused
from backend.steps.price_items import offers_in_stock


@dataclass(frozen=True, slots=True)
class CartItem:
    """A line with its goods at the price of this moment; `why` says what keeps it from being bought."""

    sku_id: str
    quantity: int
    selected: bool
    product_id: str
    title: str
    options: Mapping[str, str]
    picture: str | None
    price_fen: int
    amount_fen: int
    deliveries: Sequence[str]
    why: Refused | None


@dataclass(frozen=True, slots=True)
class CartView:
    """`goods_fen` is what the selected lines cost; `count` is the number of lines, invalid ones too. `deliveries` are the ways in
    which the selected lines can be had together: none when they need two orders."""

    lines: list[CartItem]
    invalid: list[CartItem]
    goods_fen: int
    count: int
    deliveries: Sequence[str]


def cart(ctx: Context) -> CartView:
    """The shopper's own cart, in the order in which things were added. Two statements for any number of lines."""
    with reading(ctx) as rd:
        lines = carts.lines(rd, ctx.actor.member_id)
        offers = offers_in_stock(rd, [line.sku_id for line in lines])
    items = []
    for line in lines:
        offer = offers[line.sku_id]
        closed = why_not(offer, ctx.now)
        why = closed() if closed else rules.shortage(line.quantity, offer.available or 0)
        items.append(
            CartItem(
                line.sku_id,
                line.quantity,
                line.selected,
                offer.product_id,
                offer.title,
                offer.options,
                offer.picture,
                offer.price_fen,
                offer.price_fen * line.quantity,
                offer.deliveries,
                why,
            )
        )
    valid = [item for item in items if item.why is None]
    return CartView(
        valid,
        [item for item in items if item.why is not None],
        sum(item.amount_fen for item in valid if item.selected),
        len(items),
        ways_together(offers[item.sku_id] for item in valid if item.selected),
    )
