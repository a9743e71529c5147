"""Forget a filter of the orders' list that one had kept."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders


def remove_order_filter(ctx: Context, *, name: str) -> None:
    """Remove one's own filter of that name; one that is not there is no matter."""
    ctx.actor.must("orders.view")
    with transaction(ctx) as tx:
        orders.remove_filter(tx, ctx.actor.id, name)
