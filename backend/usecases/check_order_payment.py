"""Ask WeChat about the open attempt of a shopper's order, when the phone says that it has paid."""

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.refusals import WECHAT_BUSY
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.steps.apply_trade import apply_trade


def check_order_payment(ctx: Context, *, order_id: str) -> str:
    """Query the open attempt of the shopper's own order and apply a payment; returns the order's state. Harmless twice."""
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, order_id, member_id)
        attempt = payments.find_open_payment(tx, order_id)
    if attempt is None:
        return order.state
    try:
        trade = ctx.gateways.pay.query(attempt.id)
    except WeChatRefused as refused:
        if refused.unknown_number:
            return order.state
        raise WECHAT_BUSY() from refused
    except WeChatUnknown as unknown:
        raise WECHAT_BUSY() from unknown
    if not trade.paid:
        return order.state
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, order_id, member_id)
        apply_trade(tx, ctx, order, payments.lock_payment(tx, attempt.id), trade)
        return orders.reread(tx, order_id).state
