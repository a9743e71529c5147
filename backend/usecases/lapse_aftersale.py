"""Close an approved return whose parcel was never sent."""

from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.states import APPROVED, LAPSED
from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders


def lapse_aftersale(ctx: Context, *, aftersale_id: str) -> None:
    """End the case as lapsed when its time to send the parcel is over; leaves alone what was sent, ended or is not due."""
    ctx.actor.must_be("system")
    with transaction(ctx, last=True) as tx:
        orders.lock_order(tx, aftersales.get_case(tx, aftersale_id).order_id)
        case = aftersales.get_case(tx, aftersale_id)
        if case.state != APPROVED or case.due_at > ctx.now:
            return
        aftersales.move(tx, case, LAPSED, "no parcel was sent in time")
        tx.emit(AftersaleEnded(aftersale_id))
