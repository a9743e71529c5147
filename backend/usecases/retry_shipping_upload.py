"""Have WeChat told once more of an order that it would not hear of; staff only."""

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.fulfilment.refusals import CORRECTION_USED, UPLOAD_NOT_STUCK
from backend.fulfilment.states import FAILED, GAVE_UP
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders


def retry_shipping_upload(ctx: Context, *, order_id: str, key: ClientKey | None = None) -> str:
    """Make a failed upload due again; returns the order's id. What WeChat is told is what left as far as we know now.

    Refuses uploads that are not stuck (`upload_not_stuck`), so that a second click does nothing, and those of which WeChat
    takes no correction any more (`correction_used`). Staff only; orders of other stores are absent.
    """
    ctx.actor.must("orders.ship")
    with transaction(ctx) as tx:
        first = claim(tx, key, "retry_shipping_upload", {"order_id": order_id})
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None:
            return first["order_id"]
        upload = fulfilment.find_upload(tx, order_id)
        if upload is None or upload.state not in (FAILED, GAVE_UP):
            raise UPLOAD_NOT_STUCK()
        if upload.completions >= 2:
            raise CORRECTION_USED()
        fulfilment.want_upload(tx, order_id, upload.logistics_type)
        audit.record(tx, "retry_shipping_upload", order_id, before={"state": upload.state, "problem": upload.problem},
                     after={"state": "due"})
    return order_id
