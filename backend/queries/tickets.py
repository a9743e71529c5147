"""Tickets as their shopper sees them: the list, and one with its thread and what can be done by when."""

from typing import Any

from sqlalchemy import Row, bindparam, select

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.kernel.calendar import moment_words
from backend.kernel.errors import NOT_FOUND
from backend.orders.models import Order
from backend.organisation.models import Staff
from backend.tickets.models import Ticket, TicketMessage
from backend.tickets.rules import CATEGORIES, OUTCOMES, REOPEN_DAYS, may_reopen
from backend.tickets.states import CLOSED, NEXT, WORDS

TICKETS, MESSAGES, ORDERS, STAFF = Ticket.__table__, TicketMessage.__table__, Order.__table__, Staff.__table__
LAST = "~"

_HEAD = select(TICKETS, ORDERS.c.number.label("order_number"), STAFF.c.name.label("owner_name")).outerjoin(
    ORDERS, ORDERS.c.id == TICKETS.c.order_id).outerjoin(STAFF, STAFF.c.id == TICKETS.c.owner)
_PAGE = _HEAD.where(TICKETS.c.member_id == bindparam("member_id"), TICKETS.c.id < bindparam("after")).order_by(
    TICKETS.c.id.desc()).limit(bindparam("rows"))
_PAGES = {None: _PAGE, "open": _PAGE.where(TICKETS.c.state != CLOSED), "closed": _PAGE.where(TICKETS.c.state == CLOSED)}
_ONE = _HEAD.where(TICKETS.c.id == bindparam("ticket_id"), TICKETS.c.member_id == bindparam("member_id"))
_FIRST = select(MESSAGES.c.ticket_id, MESSAGES.c.words).where(
    among(MESSAGES.c.ticket_id, "ids"), MESSAGES.c.seq == 1)
_THREAD = select(MESSAGES).where(MESSAGES.c.ticket_id == bindparam("ticket_id"), MESSAGES.c.side != "note").order_by(MESSAGES.c.seq)


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[1 if language.startswith("en") else 0]


def _summary(ctx: Context, row: Row[Any], words: str, language: str) -> dict[str, Any]:
    allowed = ["write", "settle"] if row.state != CLOSED else (
        ["reopen"] if may_reopen(row.state, row.closed_at, ctx.now) else [])
    return {
        "id": row.id, "number": row.number, "category": row.category, "category_text": _pick(CATEGORIES[row.category], language),
        "state": row.state, "state_text": _pick(WORDS[row.state], language),
        "next_text": _pick(NEXT[row.state], language).format(due=moment_words(row.due_at, language) if row.due_at else "",
                                                             days=REOPEN_DAYS),
        "allowed": allowed, "due_at": row.due_at, "words": words, "order_id": row.order_id, "order_number": row.order_number,
        "order_line_id": row.order_line_id, "owner": row.owner_name, "opened_at": row.opened_at, "closed_at": row.closed_at,
        "outcome": None if row.outcome is None else {
            "code": row.outcome, "text": _pick(OUTCOMES[row.outcome], language), "words": row.outcome_words}}


def ticket_list(ctx: Context, *, state: str | None = None, after: str | None = None, limit: int = 20,
                language: str = "zh") -> dict[str, Any]:
    """The shopper's tickets, newest first (`state` open, closed or None for all); two statements."""
    asked = {"member_id": ctx.actor.member_id, "after": after or LAST, "rows": limit + 1}
    with reading(ctx) as rd:
        rows = list(rd.execute(_PAGES[state], asked))
        more, rows = len(rows) > limit, rows[:limit]
        words = {row.ticket_id: row.words for row in rd.execute(_FIRST, {"ids": [row.id for row in rows]})} if rows else {}
    return {"items": [_summary(ctx, row, words[row.id], language) for row in rows], "next": rows[-1].id if more else None}


def ticket_page(ctx: Context, *, ticket_id: str, language: str = "zh") -> dict[str, Any]:
    """One ticket of the shopper's own with its thread, without the notes of staff; refuses absent and foreign ones alike."""
    with reading(ctx) as rd:
        row = rd.execute(_ONE, {"ticket_id": ticket_id, "member_id": ctx.actor.member_id}).one_or_none()
        if row is None:
            raise NOT_FOUND()
        thread = rd.execute(_THREAD, {"ticket_id": ticket_id}).all()
    return _summary(ctx, row, thread[0].words, language) | {"messages": [
        {"side": each.side, "words": each.words, "pictures": each.pictures, "at": each.at} for each in thread]}
