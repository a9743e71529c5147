"""Loads, locks and guarded writes of tickets."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import NOT_FOUND
from backend.kernel.ids import new_id
from backend.tickets.models import Ticket, TicketMessage, TicketMove
from backend.tickets.rules import check_length
from backend.tickets.states import CLOSED, TICKET

TICKETS, MESSAGES, MOVES = Ticket.__table__, TicketMessage.__table__, TicketMove.__table__

_FIND = select(TICKETS).where(TICKETS.c.id == bindparam("ticket_id"))
_LOCK = _FIND.with_for_update()
_OPEN = select(func.count()).select_from(TICKETS).where(TICKETS.c.member_id == bindparam("member_id"), TICKETS.c.state != CLOSED)
_INSERT, _INSERT_MESSAGE, _INSERT_MOVE = insert(TICKETS), insert(MESSAGES), insert(MOVES)


def lock_ticket(tx: Transaction, ticket_id: str, member_id: str | None = None) -> Row[Any]:
    """Lock a ticket; refuses (not_found) the absent, and a foreign one when `member_id` is given."""
    tx.locking("ticket")
    ticket = tx.execute(_LOCK, {"ticket_id": ticket_id}).one_or_none()
    if ticket is None or (member_id is not None and ticket.member_id != member_id):
        raise NOT_FOUND()
    return ticket


def find_ticket(rd: Reading, ticket_id: str) -> Row[Any] | None:
    """A ticket, or None."""
    return rd.execute(_FIND, {"ticket_id": ticket_id}).one_or_none()


def count_open(rd: Reading, member_id: str) -> int:
    """How many tickets of a member are not closed."""
    return rd.execute(_OPEN, {"member_id": member_id}).scalar_one()


def insert_ticket(tx: Transaction, ticket: dict[str, Any], side: str, words: str, pictures: Sequence[str]) -> None:
    """Write a new ticket with its first message and move."""
    tx.execute(_INSERT, ticket)
    _say(tx, ticket["id"], 1, side, words, pictures)
    tx.execute(_INSERT_MOVE, {"ticket_id": ticket["id"], "seq": 1, "what": "opened", "from_state": None,
                              "to_state": ticket["state"], "actor": str(tx.actor), "why": ticket["heard_in"], "at": tx.now})


def step(tx: Transaction, ticket: Row[Any], what: str, to: str | None = None, why: str = "", *, side: str | None = None,
         words: str = "", pictures: Sequence[str] = (), **values: Any) -> None:
    """Take a locked ticket a step on: its state (None: stays), a message of `side` if there is one, and its history row.

    Guarded by move number. Refuses a message too many (`ticket_too_long`).
    """
    to = ticket.state if to is None else to
    if to != ticket.state:
        TICKET.check(ticket.state, to)
    more = 1 if side else 0
    if side:
        check_length(ticket.messages)
    moved = tx.execute(update(TICKETS).where(TICKETS.c.id == ticket.id, TICKETS.c.moves == ticket.moves).values(
        state=to, moves=ticket.moves + 1, messages=ticket.messages + more, **values))
    assert moved.rowcount == 1, f"{ticket.id} was moved by somebody else while we held its lock"
    if side:
        _say(tx, ticket.id, ticket.messages + 1, side, words, pictures)
    tx.execute(_INSERT_MOVE, {"ticket_id": ticket.id, "seq": ticket.moves + 1, "what": what, "from_state": ticket.state,
                              "to_state": to, "actor": str(tx.actor), "why": why[:200], "at": tx.now})


def _say(tx: Transaction, ticket_id: str, seq: int, side: str, words: str, pictures: Sequence[str]) -> None:
    tx.execute(_INSERT_MESSAGE, {"id": new_id("tkm", tx.now), "ticket_id": ticket_id, "seq": seq, "side": side,
                                 "actor": str(tx.actor), "words": words, "pictures": list(pictures), "at": tx.now})
