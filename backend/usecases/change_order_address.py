"""Send an order somewhere else, before anything of it has left; staff only."""

import msgspec

from backend.context import Context
from backend.fulfilment.rules import COURIER, must_reach
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.members import rules as members
from backend.orders import store as orders
from backend.orders.refusals import NO_ADDRESS, NOT_NOW, PARTLY_LEFT
from backend.orders.states import PAID, UNPAID


def change_order_address(ctx: Context, *, order_id: str, name: str, phone: str, region_code: str, detail: str,
                         key: ClientKey | None = None) -> str:
    """Replace where an unpaid or paid order goes; returns its id. The freight stays as it was agreed.

    Who changed which part is audited, the address itself is not: it is personal. Refuses what cannot be delivered to
    (`receiver_name`, `phone`, `region`, `address_detail`, `no_courier_there`), orders for pick-up (`fetched_order`), of which
    goods have left (`partly_left`), or that are over (`not_allowed_now`). Staff only; orders of other stores are absent.
    """
    ctx.actor.must("orders.edit")
    to = members.destination(name=name, phone_text=phone, region_code=region_code, detail=detail)
    must_reach(to.region_code, ctx.shop.no_courier)
    with transaction(ctx) as tx:
        first = claim(tx, key, "change_order_address", {"order_id": order_id})
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None:
            return first["order_id"]
        if order.delivery != COURIER:
            raise NO_ADDRESS()
        if order.state not in (UNPAID, PAID):
            raise NOT_NOW(state=order.state)
        if orders.goods_left(tx, order_id).shipped:
            raise PARTLY_LEFT()
        before = msgspec.json.decode(orders.find_ship_to(tx, order_id))
        after = to.frozen()
        changed = sorted(name for name, value in after.items() if before.get(name) != value)
        if changed:
            orders.change_address(tx, order_id, msgspec.json.encode(after).decode(), to.region_code,
                                  ctx.cipher.blind_index(to.phone, "phone"))
            audit.record(tx, "change_order_address", order_id, before={"region_code": before["region_code"]},
                         after={"region_code": to.region_code, "changed": changed})
    return order_id
