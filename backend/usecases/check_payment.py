"""Ask WeChat how an attempt ended, when nobody has told us: the safety net behind notifications."""

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import Trade
from backend.infra.uow import reading, transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.rules import next_query
from backend.payments.states import CLOSED
from backend.steps.apply_trade import apply_trade, is_open


def check_payment(ctx: Context, *, payment_id: str) -> str:
    """Query one attempt and apply the answer; returns the attempt's state afterwards. Harmless at any time and twice.

    An attempt that WeChat has closed (its time was over) is closed here too; one still payable is asked about again later.
    """
    with reading(ctx) as rd:
        payment = payments.find_payment(rd, payment_id)
    if payment is None or not is_open(payment):
        return "none" if payment is None else payment.state

    trade: Trade | None
    try:
        trade = ctx.gateways.pay.query(payment_id)
    except WeChatRefused as refused:
        if not refused.unknown_number:
            raise
        trade = None

    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, payment.order_id)
        payment = payments.lock_payment(tx, payment_id)
        if trade is not None and trade.paid:
            apply_trade(tx, ctx, order, payment, trade)
        elif is_open(payment):
            if trade is not None and trade.over:
                payments.move_payment(tx, payment, CLOSED, next_query_at=None)
            else:
                payments.plan_query(tx, payment_id, next_query(ctx.now, payment.queries + 1), payment.queries + 1)
        return payments.lock_payment(tx, payment_id).state
