"""Add to one's own review after having used the goods for a while."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.refusals import FOLLOWED_UP, NOT_SHOWN_YET, TOO_LATE, TOO_MANY_EDITS
from backend.reviews.rules import FOLLOW_UP
from backend.reviews.states import CHECKING, REJECTED, SHOWN
from backend.steps.ask_check import ask_check
from backend.steps.claim_pictures import claim_pictures
from backend.uploads import store as uploads


def add_follow_up(ctx: Context, *, review_id: str, text: str, pictures: Sequence[str] = (), key: ClientKey | None = None) -> str:
    """Say more about a shown review of one's own, once; returns the note's id. It is looked at like the review itself.

    One that was rejected may be handed in again. Refuses a second one (`already_followed_up`), reviews that are not shown
    (`review_not_shown`), and more than `follow_up_days` after receipt (`review_too_late`).
    """
    member_id = ctx.actor.member_id
    kept, days, note_id = rules.content(text, pictures, needed=True), ctx.shop.follow_up_days, new_id("rno", ctx.now)

    with transaction(ctx) as tx:
        first = claim(tx, key, "add_follow_up", {"note_id": note_id})
        if first is not None:
            return first["note_id"]
        review = reviews.lock_review(tx, review_id, member_id)
        known = reviews.notes_of(tx, review_id).get(FOLLOW_UP)
        if known is not None and known.state != REJECTED:
            raise FOLLOWED_UP()
        line = orders.get_own_line(tx, review.order_id, review.order_line_id, member_id)
        if review.state != SHOWN:
            raise NOT_SHOWN_YET()
        if known is None and not rules.in_time(ctx.now, line.completed_at, days):
            raise TOO_LATE(days=days)

        if known is None:
            revision = 1
            reviews.insert_note(tx, {
                "id": note_id, "review_id": review_id, "kind": FOLLOW_UP, "text": kept, "pictures": list(pictures),
                "state": CHECKING, "revision": 1, "moves": 1, "written_by": str(ctx.actor), "written_at": ctx.now})
        else:
            note_id, revision = known.id, known.revision + 1
            if known.revision >= rules.MOST_REVISIONS:
                raise TOO_MANY_EDITS(limit=rules.MOST_REVISIONS)
            uploads.release(tx, note_id, [each for each in known.pictures if each not in pictures])
            reviews.revise(tx, known, CHECKING, text=kept, pictures=list(pictures))
        claim_pictures(tx, ctx.actor, pictures, "review", note_id)
        ask_check(tx, note_id, revision, member_id, kept, pictures)
    return note_id
