"""Rewrite a review of one's own, or hand a rejected one in again."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.events import ReviewsChanged
from backend.reviews.rules import REPLY
from backend.reviews.states import CHECKING, SHOWN
from backend.steps.ask_check import ask_check
from backend.steps.claim_pictures import claim_pictures
from backend.steps.settle_check import settle_check
from backend.uploads import store as uploads


def edit_review(ctx: Context, *, review_id: str, stars: int, service_stars: int, text: str = "", pictures: Sequence[str] = (),
                anonymous: bool = False) -> None:
    """Replace a review wholly; it is out of sight until it has been looked at anew. The same again changes nothing.

    Until the merchant has answered, and as long as a review could be written; a rejected one always. Refuses otherwise
    (`review_answered`, `review_too_late`, `review_hidden`, `review_edited_too_often`), and what `write_review` refuses.
    """
    member_id = ctx.actor.member_id
    rules.must_be_stars(stars, service_stars)
    kept, days = rules.content(text, pictures), ctx.shop.review_days

    with transaction(ctx) as tx:
        review = reviews.lock_review(tx, review_id, member_id)
        new = {"stars": stars, "service_stars": service_stars, "text": kept, "pictures": list(pictures),
               "picture_count": len(pictures), "anonymous": anonymous}
        if all(getattr(review, name) == value for name, value in new.items()):
            return
        line = orders.get_own_line(tx, review.order_id, review.order_line_id, member_id)
        rules.must_be_editable(
            review.state, review.revision, answered=REPLY in reviews.notes_of(tx, review_id),
            in_time=rules.in_time(ctx.now, line.completed_at, days), days=days)

        claim_pictures(tx, ctx.actor, pictures, "review", review_id)
        uploads.release(tx, review_id, [key for key in review.pictures if key not in pictures])
        reviews.revise(tx, review, CHECKING, **new)
        if review.state == SHOWN:
            tx.emit(ReviewsChanged(review.product_id))
        if not ask_check(tx, review_id, review.revision + 1, member_id, kept, pictures):
            settle_check(tx, review_id, review.revision + 1)
