"""Reviews as others read them, ready as JSON, and as their author sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, func, literal, select

from backend.catalog.models import Product
from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.kernel.errors import NOT_FOUND, Refused
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.orders.states import COMPLETED
from backend.queries.product_list import PUBLIC
from backend.reviews.models import ProductRating, Review, ReviewNote
from backend.reviews.rules import FOLLOW_UP, REPLY, Rating, in_time, must_be_editable, shown_name
from backend.reviews.states import SHOWN, WORDS
from backend.screenings.models import Screening
from backend.screenings.states import DOUBTFUL, OPEN, RISKY, SENT, UNJUDGED

PRODUCTS, MEMBERS, LINES, ORDERS = Product.__table__, Member.__table__, OrderLine.__table__, Order.__table__
REVIEWS, NOTES, RATINGS, SCREENINGS = Review.__table__, ReviewNote.__table__, ProductRating.__table__, Screening.__table__
LAST = "~"
"""Sorts after every id."""

NAME_UNCHECKED = (
    select(literal(1))
    .where(SCREENINGS.c.subject == MEMBERS.c.id, SCREENINGS.c.state.in_((OPEN, SENT, UNJUDGED, DOUBTFUL, RISKY)),
           SCREENINGS.c.problem.is_distinct_from("acted"))
    .limit(1).scalar_subquery()
)
"""1 while WeChat has not let a member's nickname and picture pass."""

RATING = (RATINGS.c.stars_1, RATINGS.c.stars_2, RATINGS.c.stars_3, RATINGS.c.stars_4, RATINGS.c.stars_5, RATINGS.c.with_pictures)
_IS_PUBLIC = select(PRODUCTS.c.id, *RATING).outerjoin(
    RATINGS, RATINGS.c.product_id == PRODUCTS.c.id).where(PRODUCTS.c.id == bindparam("product_id"), PUBLIC)
_SHOWN = (
    select(REVIEWS, MEMBERS.c.nickname, MEMBERS.c.avatar_key, MEMBERS.c.state.label("member_state"), LINES.c.options,
           NAME_UNCHECKED.label("unchecked"))
    .join(MEMBERS, MEMBERS.c.id == REVIEWS.c.member_id)
    .join(LINES, LINES.c.id == REVIEWS.c.order_line_id)
    .where(REVIEWS.c.product_id == bindparam("product_id"), REVIEWS.c.state == SHOWN, REVIEWS.c.id < bindparam("after"))
    .order_by(REVIEWS.c.id.desc()).limit(bindparam("rows"))
)
_NOTES_OF = select(NOTES).where(among(NOTES.c.review_id, "review_ids"))
_MINE = (
    select(REVIEWS, LINES.c.title, LINES.c.options, LINES.c.picture, ORDERS.c.completed_at)
    .join(LINES, LINES.c.id == REVIEWS.c.order_line_id)
    .join(ORDERS, ORDERS.c.id == REVIEWS.c.order_id)
    .where(REVIEWS.c.member_id == bindparam("member_id"), REVIEWS.c.id < bindparam("after"))
    .order_by(REVIEWS.c.id.desc()).limit(bindparam("rows"))
)


def rating_of(row: Row[Any]) -> Rating:
    """What a row with the columns of `product_ratings` adds up to; empty when there is none."""
    return Rating(tuple(getattr(row, f"stars_{stars}") or 0 for stars in range(1, 6)), row.with_pictures or 0)  # type: ignore[arg-type]


def product_reviews(ctx: Context, *, product_id: str, stars: int | None = None, with_pictures: bool = False,
                    after: str | None = None, limit: int = 20) -> bytes:
    """What is shown of a public product's reviews, newest first, as JSON; three statements.

    Names are whole, masked (anonymous, or not let pass by WeChat yet) or gone (account closed). Refuses (`not_found`) hidden
    and absent products alike.
    """
    asked = {"product_id": product_id, "now": ctx.now}
    wanted = _SHOWN
    if stars is not None:
        wanted = wanted.where(REVIEWS.c.stars == stars)
    if with_pictures:
        wanted = wanted.where(REVIEWS.c.picture_count > 0)
    with reading(ctx, old=True) as rd:
        product = rd.execute(_IS_PUBLIC, asked).one_or_none()
        if product is None:
            raise NOT_FOUND()
        rows = rd.execute(wanted, {"product_id": product_id, "after": after or LAST, "rows": limit + 1}).all()
        more, rows = len(rows) > limit, rows[:limit]
        notes = _by_review(rd.execute(_NOTES_OF, {"review_ids": [row.id for row in rows]}).all() if rows else [])
    rating = rating_of(product)
    return msgspec.json.encode({
        "count": rating.count, "average_tenths": rating.average_tenths, "with_pictures": rating.with_pictures,
        "stars": {str(number): count for number, count in enumerate(rating.stars, 1)},
        "items": [_shown(row, notes.get(row.id, {})) for row in rows], "next": rows[-1].id if more else None})


