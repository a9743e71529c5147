"""Loads, locks and guarded writes of payments, refunds, quarantine and bills."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import NOT_FOUND
from backend.kernel.ids import new_id
from backend.payments.models import Bill, BillDifference, Payment, PaymentException, Refund, RefundLine
from backend.payments.refusals import REFUND_OVER, SETTLED_ALREADY, TOO_MANY_REFUNDS
from backend.payments.rules import MAX_REFUNDS, Difference
from backend.payments.states import ASKED, OPEN, PAYMENT, REFUND, SENT, SUCCEEDED

PAYMENTS, REFUNDS, REFUND_LINES = Payment.__table__, Refund.__table__, RefundLine.__table__
EXCEPTIONS, BILLS, DIFFERENCES = PaymentException.__table__, Bill.__table__, BillDifference.__table__
STUCK = ("refund_refused", "refund_abnormal")
"""Kinds of exceptions that end by themselves when the refund's money arrives."""

_FIND_PAYMENT = select(PAYMENTS).where(PAYMENTS.c.id == bindparam("payment_id"))
_LOCK_PAYMENT = _FIND_PAYMENT.with_for_update()
_OF_ORDER = select(PAYMENTS).where(PAYMENTS.c.order_id == bindparam("order_id")).order_by(PAYMENTS.c.id).with_for_update()
_OPEN_OF_ORDER = select(PAYMENTS).where(PAYMENTS.c.order_id == bindparam("order_id"), PAYMENTS.c.state.in_((ASKED, OPEN)))
_INSERT_PAYMENT = insert(PAYMENTS)
_FIND_REFUND = select(REFUNDS).where(REFUNDS.c.id == bindparam("refund_id"))
_LOCK_REFUND = _FIND_REFUND.with_for_update()


def find_payment(rd: Reading, payment_id: str) -> Row[Any] | None:
    """A payment by its number, or None."""
    return rd.execute(_FIND_PAYMENT, {"payment_id": payment_id}).one_or_none()


def find_open_payment(rd: Reading, order_id: str) -> Row[Any] | None:
    """The attempt of an order that is asked or open, or None; there is never more than one."""
    return rd.execute(_OPEN_OF_ORDER, {"order_id": order_id}).one_or_none()


_APPLIED = select(PAYMENTS).where(PAYMENTS.c.order_id == bindparam("order_id"), PAYMENTS.c.state == SUCCEEDED)


def find_applied(rd: Reading, order_id: str) -> Row[Any] | None:
    """The payment that paid an order, or None; there is never more than one."""
    return rd.execute(_APPLIED, {"order_id": order_id}).one_or_none()


def lock_payment(tx: Transaction, payment_id: str) -> Row[Any]:
    """Lock a payment; refuses the absent."""
    tx.locking("payment")
    payment = tx.execute(_LOCK_PAYMENT, {"payment_id": payment_id}).one_or_none()
    if payment is None:
        raise NOT_FOUND()
    return payment


def lock_payments_of(tx: Transaction, order_id: str) -> list[Row[Any]]:
    """Lock all attempts of an order, oldest first."""
    tx.locking("payment")
    return list(tx.execute(_OF_ORDER, {"order_id": order_id}))


def insert_payment(tx: Transaction, row: dict[str, Any]) -> None:
    """Write a new attempt; the database refuses a second open one for the same order."""
    tx.execute(_INSERT_PAYMENT, row)


def move_payment(tx: Transaction, payment: Row[Any], to: str, **values: Any) -> None:
    """Move a locked payment to `to`; guarded by the state it was locked in."""
    PAYMENT.check(payment.state, to)
    moved = tx.execute(update(PAYMENTS).where(PAYMENTS.c.id == payment.id, PAYMENTS.c.state == payment.state)
                       .values(state=to, **values))
    assert moved.rowcount == 1, f"{payment.id} was moved by somebody else while we held its lock"


def keep_prepay(tx: Transaction, payment: Row[Any], prepay_id: str, params: dict[str, str], next_query_at: datetime) -> bool:
    """Keep what WeChat answered to a prepay; the attempt is open from now on (again, when it was renewed).

    False, and nothing kept, when the attempt was closed or paid meanwhile.
    """
    kept = tx.execute(update(PAYMENTS).where(PAYMENTS.c.id == payment.id, PAYMENTS.c.state.in_((ASKED, OPEN))).values(
        state=OPEN, prepay_id=prepay_id, prepay_at=tx.now, params=params, next_query_at=next_query_at))
    return kept.rowcount == 1


def plan_query(tx: Transaction, payment_id: str, at: datetime | None, queries: int) -> None:
    """Say when WeChat is asked next about a payment (None: never again)."""
    tx.execute(update(PAYMENTS).where(PAYMENTS.c.id == payment_id).values(next_query_at=at, queries=queries))


