"""Reviews as staff see them: what waits for a person, and one review with everything that happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, true

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.kernel.errors import NOT_FOUND
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.reviews.models import ReuseWord, Review, ReviewMove, ReviewNote
from backend.reviews.rules import FOLLOW_UP, REPLY
from backend.reviews.states import HELD
from backend.screenings.models import Screening
from backend.screenings.rules import TEXT, label_words
from backend.screenings.states import DROPPED

REVIEWS, NOTES, MOVES, WORDS = Review.__table__, ReviewNote.__table__, ReviewMove.__table__, ReuseWord.__table__
MEMBERS, ORDERS, LINES, SCREENINGS = Member.__table__, Order.__table__, OrderLine.__table__, Screening.__table__
MOST = 99
"""Nobody needs to know how many more wait."""

_ONE = (
    select(REVIEWS, MEMBERS.c.nickname, MEMBERS.c.state.label("member_state"), LINES.c.title, LINES.c.options, LINES.c.picture,
           LINES.c.quantity, ORDERS.c.number, ORDERS.c.completed_at)
    .join(MEMBERS, MEMBERS.c.id == REVIEWS.c.member_id)
    .join(LINES, LINES.c.id == REVIEWS.c.order_line_id)
    .join(ORDERS, ORDERS.c.id == REVIEWS.c.order_id)
    .where(REVIEWS.c.id == bindparam("review_id"))
)
_BESIDE = (
    select(REVIEWS.c.id, MEMBERS.c.nickname, MEMBERS.c.state.label("member_state"), LINES.c.title, LINES.c.options)
    .join(MEMBERS, MEMBERS.c.id == REVIEWS.c.member_id)
    .join(LINES, LINES.c.id == REVIEWS.c.order_line_id)
    .where(among(REVIEWS.c.id, "review_ids"))
)
_NOTES_BESIDE = select(NOTES.c.review_id, NOTES.c.kind, NOTES.c.state).where(
    among(NOTES.c.review_id, "review_ids"))


@dataclass(frozen=True, slots=True)
class Look:
    """What WeChat said of one part: "text" or a picture's key."""

    part: str
    state: str
    label: str
    problem: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the life of the review (`of` "") or of its follow_up or reply."""

    of: str
    state: str
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """One review for the desk; `looks` are by subject, of the present revision."""

    review: Row[Any]
    follow_up: Row[Any] | None
    reply: Row[Any] | None
    looks: dict[str, list[Look]]
    steps: list[Step]
    reuse: list[Row[Any]]


def review_desk(ctx: Context, *, review_id: str, language: str = "zh") -> Desk:
    """One review, its notes, what WeChat said of each, every step, and the author's words on reuse; five statements."""
    ctx.actor.must("reviews.view")
    with reading(ctx) as rd:
        review = rd.execute(_ONE, {"review_id": review_id}).one_or_none()
        if review is None:
            raise NOT_FOUND()
        ctx.actor.must_see(review.store_id)
        notes = {row.kind: row for row in rd.execute(select(NOTES).where(NOTES.c.review_id == review_id))}
        subjects = {review.id: "", **{row.id: kind for kind, row in notes.items()}}
        looks = rd.execute(select(SCREENINGS).where(SCREENINGS.c.subject.in_(subjects), SCREENINGS.c.state != DROPPED)
                           .order_by(SCREENINGS.c.id)).all()
        steps = rd.execute(select(MOVES).where(MOVES.c.subject.in_(subjects))
                           .order_by(MOVES.c.at, MOVES.c.subject, MOVES.c.seq)).all()
        reuse = rd.execute(select(WORDS).where(WORDS.c.review_id == review_id).order_by(WORDS.c.id)).all()
    found: dict[str, list[Look]] = {}
    for row in sorted(looks, key=lambda each: each.part != TEXT):
        found.setdefault(row.subject, []).append(
            Look(row.part, row.state, label_words(row.label, language), row.problem or "", row.ended_at or row.asked_at))
    return Desk(review, notes.get(FOLLOW_UP), notes.get(REPLY), found,
                [Step(subjects[row.subject], row.to_state, row.actor, row.why, row.at) for row in steps], list(reuse))


def beside_reviews(ctx: Context, *, review_ids: Sequence[str]) -> tuple[dict[str, Row[Any]], dict[str, dict[str, str]]]:
    """For a page of the list: (review → author and goods, review → state of each of its notes); two statements."""
    ctx.actor.must("reviews.view")
    if not review_ids:
        return {}, {}
    with reading(ctx) as rd:
        rows = {row.id: row for row in rd.execute(_BESIDE, {"review_ids": list(review_ids)})}
        notes: dict[str, dict[str, str]] = {}
        for note in rd.execute(_NOTES_BESIDE, {"review_ids": list(review_ids)}):
            notes.setdefault(note.review_id, {})[note.kind] = note.state
    return rows, notes


def held(ctx: Context) -> Any:
    """Ids of reviews and notes within the actor's scope that wait for a person."""
    mine = true() if ctx.actor.sees_all else REVIEWS.c.store_id.in_(sorted(ctx.actor.store_ids or ()))
    notes = select(NOTES.c.id).join(REVIEWS, REVIEWS.c.id == NOTES.c.review_id).where(NOTES.c.state == HELD, mine)
    return select(select(REVIEWS.c.id).where(REVIEWS.c.state == HELD, mine).union_all(notes).subquery().c.id)


def held_reviews(ctx: Context) -> int:
    """How many of them there are; 99 means that many or more."""
    ctx.actor.must("reviews.view")
    with reading(ctx) as rd:
        return rd.execute(select(func.count()).select_from(held(ctx).limit(MOST).subquery())).scalar_one()
