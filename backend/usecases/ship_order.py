"""Ship an order, or a part of it, in one parcel; staff only."""

from collections.abc import Sequence
from typing import Any

from backend.context import Context
from backend.fulfilment import rules
from backend.fulfilment import store as fulfilment
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.states import PAID
from backend.steps.move_on import move_on
from backend.steps.pack_parcel import pack_parcel


def ship_order(ctx: Context, *, order_id: str, courier: str, tracking_number: str, lines: Sequence[tuple[str, int]] | None = None,
               note: str = "", key: ClientKey | None = None) -> dict[str, Any]:
    """Send what is left of an order, or `lines` [(order line id, quantity)] of it; returns {parcel_id, state} of the order.

    The goods leave the stock in the same transaction; once nothing is left on the shelf for it the order is `shipped`, WeChat
    is told, and its receipt falls due. What is refunded, or is being refunded, cannot be shipped, and what a shopper wants
    their money back for waits until that is decided (`goods_in_case`). Refuses an unknown courier,
    a number that is none or that the order has already (`parcel_known`), a sixteenth parcel, orders for pick-up
    (`not_by_courier`), more than is held (`ship_too_much`, `nothing_to_ship`) and orders that are not paid
    (`not_allowed_now`). The same key again: the first answer. Staff only; orders of other stores are absent.
    """
    ctx.actor.must("orders.ship")
    courier, number = rules.courier_code(courier), rules.tracking_number(tracking_number)
    parcel_id = new_id("shp", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "ship_order", {"parcel_id": parcel_id})
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None:
            return {"parcel_id": first["parcel_id"], "state": order.state}
        units = pack_parcel(tx, order, parcel_id, courier=courier, number=number, lines=lines, note=note)
        state = move_on(tx, ctx, order)
        if state == PAID:
            fulfilment.want_upload(tx, order_id)
        audit.record(tx, "ship_order", order_id, before={"state": order.state}, after={
            "state": state, "parcel_id": parcel_id, "courier": courier, "tracking_number": number, "units": units})
    return {"parcel_id": parcel_id, "state": state}
