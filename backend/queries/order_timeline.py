"""Everything that happened to an order, in the order of time, and the cases, complaints and reviews that are about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from backend.aftersales.models import Aftersale, AftersaleMove
from backend.fulfilment.models import Parcel
from backend.infra.audit import AuditRow
from backend.infra.rows import among
from backend.infra.uow import Reading
from backend.kernel.actors import Actor
from backend.orders.models import OrderMove, OrderNote
from backend.reviews.models import Review, ReviewMove, ReviewNote
from backend.tickets.models import Ticket, TicketMove

MOVES, NOTES, PARCELS, AUDIT = OrderMove.__table__, OrderNote.__table__, Parcel.__table__, AuditRow.__table__
CASES, CASE_MOVES, TICKETS, TICKET_MOVES = (
    each.__table__ for each in (Aftersale, AftersaleMove, Ticket, TicketMove))
REVIEWS, REVIEW_NOTES, REVIEW_MOVES = Review.__table__, ReviewNote.__table__, ReviewMove.__table__

SAID_OTHERWISE = ("ship_order", "add_order_note", "refund_order", "hand_over")
"""Audited actions that stand in the time line already: as a parcel, a note, a refund, a state."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the time line: what happened, when, by whom ("staff:…", "shopper:…", "system", "wechat"), and what else is known.

    `about` names the case, complaint or review that it happened to, by its id.
    """

    kind: str
    at: datetime
    by: str
    facts: dict[str, Any] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """A case (`aftersales`), a complaint (`tickets`) or a review (`reviews`) that is about an order."""

    screen: str
    id: str
    number: str
    state: str


_OF_ORDER = bindparam("order_id")
_MOVES = select(MOVES).where(MOVES.c.order_id == _OF_ORDER).order_by(MOVES.c.seq.desc())
_NOTES = select(NOTES).where(NOTES.c.order_id == _OF_ORDER)
_PARCELS = select(PARCELS).where(PARCELS.c.order_id == _OF_ORDER)
_AUDIT = select(AUDIT).where(AUDIT.c.subject == _OF_ORDER, AUDIT.c.action.not_in(SAID_OTHERWISE))
_CASES = select(CASES.c.id, CASES.c.number, CASES.c.state).where(CASES.c.order_id == _OF_ORDER).order_by(CASES.c.id.desc())
_CASE_MOVES = select(CASE_MOVES).join(
    CASES, CASES.c.id == CASE_MOVES.c.aftersale_id).where(CASES.c.order_id == _OF_ORDER)
_TICKETS = select(TICKETS.c.id, TICKETS.c.number, TICKETS.c.state).where(TICKETS.c.order_id == _OF_ORDER).order_by(
    TICKETS.c.id.desc())
_TICKET_MOVES = select(TICKET_MOVES).join(TICKETS, TICKETS.c.id == TICKET_MOVES.c.ticket_id).where(TICKETS.c.order_id == _OF_ORDER)
_REVIEWS = select(REVIEWS.c.id, REVIEWS.c.stars, REVIEWS.c.state).where(REVIEWS.c.order_id == _OF_ORDER).order_by(
    REVIEWS.c.id.desc())
_REVIEW_NOTES = select(REVIEW_NOTES.c.id, REVIEW_NOTES.c.review_id, REVIEW_NOTES.c.kind).join(
    REVIEWS, REVIEWS.c.id == REVIEW_NOTES.c.review_id).where(REVIEWS.c.order_id == _OF_ORDER)
_REVIEW_MOVES = select(REVIEW_MOVES).where(among(REVIEW_MOVES.c.subject, "subjects"))


def order_timeline(
    rd: Reading, actor: Actor, order_id: str, payments: Sequence[Row[Any]], refunds: Sequence[Row[Any]]
) -> tuple[list[Happening], list[Matter]]:
    """(what happened, newest first; what is about the order, newest first). Cases, complaints and reviews only for whoever may
    see such. At most nine statements, whatever happened."""
    asked = {"order_id": order_id}
    found = [Happening("move", row.at, row.actor, {"state": row.to_state, "why": row.why}) for row in rd.execute(_MOVES, asked)]
    found += [Happening("note", row.at, row.actor, {"words": row.text}) for row in rd.execute(_NOTES, asked)]
    found += [Happening("parcel", row.shipped_at, row.shipped_by, {"courier": row.courier, "number": row.tracking_number})
              for row in rd.execute(_PARCELS, asked)]
    found += [Happening("audit", row.at, row.actor, {"row": row}) for row in rd.execute(_AUDIT, asked)]
    found += [Happening("payment", row.paid_at, "wechat", {"amount_fen": row.amount_fen})
              for row in payments if row.paid_at is not None]
    for row in refunds:
        found.append(Happening("refund", row.asked_at, row.asked_by, {"amount_fen": row.amount_fen, "reason": row.reason}))
        if row.ended_at is not None:
            found.append(Happening(f"refund_{row.state}", row.ended_at, "wechat", {"amount_fen": row.amount_fen}))
    matters: list[Matter] = []
    for more, about in (part(rd, asked) for needed, part in _PARTS.items() if actor.may(needed)):
        found += more
        matters += about
    return sorted(found, key=lambda each: each.at, reverse=True), matters


def _cases(rd: Reading, asked: dict[str, str]) -> tuple[list[Happening], list[Matter]]:
    matters = [Matter("aftersales", row.id, row.number, row.state) for row in rd.execute(_CASES, asked)]
    moves = rd.execute(_CASE_MOVES, asked) if matters else ()
    return [Happening("aftersale", row.at, row.actor, {"state": row.to_state, "why": row.why}, row.aftersale_id)
            for row in moves], matters


def _tickets(rd: Reading, asked: dict[str, str]) -> tuple[list[Happening], list[Matter]]:
    matters = [Matter("tickets", row.id, row.number, row.state) for row in rd.execute(_TICKETS, asked)]
    moves = rd.execute(_TICKET_MOVES, asked) if matters else ()
    return [Happening("ticket", row.at, row.actor, {"what": row.what, "why": row.why}, row.ticket_id) for row in moves], matters


def _reviews(rd: Reading, asked: dict[str, str]) -> tuple[list[Happening], list[Matter]]:
    matters = [Matter("reviews", row.id, "★" * row.stars, row.state) for row in rd.execute(_REVIEWS, asked)]
    if not matters:
        return [], []
    of = {each.id: ("", each.id) for each in matters}
    of |= {row.id: (row.kind, row.review_id) for row in rd.execute(_REVIEW_NOTES, asked)}
    return [Happening("review", row.at, row.actor, {"note": of[row.subject][0], "state": row.to_state, "why": row.why},
                      of[row.subject][1]) for row in rd.execute(_REVIEW_MOVES, {"subjects": list(of)})], matters


_PARTS = {"aftersales.view": _cases, "tickets.view": _tickets, "reviews.view": _reviews}
"""What belongs to an order and has a screen of its own: the permission that it needs, and how it is read."""
