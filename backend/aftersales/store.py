"""Loads and guarded writes of after-sale cases. Whoever writes a case holds the lock of its order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy import case as when

from backend.aftersales.models import Aftersale, AftersaleLine, AftersaleMove
from backend.aftersales.refusals import LINE_IN_CASE
from backend.aftersales.rules import CaseLine
from backend.aftersales.states import AFTERSALE, ASKED, OPEN_STATES, REFUND_FAILED, REFUNDING, REFUSED
from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import NOT_FOUND

CASES, LINES, MOVES = Aftersale.__table__, AftersaleLine.__table__, AftersaleMove.__table__

_FIND = select(CASES).where(CASES.c.id == bindparam("aftersale_id"))
_OF_REFUND = select(CASES).where(CASES.c.refund_id == bindparam("refund_id"))
_LINES = select(LINES).where(LINES.c.aftersale_id == bindparam("aftersale_id")).order_by(LINES.c.order_line_id)
_OF_ORDER = select(LINES.c.order_line_id, func.count().filter(LINES.c.is_open).label("open"),
                   func.count().filter(CASES.c.state == REFUSED).label("refusals")).join(
    CASES, CASES.c.id == LINES.c.aftersale_id).where(CASES.c.order_id == bindparam("order_id")).group_by(LINES.c.order_line_id)
_OPEN_OF_ORDER = select(LINES.c.order_line_id, when((CASES.c.state == ASKED, LINES.c.held_qty), else_=0)).join(
    CASES, CASES.c.id == LINES.c.aftersale_id).where(CASES.c.order_id == bindparam("order_id"), LINES.c.is_open)
_ANY_OPEN = select(CASES.c.id).where(CASES.c.order_id == bindparam("order_id"), CASES.c.state.in_(OPEN_STATES)).limit(1)
_WAITING = select(CASES).where(
    CASES.c.order_id == bindparam("order_id"), CASES.c.state.in_((ASKED, REFUNDING, REFUND_FAILED)),
    CASES.c.id.in_(select(LINES.c.aftersale_id).where(LINES.c.held_qty > 0))).order_by(CASES.c.id)
_INSERT_CASE, _INSERT_MOVE = insert(CASES), insert(MOVES)
_CLOSE_LINES = update(LINES).where(LINES.c.aftersale_id == bindparam("of_case")).values(is_open=False)


class Standing(NamedTuple):
    """How an order line stands with after-sales."""

    in_case: bool
    refusals: int


def get_case(rd: Reading, aftersale_id: str, member_id: str | None = None) -> Row[Any]:
    """A case; refuses (not_found) the absent, and a foreign one when `member_id` is given.

    To write it, lock its order (`order_id` never changes) and get it again.
    """
    case = rd.execute(_FIND, {"aftersale_id": aftersale_id}).one_or_none()
    if case is None or (member_id is not None and case.member_id != member_id):
        raise NOT_FOUND()
    return case


def find_case_of_refund(rd: Reading, refund_id: str) -> Row[Any] | None:
    """The case that a refund was opened for, or None."""
    return rd.execute(_OF_REFUND, {"refund_id": refund_id}).one_or_none()


def case_lines(rd: Reading, aftersale_id: str) -> list[Row[Any]]:
    """The lines of a case."""
    return list(rd.execute(_LINES, {"aftersale_id": aftersale_id}))


def standings(rd: Reading, order_id: str) -> dict[str, Standing]:
    """How the lines of an order stand, as far as they were ever in a case; one statement."""
    return {row.order_line_id: Standing(bool(row.open), row.refusals) for row in rd.execute(_OF_ORDER, {"order_id": order_id})}


def open_lines(rd: Reading, order_id: str) -> dict[str, int]:
    """Order lines that are in an open case now → units of them that must not leave the shelf before it is decided."""
    return dict(tuple(row) for row in rd.execute(_OPEN_OF_ORDER, {"order_id": order_id}))


def waiting_cases(rd: Reading, order_id: str) -> list[Row[Any]]:
    """Cases of an order about goods that have not left: asked for, or with a refund under way or failed."""
    return list(rd.execute(_WAITING, {"order_id": order_id}))


def insert_case(tx: Transaction, case: dict[str, Any], lines: Sequence[CaseLine]) -> None:
    """Write a new case with its lines and first move; refuses (`aftersale_open`) when a line is in an open case already."""
    tx.execute(_INSERT_CASE, case)
    rows = [{"aftersale_id": case["id"], "order_line_id": line.order_line_id, "quantity": line.quantity, "held_qty": line.held_qty,
             "asked_fen": line.asked_fen, "restocked_qty": 0, "is_open": True} for line in lines]
    if tx.execute(INSERT[tx.dialect](LINES).values(rows).on_conflict_do_nothing()).rowcount != len(rows):
        raise LINE_IN_CASE()
    tx.execute(_INSERT_MOVE, {"aftersale_id": case["id"], "seq": 1, "from_state": None, "to_state": case["state"],
                              "actor": str(tx.actor), "why": "", "at": tx.now})


def move(tx: Transaction, case: Row[Any], to: str, why: str = "", **values: Any) -> None:
    """Move a case from the state it was read in to `to`, with its history row; its deadline is `due_at` or none.

    Guarded by state and move number: a move from a stale view is an AssertionError. An ended case frees its lines.
    """
    AFTERSALE.check(case.state, to)
    over = {"ended_at": tx.now} if AFTERSALE.is_final(to) else {}
    moved = tx.execute(update(CASES).where(CASES.c.id == case.id, CASES.c.state == case.state, CASES.c.moves == case.moves).values(
        {"due_at": None} | values | over | {"state": to, "moves": case.moves + 1}))
    assert moved.rowcount == 1, f"{case.id} was moved by somebody else while we held the lock of its order"
    tx.execute(_INSERT_MOVE, {"aftersale_id": case.id, "seq": case.moves + 1, "from_state": case.state, "to_state": to,
                              "actor": str(tx.actor), "why": why[:200], "at": tx.now})
    if over:
        tx.execute(_CLOSE_LINES, {"of_case": case.id})


def note_parcel(tx: Transaction, case: Row[Any], courier: str, tracking_number: str) -> None:
    """Correct courier and number of a parcel that is on its way."""
    tx.execute(update(CASES).where(CASES.c.id == case.id, CASES.c.state == case.state).values(
        courier=courier, tracking_number=tracking_number))


def put_off(tx: Transaction, case: Row[Any], due_at: datetime) -> None:
    """Move the deadline of whoever's turn it is; the state stays."""
    tx.execute(update(CASES).where(CASES.c.id == case.id, CASES.c.state == case.state).values(due_at=due_at))


def note_agreed(tx: Transaction, case: Row[Any], agreed: Mapping[str, int], restocked: Mapping[str, int] | None = None) -> None:
    """Write what was agreed for each line, in fen, and how many of its units went back on sale."""
    for line_id, fen in agreed.items():
        tx.execute(update(LINES).where(LINES.c.aftersale_id == case.id, LINES.c.order_line_id == line_id).values(
            given_fen=fen, restocked_qty=(restocked or {}).get(line_id, 0)))


def has_open_case(rd: Reading, order_id: str) -> bool:
    """Whether any case of the order is open: its receipt waits."""
    return rd.execute(_ANY_OPEN, {"order_id": order_id}).first() is not None