def _shown(row: Row[Any], notes: dict[str, Row[Any]]) -> dict[str, Any]:
    closed, checked = row.member_state == "closed", row.unchecked is None
    open_name = checked and not closed and not row.anonymous
    follow_up, reply = notes.get(FOLLOW_UP), notes.get(REPLY)
    return {
        "id": row.id, "author": shown_name(row.nickname, anonymous=row.anonymous, closed=closed, checked=checked),
        "avatar": row.avatar_key if open_name else None, "stars": row.stars, "service_stars": row.service_stars, "text": row.text,
        "pictures": row.pictures, "options": row.options, "written_at": row.written_at, "edited": row.edited_at is not None,
        "follow_up": {"text": follow_up.text, "pictures": follow_up.pictures, "written_at": follow_up.written_at}
        if follow_up is not None and follow_up.state == SHOWN else None,
        "reply": {"text": reply.text, "written_at": reply.edited_at or reply.written_at}
        if reply is not None and reply.state == SHOWN else None,
    }


def my_reviews(ctx: Context, *, after: str | None = None, limit: int = 20, language: str = "zh") -> dict[str, Any]:
    """The shopper's own reviews in every state, newest first, with what can be done with each; two statements."""
    asked = {"member_id": ctx.actor.member_id, "after": after or LAST, "rows": limit + 1}
    with reading(ctx) as rd:
        rows = rd.execute(_MINE, asked).all()
        more, rows = len(rows) > limit, rows[:limit]
        notes = _by_review(rd.execute(_NOTES_OF, {"review_ids": [row.id for row in rows]}).all() if rows else [])
    items = [_mine(ctx, row, notes.get(row.id, {}), language) for row in rows]
    return {"items": items, "next": rows[-1].id if more else None}


def _mine(ctx: Context, row: Row[Any], notes: dict[str, Row[Any]], language: str) -> dict[str, Any]:
    follow_up, reply = notes.get(FOLLOW_UP), notes.get(REPLY)
    return {
        "id": row.id, "order_id": row.order_id, "line_id": row.order_line_id, "product_id": row.product_id, "title": row.title,
        "options": row.options, "picture": row.picture, "stars": row.stars, "service_stars": row.service_stars, "text": row.text,
        "pictures": row.pictures, "anonymous": row.anonymous, "state": row.state, "state_text": _words(row.state, language),
        "reason": row.reason, "allowed": _allowed(ctx, row, follow_up, reply is not None), "written_at": row.written_at,
        "reuse": {"version": row.reuse_version, "credit": row.reuse_credit} if row.reuse_version else None,
        "follow_up": {"text": follow_up.text, "pictures": follow_up.pictures, "written_at": follow_up.written_at,
                      "state": follow_up.state, "state_text": _words(follow_up.state, language), "reason": follow_up.reason}
        if follow_up is not None else None,
        "reply": {"text": reply.text, "written_at": reply.edited_at or reply.written_at}
        if reply is not None and reply.state == SHOWN else None,
    }


def _allowed(ctx: Context, row: Row[Any], follow_up: Row[Any] | None, answered: bool) -> list[str]:
    allowed = []
    try:
        days = ctx.shop.review_days
        must_be_editable(row.state, row.revision, answered=answered, in_time=in_time(ctx.now, row.completed_at, days), days=days)
        allowed.append("edit")
    except Refused:
        pass
    late = not in_time(ctx.now, row.completed_at, ctx.shop.follow_up_days)
    if row.state == SHOWN and ((follow_up is None and not late) or (follow_up is not None and follow_up.state == "rejected")):
        allowed.append("follow_up")
    return allowed


def _words(state: str, language: str) -> str:
    return WORDS[state][language.startswith("en")]


def _by_review(notes: Sequence[Row[Any]]) -> dict[str, dict[str, Row[Any]]]:
    found: dict[str, dict[str, Row[Any]]] = {}
    for note in notes:
        found.setdefault(note.review_id, {})[note.kind] = note
    return found


REVIEWED = select(func.count()).select_from(REVIEWS).where(REVIEWS.c.order_id == ORDERS.c.id).scalar_subquery()
"""How many lines of an order were reviewed."""


def may_review(ctx: Context, state: str, completed_at: datetime | None, lines: int, reviewed: int) -> list[str]:
    """What goes before the other actions of an order: `review`, while a line of it waits to be reviewed."""
    waits = state == COMPLETED and reviewed < lines and in_time(ctx.now, completed_at, ctx.shop.review_days)
    return ["review"] if waits else []
