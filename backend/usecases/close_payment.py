"""Close an attempt at WeChat whose order was paid by another one."""

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.infra.uow import reading, transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.states import CLOSED
from backend.steps.apply_trade import apply_trade, is_open


def close_payment(ctx: Context, *, payment_id: str) -> None:
    """Close an open attempt and apply what WeChat then says: a payment that was quicker becomes surplus and goes back."""
    with reading(ctx) as rd:
        payment = payments.find_payment(rd, payment_id)
    if payment is None or not is_open(payment):
        return

    trade = None
    try:
        ctx.gateways.pay.close(payment_id)
    except WeChatRefused as refused:
        if not (refused.already_paid or refused.already_closed or refused.unknown_number):
            raise
        trade = ctx.gateways.pay.query(payment_id) if refused.already_paid else None

    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, payment.order_id)
        payment = payments.lock_payment(tx, payment_id)
        if trade is not None and trade.paid:
            apply_trade(tx, ctx, order, payment, trade)
        elif is_open(payment):
            payments.move_payment(tx, payment, CLOSED, next_query_at=None)
