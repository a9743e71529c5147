"""Give an unpaid order up: no payment may be begun from now on."""

from typing import Any

from sqlalchemy import Row

from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.events import OrderClosing
from backend.orders.refusals import NOT_NOW
from backend.orders.states import CLOSING, UNPAID
from backend.payments import store as payments


def call_off(tx: Transaction, order: Row[Any], why: str, close_reason: str) -> bool:
    """Move a locked order to closing; whether a payment was begun, which the worker then asks WeChat for. Without one the caller
    ends the order (`end_order`). Refuses (`not_allowed_now`) an order that is not unpaid.
    """
    if order.state != UNPAID:
        raise NOT_NOW(state=order.state)
    begun = payments.find_open_payment(tx, order.id) is not None
    orders.move(tx, order, CLOSING, why, close_reason=close_reason)
    if begun:
        tx.emit(OrderClosing(order.id))
    return begun
