"""Start paying an order: one open attempt, known to WeChat, and the parameters with which the phone opens the cashier."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.refusals import WECHAT_BUSY
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.members import store as members
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW, PAY_TIME_OVER
from backend.orders.states import PAID_STATES, UNPAID
from backend.payments import store as payments
from backend.payments.refusals import ALREADY_PAID, PAYMENT_REFUSED
from backend.payments.rules import PREPAY_LIVES, next_query
from backend.payments.states import ASKED, CLOSED
from backend.steps.apply_trade import apply_trade, is_open

SHORTEST = timedelta(minutes=1)
"""WeChat silently raises a shorter time to pay to one minute; so do we, and close the attempt ourselves."""


def start_payment(ctx: Context, *, order_id: str, key: ClientKey | None = None) -> dict[str, Any]:
    """Return {payment_id, params} of the order's open attempt, making it when there is none.

    Beats: intent written · prepay at WeChat · answer written. Called again (with any key) it continues the same attempt:
    the same number and parameters, renewed only when the prepay id grew old. Refuses orders that are not the shopper's,
    not unpaid, past their time, or given up while WeChat was asked; `wechat_busy` when nobody can say
    (call again: the number stays the same).
    """
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        claim(tx, key, "start_payment", {"order_id": order_id})
        order = orders.lock_order(tx, order_id, member_id)
        if order.state in PAID_STATES:
            raise ALREADY_PAID()
        if order.state != UNPAID:
            raise NOT_NOW(state=order.state)
        if order.pay_before <= ctx.now:
            raise PAY_TIME_OVER()
        payment = payments.find_open_payment(tx, order_id)
        if payment is None:
            payment_id = new_id("pay", ctx.now)
            payments.insert_payment(tx, {
                "id": payment_id, "order_id": order_id, "member_id": member_id, "state": ASKED, "amount_fen": order.total_fen,
                "expires_at": max(order.pay_before, ctx.now + SHORTEST), "created_at": ctx.now})
            payment = payments.lock_payment(tx, payment_id)
        openid = members.find_openid(tx, member_id, ctx.settings.wechat_appid)
    if payment.params is not None and payment.prepay_at + PREPAY_LIVES > ctx.now:
        return {"payment_id": payment.id, "params": payment.params}

    try:
        prepay_id = ctx.gateways.pay.prepay(
            payment.id, f"{ctx.shop.shop_name} 订单 {order.number}", payment.amount_fen, openid or "", payment.expires_at,
            ctx.settings.payments_notify_url)
    except WeChatUnknown as unknown:
        raise WECHAT_BUSY() from unknown
    except WeChatRefused as refused:
        give_up(ctx, payment, refused)
        raise (ALREADY_PAID if refused.already_paid else PAYMENT_REFUSED)() from refused

    params = ctx.gateways.pay.client_params(prepay_id, ctx.now)
    with transaction(ctx) as tx:
        if not payments.keep_prepay(tx, payment, prepay_id, params, next_query(ctx.now, 0)):
            raise NOT_NOW()
    return {"payment_id": payment.id, "params": params}


def give_up(ctx: Context, payment: Row[Any], refused: WeChatRefused) -> None:
    """WeChat will not take this attempt: apply it if it turns out to be paid, else close it, so that a new one can start."""
    trade = ctx.gateways.pay.query(payment.id) if refused.already_paid else None
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, payment.order_id)
        payment = payments.lock_payment(tx, payment.id)
        if trade is not None and trade.paid:
            apply_trade(tx, ctx, order, payment, trade)
        elif is_open(payment) and payment.prepay_id is None:
            payments.move_payment(tx, payment, CLOSED, next_query_at=None)
