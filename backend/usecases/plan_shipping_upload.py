"""Have WeChat told that an order was handed over: nobody else will, for there is no parcel."""

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.infra.uow import transaction
from backend.orders import store as orders


def plan_shipping_upload(ctx: Context, *, order_id: str) -> None:
    """Note that WeChat is to be told of a hand-over at a pick-up point; the second time nothing happens."""
    with transaction(ctx, last=True) as tx:
        orders.lock_order(tx, order_id)
        if fulfilment.find_upload(tx, order_id) is None:
            fulfilment.want_upload(tx, order_id, fulfilment.BY_PICK_UP)
