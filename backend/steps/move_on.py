"""Move an order on once nothing of it waits on the shelf: what was sent is all that will be sent."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.events import OrderReceiptDue, OrderShipped
from backend.orders.states import PAID, SHIPPED


def move_on(tx: Transaction, ctx: Context, order: Row[Any]) -> str:
    """Move a locked, paid order to `shipped` if something left and nothing is held any more; returns its state.

    Then its receipt falls due after `receive_days`, and WeChat is to be told that this was all. An order of which nothing
    left stays as it is: it ends with its refund (see `orders/states.py`).
    """
    if order.state != PAID:
        return order.state
    left = orders.goods_left(tx, order.id)
    if left.held or not left.shipped:
        return order.state
    orders.move(tx, order, SHIPPED, shipped_at=tx.now)
    fulfilment.want_upload(tx, order.id)
    tx.emit(OrderShipped(order.id))
    tx.emit(OrderReceiptDue(order.id), at=tx.now + timedelta(days=ctx.shop.receive_days))
    return SHIPPED
