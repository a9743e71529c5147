"""Messages in the database: the journal and balance of consents, and each message's one send."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import new_id
from backend.messages.models import ConsentMove, Message, MessageBalance
from backend.messages.states import MESSAGE, SENDING, WAITING

BALANCES, MOVES, MESSAGES = MessageBalance.__table__, ConsentMove.__table__, Message.__table__

_MOVE = insert(MOVES)
_MESSAGE = select(MESSAGES).where(MESSAGES.c.id == bindparam("message_id"))
_SPEND = update(BALANCES).where(
    BALANCES.c.member_id == bindparam("of_member"), BALANCES.c.template_id == bindparam("of_template"), BALANCES.c.balance > 0,
).values(balance=BALANCES.c.balance - 1, updated_at=bindparam("moment"))


def add_consent(tx: Transaction, member_id: str, template_id: str, kind: str) -> None:
    """Write a tap into the journal; an accepted one adds one to the balance."""
    _note(tx, member_id, template_id, kind, int(kind == "accepted"))
    _add(tx, member_id, template_id, int(kind == "accepted"))


def spend(tx: Transaction, member_id: str, template_id: str, message_id: str) -> bool:
    """Take one consent for a message (guarded); False when there is none."""
    spent = tx.execute(_SPEND, {"of_member": member_id, "of_template": template_id, "moment": tx.now})
    if spent.rowcount == 1:
        _note(tx, member_id, template_id, "spent", -1, message_id)
    return spent.rowcount == 1


def give_back(tx: Transaction, message: Row[Any]) -> None:
    """Return the consent of a message that WeChat refused without using it."""
    _note(tx, message.member_id, message.template_id, "returned", 1, message.id)
    _add(tx, message.member_id, message.template_id, 1)


def accepted_since(rd: Reading, member_id: str, template_id: str, at: datetime) -> bool:
    """Whether the member has let a message of this template through since then."""
    return rd.execute(select(MOVES.c.id).where(
        MOVES.c.member_id == member_id, MOVES.c.template_id == template_id, MOVES.c.kind == "accepted", MOVES.c.at >= at,
    ).limit(1)).first() is not None


def void(tx: Transaction, member_id: str, template_id: str) -> int:
    """WeChat knows better: there is no consent left. Empties the balance; returns how many that were."""
    row = tx.execute(select(BALANCES.c.balance).where(
        BALANCES.c.member_id == member_id, BALANCES.c.template_id == template_id).with_for_update()).scalar()
    if row:
        _note(tx, member_id, template_id, "voided", -row)
        tx.execute(update(BALANCES).where(BALANCES.c.member_id == member_id, BALANCES.c.template_id == template_id)
                   .values(balance=BALANCES.c.balance - row, updated_at=tx.now))
    return row or 0


def insert_message(tx: Transaction, message: dict[str, Any]) -> bool:
    """Write a new message; False when the same has been told this member before."""
    put = INSERT[tx.dialect](MESSAGES).on_conflict_do_nothing(index_elements=["member_id", "template", "about"])
    return tx.execute(put, message).rowcount == 1


def find_message(rd: Reading, message_id: str) -> Row[Any] | None:
    """A message, or None."""
    return rd.execute(_MESSAGE, {"message_id": message_id}).one_or_none()


def move(tx: Transaction, message: Row[Any], to: str, problem: str | None = None) -> bool:
    """Move a message on from the state it was read in (guarded); False when somebody else did so first."""
    MESSAGE.check(message.state, to)
    moved = tx.execute(update(MESSAGES).where(MESSAGES.c.id == message.id, MESSAGES.c.state == message.state).values(
        state=to, problem=problem, ended_at=None if to in (WAITING, SENDING) else tx.now))
    return moved.rowcount == 1


def _add(tx: Transaction, member_id: str, template_id: str, change: int) -> None:
    row = {"member_id": member_id, "template_id": template_id, "balance": change, "updated_at": tx.now}
    put = INSERT[tx.dialect](BALANCES).values(**row)
    tx.execute(put.on_conflict_do_update(index_elements=["member_id", "template_id"], set_={
        "balance": BALANCES.c.balance + change, "updated_at": tx.now}))


def _note(tx: Transaction, member_id: str, template_id: str, kind: str, change: int, message_id: str | None = None) -> None:
    tx.execute(_MOVE, {"id": new_id("cmv", tx.now), "member_id": member_id, "template_id": template_id, "kind": kind,
                       "change": change, "message_id": message_id, "at": tx.now})