def due_queries(rd: Reading, now: datetime, limit: int = 200) -> tuple[list[str], list[str]]:
    """Ids of payments and of refunds that WeChat must be asked about now."""
    def due(table: Any) -> list[str]:
        return list(rd.execute(select(table.c.id).where(table.c.next_query_at <= now).order_by(table.c.next_query_at)
                               .limit(limit)).scalars())
    return due(PAYMENTS), due(REFUNDS)


def postpone_queries(tx: Transaction, payments: Sequence[str], refunds: Sequence[str], at: datetime) -> None:
    """Move the next query of these away, so that the next tick does not ask for them again."""
    for table, numbers in ((PAYMENTS, payments), (REFUNDS, refunds)):
        if numbers:
            waiting = table.c.id.in_(numbers) & table.c.next_query_at.is_not(None)
            tx.execute(update(table).where(waiting).values(next_query_at=at))


_COUNT_REFUND = update(PAYMENTS).where(
    PAYMENTS.c.id == bindparam("payment_id"), PAYMENTS.c.refund_fen + bindparam("fen") <= PAYMENTS.c.amount_fen,
    PAYMENTS.c.refunds < MAX_REFUNDS,
).values(refund_fen=PAYMENTS.c.refund_fen + bindparam("fen"), refunds=PAYMENTS.c.refunds + 1)


