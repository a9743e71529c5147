"""Close an order whose time to pay is over or that was given up: ask WeChat first, then release or apply."""

from backend.context import Context
from backend.gateways.wechat_pay_closing import close_and_ask
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.states import CLOSING, UNPAID
from backend.payments import store as payments
from backend.payments.states import CLOSED
from backend.steps.apply_trade import apply_trade, is_open
from backend.steps.end_order import end_order


def close_order(ctx: Context, *, order_id: str) -> None:
    """Bring an overdue or closing order to its end; does nothing for an order that is paid, closed or not yet due.

    Beats: the order is set to closing (no new attempt may start) · every open attempt is closed at WeChat and queried ·
    a payment that was made is applied, otherwise the stock is released. An unknown answer raises, so that it is tried
    again; stock is never released before WeChat has said that nothing was and can be paid (I13).
    """
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, order_id)
        if order.state == UNPAID and order.pay_before <= ctx.now:
            orders.move(tx, order, CLOSING, "time to pay is over", close_reason="timeout")
        elif order.state != CLOSING:
            return
        attempts = [payment for payment in payments.lock_payments_of(tx, order_id) if is_open(payment)]

    answers = {payment.id: close_and_ask(ctx.gateways.pay, payment.id) for payment in attempts}

    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, order_id)
        for payment in payments.lock_payments_of(tx, order_id):
            if payment.id not in answers or not is_open(payment):
                continue
            trade = answers[payment.id]
            if trade is not None and trade.paid:
                apply_trade(tx, ctx, order, payment, trade)
                order = orders.reread(tx, order_id)
            else:
                payments.move_payment(tx, payment, CLOSED, next_query_at=None)
        if order.state == CLOSING:
            end_order(tx, order, "nothing was paid")
