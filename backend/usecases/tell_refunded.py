"""Tell a shopper that money is back."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.messages.rules import REFUNDED, goods_words, templates
from backend.orders import store as orders
from backend.payments import store as payments
from backend.steps.ask_message import ask_message


def tell_refunded(ctx: Context, *, order_id: str, refund_id: str) -> None:
    """Ask for the message about a refund that has arrived, once for each refund."""
    with transaction(ctx, last=True) as tx:
        order, refund = orders.find_for_message(tx, order_id), payments.find_refund(tx, refund_id)
        if order is None or refund is None:
            return
        ask_message(tx, order.member_id, REFUNDED, templates(ctx.settings.message_templates).get(REFUNDED), refund_id,
                    f"pages/order/index?id={order_id}",
                    {"number": order.number, "goods": goods_words(order.title, order.line_count), "amount": refund.amount_fen,
                     "time": refund.ended_at or ctx.now, "status": "退款成功", "note": "款项已退回原支付方式"})
