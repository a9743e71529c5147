"""Send a refund that got stuck once more, under the same number; staff only."""

from typing import Any

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import reading, transaction
from backend.kernel.errors import NOT_FOUND
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.events import RefundAsked
from backend.payments.refusals import REFUND_NOT_STUCK
from backend.payments.rules import send_at
from backend.payments.states import ABNORMAL, ASKED


def retry_refund(ctx: Context, *, refund_id: str, key: ClientKey | None = None) -> dict[str, Any]:
    """Ask for an abnormal refund again; returns {refund_id, send_at}.

    The number stays the same, so WeChat can never pay it twice: it sends what it refused before, or answers what became of it
    meanwhile (settled on the merchant platform, say). Sent at least a minute after the payment's last refund. Refuses refunds
    that are not abnormal (`refund_not_stuck`), so a second click does nothing.
    """
    ctx.actor.must("money.check")
    with reading(ctx) as rd:
        found = payments.find_refund(rd, refund_id)
        if found is None:
            raise NOT_FOUND()

    with transaction(ctx) as tx:
        order = orders.lock_order(tx, found.order_id)
        ctx.actor.must_see(order.store_id)
        due = send_at(ctx.now, payments.last_refund_due(tx, found.payment_id))
        first = claim(tx, key, "retry_refund", {"refund_id": refund_id, "send_at": due.isoformat()})
        if first is not None:
            return first
        refund = payments.lock_refund(tx, refund_id)
        if refund.state != ABNORMAL:
            raise REFUND_NOT_STUCK()
        payments.move_refund(tx, refund, ASKED, send_at=due, next_query_at=None, queries=0)
        tx.emit(RefundAsked(refund_id), at=due)
        audit.record(tx, "retry_refund", order.id, before={"refund_id": refund_id, "state": ABNORMAL, "problem": refund.problem},
                     after={"refund_id": refund_id, "state": ASKED, "amount_fen": refund.amount_fen})
    return {"refund_id": refund_id, "send_at": due.isoformat()}
