"""Keep a filter of the orders' list, for oneself."""

from collections.abc import Mapping

from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.refusals import FILTER_NAME, TOO_MANY_FILTERS

MOST = 20
LONGEST = 20


def save_order_filter(ctx: Context, *, name: str, query: Mapping[str, str]) -> None:
    """Save `query` under a name of one's own; the same name again replaces it. Refuses no name (`filter_name`) and a
    twenty-first filter (`too_many_filters`)."""
    ctx.actor.must("orders.view")
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise FILTER_NAME()
    with transaction(ctx) as tx:
        known = [row.name for row in orders.filters_of(tx, ctx.actor.id)]
        if name not in known and len(known) >= MOST:
            raise TOO_MANY_FILTERS(limit=MOST)
        orders.save_filter(tx, ctx.actor.id, name, dict(query))
