"""Ask WeChat how a refund ended, when nobody has told us."""

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import RefundState
from backend.infra.uow import reading, transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.rules import next_query
from backend.payments.states import SENT
from backend.steps.apply_refund import apply_refund


def check_refund(ctx: Context, *, refund_id: str) -> str:
    """Query one sent refund and apply the answer; returns its state. One still processing is asked about again later."""
    with reading(ctx) as rd:
        refund = payments.find_refund(rd, refund_id)
    if refund is None or refund.state != SENT:
        return "none" if refund is None else refund.state

    try:
        result = ctx.gateways.pay.query_refund(refund_id)
    except WeChatRefused as refused:
        if not refused.unknown_number:
            raise
        result = None

    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, refund.order_id)
        refund = payments.lock_refund(tx, refund_id)
        if result is not None and result.state != RefundState.PROCESSING:
            apply_refund(tx, order, refund, result)
        elif refund.state == SENT:
            payments.note_refund(tx, refund_id, next_query_at=next_query(ctx.now, refund.queries + 1), queries=refund.queries + 1)
        return payments.lock_refund(tx, refund_id).state
