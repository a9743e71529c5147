"""Answer a review in the merchant's name, or change the answer; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.reviews import rules
from backend.reviews import store as reviews
from backend.reviews.refusals import HIDDEN_NOW, NOT_SHOWN_YET, TOO_MANY_EDITS
from backend.reviews.rules import REPLY
from backend.reviews.states import CHECKING, HIDDEN, SHOWN
from backend.steps.ask_check import ask_check


def answer_review(ctx: Context, *, review_id: str, text: str, key: ClientKey | None = None) -> str:
    """Write or replace the one answer to a shown review; returns the note's id. WeChat looks at it before others see it.

    From then on the review itself cannot be edited any more. Refuses reviews that are not shown (`review_not_shown`), an
    answer that was hidden (`review_hidden`), nothing at all and more than 500 characters.
    """
    ctx.actor.must("reviews.manage")
    kept, note_id = rules.content(text, (), needed=True), new_id("rno", ctx.now)

    with transaction(ctx) as tx:
        first = claim(tx, key, "answer_review", {"note_id": note_id})
        if first is not None:
            return first["note_id"]
        review = reviews.lock_review(tx, review_id)
        ctx.actor.must_see(review.store_id)
        known = reviews.notes_of(tx, review_id).get(REPLY)
        if review.state != SHOWN:
            raise NOT_SHOWN_YET()
        if known is None:
            revision = 1
            reviews.insert_note(tx, {
                "id": note_id, "review_id": review_id, "kind": REPLY, "text": kept, "pictures": [], "state": CHECKING,
                "revision": 1, "moves": 1, "written_by": str(ctx.actor), "written_at": ctx.now})
        else:
            note_id, revision = known.id, known.revision + 1
            if known.state == HIDDEN:
                raise HIDDEN_NOW()
            if known.text == kept:
                return note_id
            if known.revision >= rules.MOST_REVISIONS:
                raise TOO_MANY_EDITS(limit=rules.MOST_REVISIONS)
            reviews.revise(tx, known, CHECKING, text=kept, written_by=str(ctx.actor))
        audit.record(tx, "answer_review", review_id, before={"text": known.text} if known else None, after={"text": kept})
        ask_check(tx, note_id, revision, review.member_id, kept, ())
    return note_id
