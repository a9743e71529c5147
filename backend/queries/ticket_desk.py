"""The desk of complaints: how many wait for whom, one ticket with everything that was said, and who could answer it."""

from typing import Any

from sqlalchemy import bindparam, func, or_, select

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.kernel.errors import NOT_FOUND
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.orders.store import ordered_in
from backend.organisation.models import Staff
from backend.organisation.rules import permissions_of
from backend.queries.aftersale_desk import actor_names
from backend.tickets.models import Ticket, TicketMessage, TicketMove
from backend.tickets.refusals import WHO
from backend.tickets.rules import CATEGORIES, OUTCOMES, STAFF_OUTCOMES
from backend.tickets.states import CLOSED, TO_DO, WORDS

TICKETS, MESSAGES, MOVES = Ticket.__table__, TicketMessage.__table__, TicketMove.__table__
MEMBERS, ORDERS, ORDER_LINES, STAFF = (each.__table__ for each in (Member, Order, OrderLine, Staff))

_ONE = select(TICKETS, MEMBERS.c.nickname, ORDERS.c.number.label("order_number"), ORDER_LINES.c.title.label("line_title")).join(
    MEMBERS, MEMBERS.c.id == TICKETS.c.member_id).outerjoin(ORDERS, ORDERS.c.id == TICKETS.c.order_id).outerjoin(
    ORDER_LINES, ORDER_LINES.c.id == TICKETS.c.order_line_id).where(TICKETS.c.id == bindparam("ticket_id"))
_THREAD = select(MESSAGES).where(MESSAGES.c.ticket_id == bindparam("ticket_id")).order_by(MESSAGES.c.seq)
_MOVES = select(MOVES).where(MOVES.c.ticket_id == bindparam("ticket_id")).order_by(MOVES.c.seq.desc())
_PEOPLE = select(STAFF.c.id, STAFF.c.name, STAFF.c.roles).where(STAFF.c.state == "active").order_by(STAFF.c.name)
_BESIDE = select(TICKETS.c.id, MEMBERS.c.nickname, STAFF.c.name.label("owner"), MESSAGES.c.words).join(
    MEMBERS, MEMBERS.c.id == TICKETS.c.member_id).join(
    MESSAGES, (MESSAGES.c.ticket_id == TICKETS.c.id) & (MESSAGES.c.seq == 1)).outerjoin(STAFF, STAFF.c.id == TICKETS.c.owner).where(
    among(TICKETS.c.id, "ids"))
_ABOUT = select(MEMBERS.c.id.label("member_id"), ORDERS.c.id.label("order_id"), ORDERS.c.store_id).outerjoin(
    ORDERS, (ORDERS.c.member_id == MEMBERS.c.id) & (ORDERS.c.number == bindparam("text"))).where(
    or_(MEMBERS.c.id == bindparam("text"), ORDERS.c.id.is_not(None))).limit(1)


def ticket_words() -> dict[str, Any]:
    """Words of states, categories and outcomes, in Chinese and English; and the outcomes that staff may choose."""
    return {"states": WORDS, "categories": CATEGORIES, "outcomes": OUTCOMES,
            "staff_outcomes": {code: OUTCOMES[code] for code in STAFF_OUTCOMES}}


def ticket_counts(ctx: Context) -> dict[str, int]:
    """How many tickets wait for the shop: all, overdue, without an owner, and the actor's own; within the actor's stores."""
    ctx.actor.must("tickets.view")
    waits = TICKETS.c.state.in_(TO_DO)
    ours = [] if ctx.actor.sees_all else [TICKETS.c.store_id.in_(sorted(ctx.actor.store_ids or ()))]
    count = func.count()
    asked = select(count, count.filter(TICKETS.c.overdue_at.is_not(None)), count.filter(TICKETS.c.owner.is_(None)),
                   count.filter(TICKETS.c.owner == ctx.actor.id)).select_from(TICKETS).where(waits, *ours)
    with reading(ctx) as rd:
        return dict(zip(("todo", "overdue", "unassigned", "mine"), rd.execute(asked).one(), strict=True))


def beside_tickets(ctx: Context, *, ids: list[str]) -> dict[str, Any]:
    """Nickname, owner and first words of these tickets, for a page of the list; one statement."""
    ctx.actor.must("tickets.view")
    with reading(ctx) as rd:
        return {row.id: row for row in rd.execute(_BESIDE, {"ids": ids})} if ids else {}


def ticket_at_desk(ctx: Context, *, ticket_id: str) -> dict[str, Any]:
    """One ticket with its whole thread, notes too, its history, and whoever could answer it. Refuses absent ones and those of
    stores that the actor does not see, alike."""
    ctx.actor.must("tickets.view")
    with reading(ctx) as rd:
        ticket = rd.execute(_ONE, {"ticket_id": ticket_id}).one_or_none()
        if ticket is None:
            raise NOT_FOUND()
        ctx.actor.must_see(ticket.store_id)
        thread = rd.execute(_THREAD, {"ticket_id": ticket_id}).all()
        moves = rd.execute(_MOVES, {"ticket_id": ticket_id}).all()
        people = {row.id: row.name for row in rd.execute(_PEOPLE) if "tickets.answer" in permissions_of(row.roles)}
        names = actor_names(rd, [each.actor for each in (*thread, *moves)] + [f"staff:{ticket.owner}"])
    return {"ticket": ticket, "thread": thread, "moves": moves, "people": people, "names": names,
            "owner": names.get(f"staff:{ticket.owner}", ticket.owner), "open": ticket.state != CLOSED}


def find_complainant(ctx: Context, *, text: str) -> tuple[str, str | None]:
    """(member id, order id or None) of whom a ticket is entered for, named by a member's id or an order's number; refuses
    (`ticket_who`) what nobody has, and orders and members of other stores alike."""
    ctx.actor.must("tickets.answer")
    with reading(ctx) as rd:
        row = rd.execute(_ABOUT, {"text": text.strip()}).one_or_none()
        stores = None if ctx.actor.sees_all else ctx.actor.store_ids
        if row is None or not (ctx.actor.sees(row.store_id) if row.order_id else ordered_in(rd, row.member_id, stores)):
            raise WHO()
    return row.member_id, row.order_id
