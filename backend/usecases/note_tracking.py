"""Note what is known of a parcel's way: by staff, or line by line from its courier."""

from collections.abc import Sequence
from datetime import datetime

from backend.context import Context
from backend.fulfilment import rules
from backend.fulfilment import store as fulfilment
from backend.infra import audit
from backend.infra.uow import reading, transaction
from backend.kernel.errors import NOT_FOUND
from backend.orders import store as orders


def note_tracking(ctx: Context, *, parcel_id: str, traces: Sequence[tuple[datetime, str]], state: str | None = None,
                  from_courier: bool = False) -> int:
    """Add [(when, what happened)] to a parcel's way, and note its end (`state`: delivered or returned); returns how many were new.

    What is known already stays once, so a courier's whole list may be given again. What was written is never changed.
    Refuses an empty or long text (`trace_text`), a time before shipping or to come (`trace_time`) and an end after another
    one (`parcel_ended`). Staff only; parcels of other stores are absent.
    """
    ctx.actor.must("orders.ship")
    with reading(ctx) as rd:
        found = fulfilment.find_parcel(rd, parcel_id)
        if found is None:
            raise NOT_FOUND()
    checked = [rules.trace(at, text, shipped_at=found.shipped_at, now=ctx.now) for at, text in traces]
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, found.order_id)
        ctx.actor.must_see(order.store_id)
        parcel = fulfilment.find_parcel(tx, parcel_id)
        assert parcel is not None
        new = fulfilment.add_traces(tx, parcel_id, checked, "courier" if from_courier else "staff")
        if state is not None and state != parcel.state:
            rules.must_end(parcel.state, state)
            fulfilment.end_parcel(tx, parcel, state)
            audit.record(tx, "note_tracking", order.id, before={"state": parcel.state},
                         after={"parcel_id": parcel_id, "state": state})
    return new
