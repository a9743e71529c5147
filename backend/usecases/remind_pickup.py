"""Remind of goods that nobody fetched: the shopper is told, and staff have something to decide."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.states import PAID
from backend.pickups import store as pickups
from backend.pickups.events import PickupOverdue, PickupReminderDue
from backend.pickups.rules import reminder_due


def remind_pickup(ctx: Context, *, order_id: str) -> str:
    """List the order as not fetched in time, once; says what became of it: "over", "too early" (it is looked at again when it
    is time, which moves when the goods arrive later or the shop's rule changes), "known", "overdue".

    Nothing is refunded by itself: that is for staff to decide.
    """
    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, order_id)
        pickup = pickups.find_pickup(tx, order_id)
        if pickup is None or order.state != PAID:
            return "over"
        due = reminder_due(order.paid_at, pickup.ready_at, ctx.shop.pickup_remind_days)
        if ctx.now < due:
            tx.emit(PickupReminderDue(order_id), at=due)
            return "too early"
        if not pickups.claim_reminder(tx, order_id):
            return "known"
        tx.emit(PickupOverdue(order_id))
    return "overdue"
