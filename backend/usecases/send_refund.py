"""Send a refund to WeChat under its one number, as often as it takes until WeChat has said yes or no."""

from datetime import timedelta

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.infra.uow import reading, transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.events import PaymentQuarantined, RefundAsked, RefundFailed
from backend.payments.rules import REFUND_GAP
from backend.payments.states import ABNORMAL, ASKED
from backend.steps.apply_refund import apply_refund

SHORT_OF_MONEY = timedelta(minutes=10)
"""How long to wait when the merchant's balance at WeChat does not cover the refund."""


def send_refund(ctx: Context, *, refund_id: str) -> None:
    """Send an asked refund and note the answer; a refund that was sent before is left alone.

    Too fast, or the balance is short: later again, with the same number. A definite no makes it abnormal and lists it.
    An unknown answer raises, so that the same number is sent again (WeChat treats it as the same refund).
    """
    with reading(ctx) as rd:
        refund = payments.find_refund(rd, refund_id)
        if refund is None or refund.state != ASKED:
            return
        payment = payments.find_payment(rd, refund.payment_id)
        assert payment is not None

    try:
        result = ctx.gateways.pay.refund(payment.id, refund.id, refund.amount_fen, payment.amount_fen, refund.reason,
                                         ctx.settings.refunds_notify_url)
    except WeChatRefused as refused:
        put_off(ctx, refund_id, refused)
        return

    with transaction(ctx, last=True) as tx:
        order = orders.lock_order(tx, refund.order_id)
        apply_refund(tx, order, payments.lock_refund(tx, refund_id), result)


def put_off(ctx: Context, refund_id: str, refused: WeChatRefused) -> None:
    """Note a no: plan the next try, or list the refund for a person."""
    problem = f"{refused.code} {refused.message}"[:200]
    with transaction(ctx, last=True) as tx:
        refund = payments.lock_refund(tx, refund_id)
        if refund.state != ASKED:
            return
        if refused.try_later:
            again = ctx.now + (SHORT_OF_MONEY if refused.code == "NOT_ENOUGH" else REFUND_GAP)
            payments.note_refund(tx, refund_id, problem=problem, send_at=again)
            tx.emit(RefundAsked(refund_id), at=again)
            return
        payments.move_refund(tx, refund, ABNORMAL, problem=problem)
        tx.emit(RefundFailed(refund_id))
        exception_id = payments.quarantine(tx, "refund_refused", refund_id, "", {"problem": problem}, reopen=True)
        if exception_id is not None:
            tx.emit(PaymentQuarantined(exception_id))
