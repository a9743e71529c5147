"""Complete an order whose goods the shopper has: history, parcels, event."""

from typing import Any

from sqlalchemy import Row

from backend.fulfilment import store as fulfilment
from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.events import OrderCompleted
from backend.orders.states import COMPLETED


def receive(tx: Transaction, order: Row[Any], why: str) -> None:
    """Move a locked, shipped order to completed; parcels that were on their way are delivered."""
    orders.move(tx, order, COMPLETED, why, completed_at=tx.now)
    fulfilment.deliver_parcels(tx, order.id)
    tx.emit(OrderCompleted(order.id))
