"""Find payments and refunds of which nobody has told us how they ended, and have WeChat asked about each."""

from datetime import timedelta

from backend.context import Context
from backend.infra.uow import transaction
from backend.payments import store as payments
from backend.payments.events import PaymentQueryDue, RefundQueryDue

AGAIN = timedelta(minutes=10)
"""When to ask again if the question itself is lost."""


def query_open_money(ctx: Context) -> None:
    """Emit a question for every payment and refund whose next query is due (at most 200 of each a time)."""
    with transaction(ctx, last=True) as tx:
        open_payments, open_refunds = payments.due_queries(tx, ctx.now)
        payments.postpone_queries(tx, open_payments, open_refunds, ctx.now + AGAIN)
        for payment_id in open_payments:
            tx.emit(PaymentQueryDue(payment_id))
        for refund_id in open_refunds:
            tx.emit(RefundQueryDue(refund_id))
