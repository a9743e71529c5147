"""Close an attempt to pay at WeChat and learn for certain how it ended."""

from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay import WeChatPay
from backend.gateways.wechat_pay_answers import Trade


class StillOpen(Exception):
    """WeChat closed the attempt and yet calls it payable: ask again."""


def close_and_ask(pay: WeChatPay, payment_id: str) -> Trade | None:
    """Close an attempt at WeChat and ask how it ended: the trade when WeChat knows it, None when it never heard of it.

    WeChatUnknown when nobody can say, StillOpen when WeChat still holds it open.
    """
    try:
        pay.close(payment_id)
    except WeChatRefused as refused:
        if refused.unknown_number:
            return None
        if not (refused.already_paid or refused.already_closed):
            raise
    trade = pay.query(payment_id)
    if not (trade.paid or trade.over):
        raise StillOpen(payment_id)
    return trade
