"""Change what a shopper asked for with an order, before anything of it has left; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW, REMARK_LEFT
from backend.orders.rules import check_remark
from backend.orders.states import PAID, UNPAID


def change_order_remark(ctx: Context, *, order_id: str, remark: str, key: ClientKey | None = None) -> str:
    """Replace the remark that the warehouse reads on the delivery note, and the shopper in the order; returns the order's id.

    Empty takes it away. What it said is not audited, it may be personal; that it changed is. Refuses a long one (`remark_text`),
    orders of which goods have left (`remark_left`), or that are over (`not_allowed_now`). Staff only; orders of other stores
    are absent.
    """
    ctx.actor.must("orders.edit")
    remark = check_remark(remark)
    with transaction(ctx) as tx:
        first = claim(tx, key, "change_order_remark", {"order_id": order_id})
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None:
            return first["order_id"]
        if order.state not in (UNPAID, PAID):
            raise NOT_NOW(state=order.state)
        if orders.goods_left(tx, order_id).shipped:
            raise REMARK_LEFT()
        if orders.change_remark(tx, order_id, remark):
            audit.record(tx, "change_order_remark", order_id, after={"length": len(remark)})
    return order_id
