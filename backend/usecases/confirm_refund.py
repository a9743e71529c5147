"""Confirm a refund that WeChat told us about."""

from backend.context import Context
from backend.gateways.wechat_pay_answers import RefundResult
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.events import PaymentQuarantined
from backend.steps.apply_refund import apply_refund


def confirm_refund(ctx: Context, *, result: RefundResult) -> str:
    """Apply a refund's result exactly once; says what became of it. Unknown numbers are quarantined. Repeats do nothing.

    Only verified words of WeChat may come here.
    """
    ctx.actor.must_be("wechat", "system")
    with transaction(ctx, last=True) as tx:
        known = payments.find_refund(tx, result.out_refund_no)
        if known is None:
            exception_id = payments.quarantine(tx, "unknown_refund", result.out_refund_no, result.refund_id,
                                               {"out_trade_no": result.out_trade_no, "refund_fen": result.refund_fen})
            if exception_id is not None:
                tx.emit(PaymentQuarantined(exception_id))
            return "unknown_refund"
        order = orders.lock_order(tx, known.order_id)
        return apply_refund(tx, order, payments.lock_refund(tx, known.id), result)
