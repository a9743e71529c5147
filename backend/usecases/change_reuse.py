"""Allow, or no longer allow, that one's own review is used elsewhere."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.rules import Reuse


def change_reuse(ctx: Context, *, review_id: str, version: str, granted: bool, credit: bool = False) -> None:
    """Record the author's word on one text in one version; the newest counts, earlier ones stay on record.

    `credit`: with their name. The same again adds nothing. Refuses (`reuse_version`) what is no version.
    """
    member_id = ctx.actor.member_id
    rules.must_be_version(version)
    reuse = Reuse(version, credit) if granted else None
    with transaction(ctx) as tx:
        review = reviews.lock_review(tx, review_id, member_id)
        known = Reuse(review.reuse_version, review.reuse_credit) if review.reuse_version else None
        if known != reuse:
            reviews.keep_reuse(tx, review_id, version, reuse)
