"""What an order would cost now: the quote that the shopper sees before placing it."""

from collections.abc import Sequence
from typing import Any

from backend.carts import store as carts
from backend.context import Context
from backend.fulfilment.refusals import DELIVERY_MIXED
from backend.fulfilment.rules import PICKUP
from backend.infra.uow import reading
from backend.members import store as members
from backend.orders.rules import merge
from backend.pickups import store as pickups
from backend.promotions.rules import say
from backend.steps.price_items import price_items


def preview(ctx: Context, *, items: Sequence[tuple[str, int]] | None = None, address_id: str | None = None,
            delivery: str | None = None, point_id: str | None = None, language: str = "zh") -> dict[str, Any]:
    """The quote of `items` [(sku id, quantity)], or of the selected cart lines when None.

    By the same price function that places the order. Nothing is reserved. `deliveries` are the ways in which all of these goods
    can be had together; without a `delivery` it is the quote of the first of them, as `delivery` says.
    Refuses what placing would refuse of goods, quantities, address and pick-up point; the latter two may still be open.
    """
    member_id = ctx.actor.member_id
    if delivery is None and point_id is not None:
        delivery = PICKUP
    if delivery != PICKUP and point_id is not None:
        raise DELIVERY_MIXED()
    with reading(ctx) as rd:
        to = members.get_address(rd, member_id, address_id).region_code if address_id is not None else None
        if point_id is not None:
            pickups.get_open_point(rd, point_id)
        if items is None:
            items = [(line.sku_id, line.quantity) for line in carts.lines_selected(rd, member_id)]
        priced = price_items(rd, ctx, merge(items), delivery, to)
    quote = priced.quote
    return {
        "delivery": priced.delivery, "deliveries": list(priced.deliveries),
        "lines": [{
            "sku_id": line.item.sku_id, "product_id": priced.goods[line.item.sku_id].product_id,
            "title": priced.goods[line.item.sku_id].title, "options": priced.goods[line.item.sku_id].options,
            "picture": priced.goods[line.item.sku_id].picture, "deliveries": list(priced.goods[line.item.sku_id].deliveries),
            "quantity": line.item.quantity, "price_fen": line.price_fen,
            "amount_fen": line.amount_fen, "discount_fen": line.discount_fen, "payable_fen": line.payable_fen,
            "explanation": [{"code": each.code, "amount_fen": each.amount_fen, "text": say(each, language)}
                            for each in line.explanation]} for line in quote.lines],
        "goods_fen": quote.goods_fen, "discount_fen": quote.discount_fen, "freight_fen": quote.freight_fen,
        "total_fen": quote.total_fen,
        "explanation": [{"code": each.code, "amount_fen": each.amount_fen, "text": say(each, language)}
                        for each in quote.explanation],
    }
