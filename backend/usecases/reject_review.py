"""Reject a review or a note that waits for a person, with a reason; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.refusals import REVIEW_MOVED
from backend.reviews.states import HELD, REJECTED


def reject_review(ctx: Context, *, subject: str, reason: str) -> None:
    """Send a held one back to its author, who sees the reason and may rewrite it. Twice is once.

    Refuses a missing reason (`review_reason`) and what does not wait for a decision (`review_moved`).
    """
    ctx.actor.must("reviews.manage")
    why = rules.reason(reason)
    with transaction(ctx) as tx:
        review, row = reviews.lock_subject(tx, subject)
        ctx.actor.must_see(review.store_id)
        if row.state == REJECTED:
            return
        if row.state != HELD:
            raise REVIEW_MOVED()
        reviews.move(tx, row, REJECTED, why, reason=why, decided_by=str(ctx.actor))
        audit.record(tx, "reject_review", subject, before={"state": HELD}, after={"state": REJECTED, "reason": why})
