"""Let what the screenings of something say take effect: it is shown, held for a person, or rejected."""

from backend.infra.uow import Transaction
from backend.kernel.ids import human_code
from backend.members import store as members
from backend.reviews import store as reviews
from backend.reviews.events import ReviewsChanged
from backend.reviews.rules import REPLY, UNFIT
from backend.reviews.states import CHECKING, HELD, REJECTED, SHOWN
from backend.screenings import store as screenings
from backend.screenings.rules import TEXT, outcome
from backend.screenings.states import DOUBTFUL, PASSED, RISKY, UNJUDGED
from backend.uploads import store as uploads

ACTED = "acted"
"""What stands at a screening of a profile whose verdict has taken effect, so that it does so once."""


def settle_check(tx: Transaction, subject: str, revision: int) -> None:
    """Move a review, a note or a profile to where its screenings lead. May run early, late or twice and ends right.

    What has a newer revision, and what a person has decided, stays as it is. Staff vouch for their own answers: where WeChat
    does not judge – it wants a shopper who was there within two hours –, the answer is shown under the name of its writer.
    """
    if subject.startswith("mem_"):
        _settle_profile(tx, subject, revision)
        return
    review, row = reviews.lock_subject(tx, subject)
    if row.revision != revision or row.state not in (CHECKING, HELD):
        return
    reply = row is not review and row.kind == REPLY
    states = [each.state for each in screenings.of_revision(tx, subject, revision)]
    said = outcome(states, vouched=reply)
    if said == RISKY:
        reviews.move(tx, row, REJECTED, "risky", reason=UNFIT)
    elif said == DOUBTFUL and row.state == CHECKING:
        reviews.move(tx, row, HELD, "doubtful")
    elif said == PASSED:
        vouched = row.written_by if reply and UNJUDGED in states else None
        reviews.move(tx, row, SHOWN, "passed", decided_by=vouched)
        if row is review:
            tx.emit(ReviewsChanged(review.product_id))


def _settle_profile(tx: Transaction, member_id: str, revision: int) -> None:
    """Replace a nickname and take away an avatar that WeChat does not let pass; without a verdict they stay masked."""
    members.lock_member(tx, member_id)
    if screenings.last_revision(tx, member_id) != revision:
        return
    unfit: dict[str, str | None] = {}
    for each in screenings.of_revision(tx, member_id, revision):
        if each.state in (DOUBTFUL, RISKY) and each.problem != ACTED:
            unfit |= {"nickname": f"用户{human_code(6)}"} if each.part == TEXT else {"avatar_key": None}
            screenings.note(tx, each, ACTED)
            if each.part != TEXT:
                uploads.release(tx, member_id, [each.part])
    members.change_profile(tx, member_id, unfit)
