"""Hide a shown review or note, with a reason; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.events import ReviewsChanged
from backend.reviews.refusals import REVIEW_MOVED
from backend.reviews.states import HIDDEN, SHOWN


def hide_review(ctx: Context, *, subject: str, reason: str) -> None:
    """Take a shown one out of sight. Nothing is deleted: its author sees it, with the reason, and staff can show it again.

    The law lets a shop hide words for what they are, not for what they say of it; who hid what, and why, is on record.
    Refuses a missing reason (`review_reason`) and what is not shown (`review_moved`). Twice is once.
    """
    ctx.actor.must("reviews.manage")
    why = rules.reason(reason)
    with transaction(ctx) as tx:
        review, row = reviews.lock_subject(tx, subject)
        ctx.actor.must_see(review.store_id)
        if row.state == HIDDEN:
            return
        if row.state != SHOWN:
            raise REVIEW_MOVED()
        reviews.move(tx, row, HIDDEN, why, reason=why)
        audit.record(tx, "hide_review", subject, before={"state": SHOWN}, after={"state": HIDDEN, "reason": why})
        if row is review:
            tx.emit(ReviewsChanged(review.product_id))