def insert_refund(tx: Transaction, payment: Row[Any], refund: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    """Write a refund of a locked payment and count it on the payment (guarded): never more than was paid, at most 50."""
    if payment.refunds >= MAX_REFUNDS:
        raise TOO_MANY_REFUNDS()
    if tx.execute(_COUNT_REFUND, {"payment_id": payment.id, "fen": refund["amount_fen"]}).rowcount != 1:
        raise REFUND_OVER()
    tx.execute(insert(REFUNDS), refund)
    if lines:
        tx.execute(insert(REFUND_LINES), lines)


def uncount_refund(tx: Transaction, refund: Row[Any]) -> None:
    """Take a refund that WeChat closed out of its payment's count."""
    left = PAYMENTS.c.refund_fen - refund.amount_fen
    tx.execute(update(PAYMENTS).where(PAYMENTS.c.id == refund.payment_id).values(refund_fen=left))


def last_refund_due(rd: Reading, payment_id: str) -> datetime | None:
    """When the latest refund of a payment was sent or is to be sent."""
    return rd.execute(select(func.max(func.coalesce(REFUNDS.c.sent_at, REFUNDS.c.send_at))).where(
        REFUNDS.c.payment_id == payment_id)).scalar()


def find_refund(rd: Reading, refund_id: str) -> Row[Any] | None:
    """A refund by its number, or None."""
    return rd.execute(_FIND_REFUND, {"refund_id": refund_id}).one_or_none()


def lock_refund(tx: Transaction, refund_id: str) -> Row[Any]:
    """Lock a refund; refuses the absent."""
    tx.locking("refund")
    refund = tx.execute(_LOCK_REFUND, {"refund_id": refund_id}).one_or_none()
    if refund is None:
        raise NOT_FOUND()
    return refund


def move_refund(tx: Transaction, refund: Row[Any], to: str, **values: Any) -> None:
    """Move a locked refund to `to`; guarded by the state it was locked in."""
    REFUND.check(refund.state, to)
    moved = tx.execute(update(REFUNDS).where(REFUNDS.c.id == refund.id, REFUNDS.c.state == refund.state).values(state=to, **values))
    assert moved.rowcount == 1, f"{refund.id} was moved by somebody else while we held its lock"


def note_refund(tx: Transaction, refund_id: str, **values: Any) -> None:
    """Write facts about a refund that do not move it (a problem, when it is sent next, when WeChat is asked next)."""
    tx.execute(update(REFUNDS).where(REFUNDS.c.id == refund_id, REFUNDS.c.state.in_((ASKED, SENT))).values(**values))


def refund_lines(rd: Reading, refund_id: str) -> list[Row[Any]]:
    """What a refund gives back, line by line."""
    return list(rd.execute(select(REFUND_LINES).where(REFUND_LINES.c.refund_id == refund_id)))


def quarantine(tx: Transaction, kind: str, number: str, transaction_id: str, details: dict[str, Any], *,
               reopen: bool = False) -> str | None:
    """Put money news aside for a person; None when the same has been put aside before.

    `reopen`: it is not the same news told twice but has happened again, so what a person settled meanwhile is open once more.
    """
    row = {"id": new_id("pex", tx.now), "kind": kind, "number": number[:64], "transaction_id": transaction_id[:64],
           "details": details, "state": "open", "at": tx.now}
    put = tx.execute(INSERT[tx.dialect](EXCEPTIONS).values(**row).on_conflict_do_nothing())
    if put.rowcount == 1:
        return row["id"]
    same = (EXCEPTIONS.c.kind == kind, EXCEPTIONS.c.number == row["number"], EXCEPTIONS.c.transaction_id == row["transaction_id"])
    if not reopen or tx.execute(update(EXCEPTIONS).where(*same, EXCEPTIONS.c.state == "closed").values(
            state="open", at=tx.now, details=details)).rowcount != 1:
        return None
    return tx.execute(select(EXCEPTIONS.c.id).where(*same)).scalar_one()


def settle_exception(tx: Transaction, exception_id: str, note: str) -> Row[Any]:
    """Close an open exception (guarded) and return it; refuses the absent and (`settled_already`) what is closed."""
    of_id = EXCEPTIONS.c.id == exception_id
    done = tx.execute(update(EXCEPTIONS).where(of_id, EXCEPTIONS.c.state == "open").values(
        state="closed", note=note, settled_at=tx.now, settled_by=str(tx.actor)))
    found = tx.execute(select(EXCEPTIONS.c.kind, EXCEPTIONS.c.number).where(of_id)).one_or_none()
    if found is None:
        raise NOT_FOUND()
    if done.rowcount != 1:
        raise SETTLED_ALREADY()
    return found


def settle_stuck_refund(tx: Transaction, refund_id: str, note: str) -> None:
    """Close what was listed because a refund was stuck: its money has arrived."""
    tx.execute(update(EXCEPTIONS).where(
        EXCEPTIONS.c.number == refund_id, EXCEPTIONS.c.kind.in_(STUCK), EXCEPTIONS.c.state == "open",
    ).values(state="closed", note=note, settled_at=tx.now, settled_by=str(tx.actor)))


def close_difference(tx: Transaction, day: date, kind: str, number: str, note: str) -> Row[Any]:
    """Close an open difference (guarded) and return it; refuses the absent and (`settled_already`) what is not open."""
    of_key = (DIFFERENCES.c.day == day, DIFFERENCES.c.kind == kind, DIFFERENCES.c.number == number)
    done = tx.execute(update(DIFFERENCES).where(*of_key, DIFFERENCES.c.state == "open").values(
        state="closed", note=note, settled_at=tx.now, settled_by=str(tx.actor)))
    found = tx.execute(select(DIFFERENCES.c.problem, DIFFERENCES.c.ours_fen, DIFFERENCES.c.theirs_fen).where(*of_key)).one_or_none()
    if found is None:
        raise NOT_FOUND()
    if done.rowcount != 1:
        raise SETTLED_ALREADY()
    return found


def paid_between(rd: Reading, start: datetime, end: datetime) -> dict[str, int]:
    """Our payments by number → fen that WeChat says were paid in [start, end)."""
    return dict(tuple(row) for row in rd.execute(select(PAYMENTS.c.id, PAYMENTS.c.amount_fen).where(
        PAYMENTS.c.paid_at >= start, PAYMENTS.c.paid_at < end)))


def sent_between(rd: Reading, start: datetime, end: datetime) -> dict[str, int]:
    """Our refunds by number → fen that WeChat accepted in [start, end)."""
    return dict(tuple(row) for row in rd.execute(select(REFUNDS.c.id, REFUNDS.c.amount_fen).where(
        REFUNDS.c.sent_at >= start, REFUNDS.c.sent_at < end)))


def amounts_of(rd: Reading, payments: Sequence[str], refunds: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Our amounts in fen of these numbers, as far as we have them: payments that were paid, refunds that were sent."""
    def known(table: Any, numbers: Sequence[str], happened: Any) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(numbers), 500):
            found |= dict(tuple(row) for row in rd.execute(select(table.c.id, table.c.amount_fen).where(
                table.c.id.in_(numbers[start:start + 500]), happened)))
        return found
    return (known(PAYMENTS, payments, PAYMENTS.c.transaction_id.is_not(None)),
            known(REFUNDS, refunds, REFUNDS.c.sent_at.is_not(None)))


def keep_bill(tx: Transaction, day: date, totals: dict[str, int], differences: Sequence[Difference]) -> None:
    """Keep the comparison of a day; done again it replaces the first, differences that went away are marked gone, and those
    that a person has closed stay closed."""
    row = {"day": day, "compared_at": tx.now, "differences": len(differences)} | totals
    bill = INSERT[tx.dialect](BILLS).values(**row)
    tx.execute(bill.on_conflict_do_update(index_elements=["day"], set_={k: v for k, v in row.items() if k != "day"}))
    tx.execute(update(DIFFERENCES).where(DIFFERENCES.c.day == day, DIFFERENCES.c.state == "open").values(state="gone"))
    for each in differences:
        values = {"day": day, "kind": each.kind, "number": each.number, "problem": each.problem, "ours_fen": each.ours_fen,
                  "theirs_fen": each.theirs_fen, "state": "open"}
        put = INSERT[tx.dialect](DIFFERENCES).values(**values)
        tx.execute(put.on_conflict_do_update(
            index_elements=["day", "kind", "number"], where=DIFFERENCES.c.state != "closed",
            set_={name: values[name] for name in ("problem", "ours_fen", "theirs_fen", "state")}))
