"""Tell a shopper that their order waits at the pick-up point."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.messages.rules import READY, goods_words, templates
from backend.orders import store as orders
from backend.pickups import store as pickups
from backend.steps.ask_message import ask_message


def tell_ready(ctx: Context, *, order_id: str) -> None:
    """Ask for the message about goods that have arrived at their point, once. The code itself stays in the mini-program."""
    with transaction(ctx, last=True) as tx:
        order, pickup = orders.find_for_message(tx, order_id), pickups.find_pickup(tx, order_id)
        if order is None or pickup is None or pickup.ready_at is None:
            return
        ask_message(tx, order.member_id, READY, templates(ctx.settings.message_templates).get(READY), order_id,
                    f"pages/order/index?id={order_id}",
                    {"number": order.number, "goods": goods_words(order.title, order.line_count), "time": pickup.ready_at,
                     "point": pickup.point_name, "amount": order.total_fen, "status": "待自提", "note": "请凭小程序里的取货码领取"})
