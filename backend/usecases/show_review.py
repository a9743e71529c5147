"""Show a review or a note that waits for a person or was hidden; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.reviews import store as reviews
from backend.reviews.events import ReviewsChanged
from backend.reviews.refusals import REVIEW_MOVED
from backend.reviews.states import HELD, HIDDEN, SHOWN


def show_review(ctx: Context, *, subject: str) -> None:
    """Let a held one pass, under one's own name, or bring a hidden one back. Twice is once.

    `subject`: the id of a review, or of a note. Refuses (`review_moved`) what is being checked or was rejected.
    """
    ctx.actor.must("reviews.manage")
    with transaction(ctx) as tx:
        review, row = reviews.lock_subject(tx, subject)
        ctx.actor.must_see(review.store_id)
        if row.state == SHOWN:
            return
        if row.state not in (HELD, HIDDEN):
            raise REVIEW_MOVED()
        decided = {"decided_by": str(ctx.actor)} if row.state == HELD else {}
        reviews.move(tx, row, SHOWN, "shown by staff", reason=None, **decided)
        audit.record(tx, "show_review", subject, before={"state": row.state}, after={"state": SHOWN})
        if row is review:
            tx.emit(ReviewsChanged(review.product_id))
