"""Correct the courier or number of a parcel that was typed wrong; staff only."""

from backend.context import Context
from backend.fulfilment import rules
from backend.fulfilment import store as fulfilment
from backend.fulfilment.events import ParcelCorrected
from backend.fulfilment.refusals import PARCEL_ENDED, PARCEL_SAME
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import reading, transaction
from backend.kernel.errors import NOT_FOUND
from backend.orders import store as orders
from backend.orders.states import PAID, SHIPPED


def correct_parcel(ctx: Context, *, parcel_id: str, courier: str, tracking_number: str, key: ClientKey | None = None) -> str:
    """Write another courier or number on a parcel that the shopper does not have yet; returns its id.

    WeChat is told, for which it takes one correction of each payment once all has left; when that has been used the parcel is
    right here, and the upload is listed as given up. Refuses what is no courier or number, the same as before
    (`parcel_same`), a number of another parcel of the order (`parcel_known`), and parcels that were delivered or came back
    (`parcel_ended`). Staff only; parcels of other stores are absent.
    """
    ctx.actor.must("orders.ship")
    courier, number = rules.courier_code(courier), rules.tracking_number(tracking_number)
    with reading(ctx) as rd:
        found = fulfilment.find_parcel(rd, parcel_id)
        if found is None:
            raise NOT_FOUND()
    with transaction(ctx) as tx:
        first = claim(tx, key, "correct_parcel", {"parcel_id": parcel_id})
        order = orders.lock_order(tx, found.order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None:
            return first["parcel_id"]
        parcel = fulfilment.find_parcel(tx, parcel_id)
        assert parcel is not None
        if (parcel.courier, parcel.tracking_number) == (courier, number):
            raise PARCEL_SAME()
        if order.state not in (PAID, SHIPPED):
            raise PARCEL_ENDED()
        fulfilment.correct_parcel(tx, parcel, courier, number)
        fulfilment.want_upload(tx, order.id)
        tx.emit(ParcelCorrected(parcel_id))
        audit.record(tx, "correct_parcel", order.id, before={"courier": parcel.courier, "tracking_number": parcel.tracking_number},
                     after={"parcel_id": parcel_id, "courier": courier, "tracking_number": number})
    return parcel_id
