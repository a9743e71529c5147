"""Put what an earlier order held into the cart once more."""

from typing import Any

from backend.carts import rules
from backend.carts import store as carts
from backend.carts.rules import Line
from backend.catalog import store as catalog
from backend.catalog.rules import why_not
from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_FOR_SALE


def buy_again(ctx: Context, *, order_id: str, key: ClientKey | None = None) -> dict[str, Any]:
    """Add the goods of the shopper's own order to the cart, selected; returns {added, gone}: how many of its lines are there
    now, and the ids of SKUs that are not for sale any more.

    A SKU that lies in the cart gets at least the quantity of the order, so a second tap adds nothing. Refuses when none of it
    is for sale (`not_for_sale`) and what the cart cannot hold (`cart_full`).
    """
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        carts.lock_cart(tx, member_id)
        order = orders.lock_order(tx, order_id, member_id)
        bought = orders.bought(tx, order.id)
        offers = catalog.find_offers(tx, [sku_id for sku_id, _ in bought])
        gone = [sku_id for sku_id, _ in bought if sku_id not in offers or why_not(offers[sku_id], ctx.now) is not None]
        answer = {"added": len(bought) - len(gone), "gone": gone}
        first = claim(tx, key, "buy_again", answer)
        if first is not None:
            return first
        if not answer["added"]:
            raise NOT_FOR_SALE(items=[{"sku_id": sku_id, "why": "gone"} for sku_id in gone])
        held = {line.sku_id: line for line in carts.lines(tx, member_id)}
        for sku_id, quantity in bought:
            if sku_id not in gone:
                before = held.get(sku_id)
                held[sku_id] = Line(sku_id, max(quantity, before.quantity if before else 0), True)
        carts.replace_lines(tx, member_id, rules.merge(held.values()))
    return answer
