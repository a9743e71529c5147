"""Close an unpaid order for a shopper who asked for it, or that the shop cannot serve; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.rules import check_close_reason
from backend.orders.states import CLOSED, CLOSING
from backend.steps.call_off import call_off
from backend.steps.end_order import end_order


def call_off_order(ctx: Context, *, order_id: str, reason: str, key: ClientKey | None = None) -> str:
    """Begin to close an unpaid order; returns its state: closed when no payment was ever begun, else closing (the worker asks
    WeChat and ends it; a payment that wins the race still counts). Closing or closed already: no change.

    Refuses no reason (`close_reason`) and a paid order (`not_allowed_now`: it is refunded instead). Staff only; orders of other
    stores are absent.
    """
    ctx.actor.must("orders.edit")
    reason = check_close_reason(reason)
    with transaction(ctx) as tx:
        first = claim(tx, key, "call_off_order", {"order_id": order_id})
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None or order.state in (CLOSING, CLOSED):
            return order.state
        begun = call_off(tx, order, reason, "staff")
        if not begun:
            end_order(tx, orders.reread(tx, order_id), "no payment was begun")
        state = CLOSING if begun else CLOSED
        audit.record(tx, "call_off_order", order_id, before={"state": order.state}, after={"state": state, "reason": reason})
        return state
