"""Place an order: from the cart or right now, at the price that was shown, with its stock reserved."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Row

from backend.carts import store as carts
from backend.context import Context
from backend.fulfilment.refusals import DELIVERY_MIXED
from backend.fulfilment.rules import COURIER, PICKUP
from backend.infra import once
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.calendar import rfc3339
from backend.kernel.ids import human_code, new_id
from backend.members import store as members
from backend.members.rules import Destination, destination
from backend.orders import store as orders
from backend.orders.events import OrderPaymentDue, OrderPlaced
from backend.orders.refusals import TOO_MANY_UNPAID
from backend.orders.rules import merge
from backend.orders.states import UNPAID
from backend.organisation import MAIN_STORE
from backend.pickups import store as pickups
from backend.pickups.refusals import CONTACT_NEEDED
from backend.promotions.rules import must_equal_shown
from backend.steps.price_items import Priced, price_items
from backend.stock import MAIN_LOCATION
from backend.stock import store as stock
from backend.stock.rules import check_available

_ASKED = (orders.UNPAID_OF_MEMBER, *once.FIRST, *members.ADDRESS)
"""What is asked with the cart's lock: every statement less is a wait less."""


def place_order(ctx: Context, *, address_id: str | None = None, shown_total_fen: int,
                items: Sequence[tuple[str, int]] | None = None, delivery: str = COURIER, point_id: str | None = None,
                contact: tuple[str, str] | None = None, remark: str = "", key: ClientKey | None = None) -> dict[str, Any]:
    """Place an order of `items` [(sku id, quantity)], or of the selected cart lines when None; returns facts
    that never change.

    The price is computed here and only compared with `shown_total_fen` (`total_moved`). Stock is reserved for all lines or for
    none (`out_of_stock`, naming what is short; most who come too late are told before anything is written for them). Bought lines
    leave the cart. At most `unpaid_orders_limit` unpaid orders.
    With the same key again: the same answer and no second order. Unpaid orders close by themselves after `payment_minutes`.

    `delivery` "courier" goes to an address of one's book. "pickup" is fetched at an open pick-up point without freight, by
    `contact` (name, phone) or, without one, by whom an address names; the order belongs to the point's store and keeps the
    point's name and address as they are now. Refuses (`pickup_point_not_found`, `pickup_contact_needed`, `address_not_found`;
    `delivery_mixed` when a courier is to go to a point or a contact), and goods that do not go this way (`goods_pickup_only`,
    `goods_courier_only`, `no_delivery_together`, naming them).
    """
    member_id = ctx.actor.member_id
    if delivery != PICKUP and (point_id is not None or contact is not None):
        raise DELIVERY_MIXED()
    order_id = new_id("ord", ctx.now)
    shop = ctx.shop
    pay_before = ctx.now + timedelta(minutes=shop.payment_minutes)
    facts = {"id": order_id, "number": human_code(12), "total_fen": shown_total_fen, "placed_at": rfc3339(ctx.now),
             "pay_before": rfc3339(pay_before)}
    with transaction(ctx) as tx:
        unpaid, fingerprint, result, *found = carts.lock_cart_asking(
            tx, member_id, _ASKED, once.of_first(tx, key, "place_order") | members.of_address(member_id, address_id))
        first = once.first_answer(tx, key, fingerprint, result)
        if first is not None:
            return first
        if unpaid >= shop.unpaid_orders_limit:
            raise TOO_MANY_UNPAID(limit=shop.unpaid_orders_limit)
        point = pickups.get_open_point(tx, point_id or "") if delivery == PICKUP else None
        address = receiver(found, address_id, point, contact)
        if items is None:
            wanted = merge([(line.sku_id, line.quantity) for line in carts.take_selected(tx, member_id)])
        else:
            wanted = merge(items)
            carts.remove_lines(tx, member_id, [each.sku_id for each in wanted])
        priced = price_items(tx, ctx, wanted, delivery, address.region_code)
        must_equal_shown(priced.quote, shown_total_fen)
        check_available({each.sku_id: each.quantity for each in wanted},
                        {each.sku_id: each.available for each in priced.goods.values()})

        lines = order_lines(ctx, order_id, priced)
        orders.insert_order(tx, {
            "id": order_id, "number": facts["number"], "member_id": member_id,
            "store_id": point.store_id if point is not None else MAIN_STORE, "location_id": MAIN_LOCATION, "state": UNPAID,
            "moves": 1, "line_count": len(lines), "goods_fen": priced.quote.goods_fen, "discount_fen": priced.quote.discount_fen,
            "freight_fen": priced.quote.freight_fen, "total_fen": priced.quote.total_fen,
            "explanation": [reason.as_json() for reason in priced.quote.explanation], "delivery": delivery,
            "ship_to": msgspec.json.encode(address.frozen(point.name if point is not None else None)).decode(),
            "region_code": address.region_code, "phone_index": ctx.cipher.blind_index(address.phone, "phone"),
            "remark": remark, "placed_at": ctx.now, "pay_before": pay_before}, lines)
        if point is not None:
            pickups.insert_pickup(tx, order_id, point.id)
        once.claim_last(tx, key, "place_order", facts)
        tx.emit(OrderPlaced(order_id))
        tx.emit(OrderPaymentDue(order_id), at=pay_before)
        stock.reserve(tx, MAIN_LOCATION, [(line["id"], line["sku_id"], line["quantity"]) for line in lines])
    return facts


def receiver(found: Sequence[str | None], address_id: str | None, point: Row[Any] | None,
             contact: tuple[str, str] | None) -> Destination:
    """Who gets the goods and where: the address that was `found` in the member's book; with a point that point, and `contact` or
    whom the address names. Refuses absent and foreign addresses, nobody at all, and wrong names and phones."""
    if point is None:
        return members.found_address(found)
    if contact is None:
        if not address_id:
            raise CONTACT_NEEDED()
        address = members.found_address(found)
        contact = (address.name, address.phone)
    return destination(name=contact[0], phone_text=contact[1], region_code=point.region_code, detail=point.detail)


def order_lines(ctx: Context, order_id: str, priced: Priced) -> list[dict[str, Any]]:
    """The rows of a quote's lines, with everything frozen that the order must still know in a year."""
    rows = []
    for position, line in enumerate(priced.quote.lines):
        goods = priced.goods[line.item.sku_id]
        rows.append({
            "id": new_id("oli", ctx.now), "order_id": order_id, "position": position, "product_id": goods.product_id,
            "sku_id": line.item.sku_id, "sku_code": goods.code, "title": goods.title, "options": goods.options,
            "picture": goods.picture, "quantity": line.item.quantity, "list_price_fen": line.item.list_price_fen,
            "price_fen": line.price_fen, "amount_fen": line.amount_fen, "discount_fen": line.discount_fen,
            "payable_fen": line.payable_fen, "cost_fen": goods.cost_fen})
    return rows
