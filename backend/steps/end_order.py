"""End an order that was given up: stock back, history, event; only when no attempt can take money any more."""

from typing import Any

from sqlalchemy import Row

from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.events import OrderClosed
from backend.orders.states import CLOSED
from backend.stock import store as stock


def end_order(tx: Transaction, order: Row[Any], why: str) -> None:
    """Move a locked, closing order to closed and release what it held."""
    orders.move(tx, order, CLOSED, why, closed_at=tx.now)
    stock.release(tx, order.location_id, orders.release_all(tx, order.id))
    tx.emit(OrderClosed(order.id))
