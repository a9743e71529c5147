"""WeChat's daily bills as they were compared with our books."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, select

from backend.context import Context
from backend.infra.uow import reading
from backend.payments.models import Bill, BillDifference
from backend.payments.rules import newest_bill

BILLS, DIFFERENCES = Bill.__table__, BillDifference.__table__


class Disagreement(NamedTuple):
    """A number on which our books and the bill disagree: amounts in fen, None where it is missing."""

    kind: str
    number: str
    problem: str
    ours_fen: int | None
    theirs_fen: int | None


@dataclass(frozen=True, slots=True)
class ComparedBill:
    """A compared China day: counts and sums of the bill, and what is still open between it and our books."""

    day: date
    payments: int
    refunds: int
    payments_fen: int
    refunds_fen: int
    open: tuple[Disagreement, ...]


_BILL = select(BILLS.c.day, BILLS.c.payments, BILLS.c.refunds, BILLS.c.payments_fen, BILLS.c.refunds_fen).where(
    BILLS.c.day == bindparam("day"))
_OPEN = select(*(DIFFERENCES.c[name] for name in Disagreement._fields)).where(
    DIFFERENCES.c.day == bindparam("day"), DIFFERENCES.c.state == "open",
).order_by(DIFFERENCES.c.kind, DIFFERENCES.c.number)


def compared_bill(ctx: Context, *, day: date) -> ComparedBill | None:
    """The comparison of a day's bill, None before it was made; two statements. Staff only."""
    ctx.actor.must("money.view")
    with reading(ctx) as rd:
        bill = rd.execute(_BILL, {"day": day}).one_or_none()
        if bill is None:
            return None
        return ComparedBill(*bill, tuple(Disagreement(*row) for row in rd.execute(_OPEN, {"day": day})))


@dataclass(frozen=True, slots=True)
class BillPage:
    """A compared China day for the money desk, with every difference there ever was, what is open first."""

    bill: Row[Any]
    differences: list[Row[Any]]


_WHOLE = select(BILLS).where(BILLS.c.day == bindparam("day"))
_ALL = select(DIFFERENCES).where(DIFFERENCES.c.day == bindparam("day")).order_by(
    DIFFERENCES.c.state != "open", DIFFERENCES.c.kind, DIFFERENCES.c.number).limit(500)


def bill_page(ctx: Context, *, day: date) -> BillPage | None:
    """A day's comparison whole, None before it was made; two statements. Staff who see all stores only."""
    ctx.actor.must("money.view")
    ctx.actor.must_see_all()
    with reading(ctx) as rd:
        bill = rd.execute(_WHOLE, {"day": day}).one_or_none()
        return None if bill is None else BillPage(bill, list(rd.execute(_ALL, {"day": day})))


def newest_bill_day(ctx: Context) -> date:
    """The latest China day whose bill WeChat has now."""
    ctx.actor.must("money.view")
    return newest_bill(ctx.now)
