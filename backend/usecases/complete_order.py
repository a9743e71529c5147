"""Complete an order by itself: it was shipped long ago and nobody said that it did not come."""

from datetime import timedelta

from backend.aftersales import store as aftersales
from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.events import OrderReceiptDue
from backend.orders.states import SHIPPED
from backend.steps.receive import receive

CASE_LASTS = timedelta(days=1)
"""While an after-sales case is open receipt waits; it is looked at again so much later."""


def complete_order(ctx: Context, *, order_id: str) -> None:
    """Complete a shipped order `receive_days` after it left; any other is left alone, and so is one whose time has not come
    (a longer setting counts for orders on their way, too). While an after-sales case is open it waits, a day at a time."""
    days = ctx.shop.receive_days
    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, order_id)
        if order.state != SHIPPED:
            return
        due = order.shipped_at + timedelta(days=days)
        if due > ctx.now:
            tx.emit(OrderReceiptDue(order_id), at=due)
        elif aftersales.has_open_case(tx, order_id):
            tx.emit(OrderReceiptDue(order_id), at=ctx.now + CASE_LASTS)
        else:
            receive(tx, order, "the time to object is over")
