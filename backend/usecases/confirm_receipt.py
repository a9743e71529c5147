"""Confirm that the goods came: the shopper says so."""

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW
from backend.orders.states import COMPLETED, SHIPPED
from backend.steps.receive import receive


def confirm_receipt(ctx: Context, *, order_id: str, key: ClientKey | None = None) -> str:
    """Complete the shopper's own shipped order; returns its state. Completed already, or the same key again: no change.

    Refuses (`not_allowed_now`) orders of which something has yet to be shipped, and those that ended otherwise.
    """
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        if claim(tx, key, "confirm_receipt", {"id": order_id}) is not None:
            return COMPLETED
        order = orders.lock_order(tx, order_id, member_id)
        if order.state == COMPLETED:
            return COMPLETED
        if order.state != SHIPPED:
            raise NOT_NOW(state=order.state)
        receive(tx, order, "confirmed by the shopper")
    return COMPLETED
