"""Find orders of which WeChat should know and does not, and have it told."""

from datetime import timedelta

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.fulfilment.events import ShippingUploadDue
from backend.infra.uow import transaction

LATE = timedelta(seconds=20)
"""Its own event should have told WeChat by then."""
AGAIN = timedelta(minutes=10)
"""When to look again if this event is lost, too."""


def sweep_shipping_uploads(ctx: Context) -> int:
    """Emit an event for each that is due for 20 seconds (at most 200 a time, the oldest first); returns how many."""
    with transaction(ctx, last=True) as tx:
        late = fulfilment.uploads_due(tx, ctx.now - LATE)
        fulfilment.postpone_uploads(tx, late, ctx.now + AGAIN)
        for order_id in late:
            tx.emit(ShippingUploadDue(order_id))
    return len(late)
