"""WeChat's daily bills as they were compared with our books."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra.uow import reading
from backend.payments.models import Bill, BillDifference

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
