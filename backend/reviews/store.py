"""Reviews and their notes in the database: written once per order line, moved along their states, counted by product."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, bindparam, case, func, insert, select, update

from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import NOT_FOUND
from backend.kernel.ids import new_id
from backend.reviews.models import ProductRating, ReuseWord, Review, ReviewMove, ReviewNote
from backend.reviews.refusals import FOLLOWED_UP, REVIEWED
from backend.reviews.rules import Reuse
from backend.reviews.states import REVIEW, SHOWN

REVIEWS, NOTES, MOVES = Review.__table__, ReviewNote.__table__, ReviewMove.__table__
WORDS, RATINGS = ReuseWord.__table__, ProductRating.__table__

_REVIEW = select(REVIEWS).where(REVIEWS.c.id == bindparam("review_id"))
_NOTE = select(NOTES).where(NOTES.c.id == bindparam("note_id"))
_NOTES_OF = select(NOTES).where(NOTES.c.review_id == bindparam("review_id"))
_MOVE = insert(MOVES)


def table_of(subject: str) -> Table:
    """The table of a review or a note, by its id; refuses (not_found) what is neither."""
    if subject.startswith("rev_"):
        return REVIEWS
    if subject.startswith("rno_"):
        return NOTES
    raise NOT_FOUND()


def find_review(rd: Reading, review_id: str) -> Row[Any] | None:
    """A review, or None."""
    return rd.execute(_REVIEW, {"review_id": review_id}).one_or_none()


def find_note(rd: Reading, note_id: str) -> Row[Any] | None:
    """A note, or None."""
    return rd.execute(_NOTE, {"note_id": note_id}).one_or_none()


def notes_of(rd: Reading, review_id: str) -> dict[str, Row[Any]]:
    """The notes of a review by their kind."""
    return {row.kind: row for row in rd.execute(_NOTES_OF, {"review_id": review_id})}


def lock_review(tx: Transaction, review_id: str, member_id: str | None = None) -> Row[Any]:
    """Lock a review, and with it its notes; refuses (not_found) the absent, and a foreign one when `member_id` is given."""
    tx.locking("review")
    review = tx.execute(_REVIEW.with_for_update(), {"review_id": review_id}).one_or_none()
    if review is None or (member_id is not None and review.member_id != member_id):
        raise NOT_FOUND()
    return review


def lock_subject(tx: Transaction, subject: str) -> tuple[Row[Any], Row[Any]]:
    """Lock a review, or the review of a note; returns (review, the review itself or the note). Refuses (not_found) the absent."""
    if subject.startswith("rno_"):
        note = find_note(tx, subject)
        if note is None:
            raise NOT_FOUND()
        review = lock_review(tx, note.review_id)
        again = find_note(tx, subject)
        assert again is not None
        return review, again
    review = lock_review(tx, subject)
    return review, review


def insert_review(tx: Transaction, review: dict[str, Any]) -> None:
    """Write a new review and its first move; refuses (`already_reviewed`) a second one of the same order line."""
    put = tx.execute(INSERT[tx.dialect](REVIEWS).on_conflict_do_nothing(index_elements=["order_line_id"]), review)
    if put.rowcount != 1:
        raise REVIEWED()
    tx.execute(_MOVE, _first(tx, review["id"], review["state"]))


def insert_note(tx: Transaction, note: dict[str, Any]) -> None:
    """Write a new note and its first move; refuses (`already_followed_up`) a second one of its kind."""
    put = tx.execute(INSERT[tx.dialect](NOTES).on_conflict_do_nothing(index_elements=["review_id", "kind"]), note)
    if put.rowcount != 1:
        raise FOLLOWED_UP()
    tx.execute(_MOVE, _first(tx, note["id"], note["state"]))


def move(tx: Transaction, row: Row[Any], to: str, why: str = "", **values: Any) -> None:
    """Move a locked review or note to `to` with its history row; `values` change beside the state.

    The UPDATE is guarded by state and move number, so a move from a stale view is an AssertionError, never a jump back.
    """
    REVIEW.check(row.state, to)
    table = table_of(row.id)
    moved = tx.execute(update(table).where(table.c.id == row.id, table.c.state == row.state, table.c.moves == row.moves)
                       .values(state=to, moves=row.moves + 1, **values))
    assert moved.rowcount == 1, f"{row.id} was moved by somebody else while we held its lock"
    tx.execute(_MOVE, {"subject": row.id, "seq": row.moves + 1, "from_state": row.state, "to_state": to,
                       "actor": str(tx.actor), "why": why[:200], "at": tx.now})


def revise(tx: Transaction, row: Row[Any], to: str, **values: Any) -> None:
    """Replace the content of a locked review or note and count the revision; it moves to `to` unless it is there already."""
    values |= {"revision": row.revision + 1, "edited_at": tx.now, "decided_by": None, "reason": None}
    if row.state != to:
        move(tx, row, to, "edited", **values)
        return
    table = table_of(row.id)
    changed = tx.execute(update(table).where(table.c.id == row.id, table.c.revision == row.revision).values(**values))
    assert changed.rowcount == 1, f"{row.id} was changed by somebody else while we held its lock"


def keep_reuse(tx: Transaction, review_id: str, version: str, reuse: Reuse | None) -> None:
    """Write the author's word on the use of their review elsewhere: `reuse` None is a no."""
    credit = reuse is not None and reuse.credit
    tx.execute(insert(WORDS), {"id": new_id("reu", tx.now), "review_id": review_id, "version": version,
                               "granted": reuse is not None, "credit": credit, "at": tx.now})
    tx.execute(update(REVIEWS).where(REVIEWS.c.id == review_id).values(
        reuse_version=reuse.version if reuse else None, reuse_credit=credit))


def reviewed_lines(rd: Reading, order_ids: Sequence[str]) -> dict[str, str]:
    """Order line → its review, of these orders; one statement."""
    asked = select(REVIEWS.c.order_line_id, REVIEWS.c.id).where(REVIEWS.c.order_id.in_(list(order_ids)))
    return dict(tuple(row) for row in rd.execute(asked)) if order_ids else {}


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_COUNT = select(*(_sum(REVIEWS.c.stars == stars).label(f"stars_{stars}") for stars in range(1, 6)),
                _sum(REVIEWS.c.picture_count > 0).label("with_pictures")).where(
    REVIEWS.c.product_id == bindparam("product_id"), REVIEWS.c.state == SHOWN)


def recount(tx: Transaction, product_id: str) -> None:
    """Count the shown reviews of a product anew. Whoever counts later counts what the earlier one saw, too: it waits for
    the row before it looks. Three statements."""
    tx.locking("product")
    fresh = {"product_id": product_id, "counted_at": tx.now}
    tx.execute(INSERT[tx.dialect](RATINGS).values(**fresh).on_conflict_do_update(
        index_elements=["product_id"], set_={"counted_at": tx.now}))
    counted = tx.execute(_COUNT, {"product_id": product_id}).mappings().one()
    tx.execute(update(RATINGS).where(RATINGS.c.product_id == product_id).values(**counted))


def _first(tx: Transaction, subject: str, state: str) -> dict[str, Any]:
    return {"subject": subject, "seq": 1, "from_state": None, "to_state": state, "actor": str(tx.actor), "why": "", "at": tx.now}
