"""Cancel an unpaid order: nothing can be paid from now on, and the stock goes back once WeChat agrees."""

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.states import CLOSED, CLOSING
from backend.steps.call_off import call_off
from backend.steps.end_order import end_order


def cancel_order(ctx: Context, *, order_id: str, reason: str = "", key: ClientKey | None = None) -> str:
    """Begin to close the shopper's own unpaid order; returns its state: closed when no payment was ever begun, else closing
    (the worker asks WeChat and ends it; a payment that wins the race still counts). Closing or closed already: no change.
    Refuses (`not_allowed_now`) a paid order.
    """
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        if claim(tx, key, "cancel_order", {"id": order_id}) is not None:
            return orders.lock_order(tx, order_id, member_id).state
        order = orders.lock_order(tx, order_id, member_id)
        if order.state in (CLOSING, CLOSED):
            return order.state
        if call_off(tx, order, reason or "cancelled by the shopper", "member"):
            return CLOSING
        end_order(tx, orders.reread(tx, order_id), "no payment was begun")
        return CLOSED
