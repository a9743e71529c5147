"""Tell a shopper that their order is on its way."""

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.fulfilment.couriers import COURIERS
from backend.infra.uow import transaction
from backend.messages.rules import SHIPPED, goods_words, templates
from backend.orders import store as orders
from backend.steps.ask_message import ask_message


def tell_shipped(ctx: Context, *, order_id: str) -> None:
    """Ask for the message about an order that has wholly left, once; it names the last parcel."""
    with transaction(ctx, last=True) as tx:
        order = orders.find_for_message(tx, order_id)
        parcels = fulfilment.parcels_of(tx, order_id)
        if order is None or not parcels:
            return
        parcel = parcels[-1]
        courier = COURIERS.get(parcel.courier)
        ask_message(tx, order.member_id, SHIPPED, templates(ctx.settings.message_templates).get(SHIPPED), order_id,
                    f"pages/order/index?id={order_id}",
                    {"number": order.number, "goods": goods_words(order.title, order.line_count), "time": parcel.shipped_at,
                     "courier": courier.zh if courier else parcel.courier, "tracking": parcel.tracking_number,
                     "amount": order.total_fen, "status": "已发货", "note": "商品已发出，请留意物流信息"})
