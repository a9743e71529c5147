"""Confirm a payment that WeChat told us about, by a notification or in answer to a question."""

from backend.context import Context
from backend.gateways.wechat_pay_answers import Trade
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.steps.apply_trade import apply_trade, put_aside


def confirm_payment(ctx: Context, *, trade: Trade) -> str:
    """Apply a paid trade exactly once; says what became of it (see `apply_trade`), or `unknown_payment`.

    Only verified words of WeChat may come here: the door has checked the signature, or the gateway the answer's. Repeats,
    at once or years later, change nothing. What does not fit is written down and listed, so WeChat may be answered "ok".
    """
    ctx.actor.must_be("wechat", "system")
    with transaction(ctx, last=True) as tx:
        known = payments.find_payment(tx, trade.out_trade_no)
        if known is None:
            put_aside(tx, "unknown_payment", trade)
            return "unknown_payment"
        order = orders.lock_order(tx, known.order_id)
        payment = payments.lock_payment(tx, known.id)
        return apply_trade(tx, ctx, order, payment, trade)
