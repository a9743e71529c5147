"""Figures for a monitor: what the books' checks found last, what waits and what failed; all from the database of this moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from backend.books.states import DONE
from backend.books.store import LAST, RESULTS, RUNS
from backend.context import Context
from backend.infra.outbox import DELIVERIES, OPEN
from backend.infra.uow import reading
from backend.payments.models import BillDifference, PaymentException, Refund
from backend.payments.states import ABNORMAL
from backend.queries.readiness import Backlog, outbox_backlog

EXCEPTIONS, DIFFERENCES, REFUNDS = PaymentException.__table__, BillDifference.__table__, Refund.__table__


@dataclass(frozen=True, slots=True)
class Figures:
    """`faults` by check of the last run that came to its end (empty: never), which was at `checked_at`; `unjudged` others
    were not judged. `failing` deliveries are tried again; `exceptions` by kind wait for the money desk."""

    faults: Mapping[str, int]
    unjudged: int
    checked_at: datetime | None
    backlog: Backlog
    failing: int
    exceptions: Mapping[str, int]
    bill_differences: int
    stuck_refunds: int


def metrics(ctx: Context) -> Figures:
    """The figures of now: nine short statements over indexes of what is open. For the system only."""
    ctx.actor.must_be("system")
    backlog = outbox_backlog(ctx)
    with reading(ctx) as rd:
        last = rd.execute(LAST).scalar_one_or_none()
        run = rd.execute(select(RUNS.c.ended_at, RUNS.c.unjudged).where(RUNS.c.id == last, RUNS.c.state == DONE)).one_or_none()
        found = rd.execute(select(RESULTS.c.check_id, RESULTS.c.faults).where(RESULTS.c.run_id == last, RESULTS.c.judged)).all()
        failing = rd.execute(select(func.count()).where(OPEN, DELIVERIES.c.error.is_not(None))).scalar_one()
        exceptions = rd.execute(select(EXCEPTIONS.c.kind, func.count()).where(EXCEPTIONS.c.state == "open").group_by(
            EXCEPTIONS.c.kind)).all()
        differences = rd.execute(select(func.count()).where(DIFFERENCES.c.state == "open")).scalar_one()
        stuck = rd.execute(select(func.count()).where(REFUNDS.c.state == ABNORMAL)).scalar_one()
    return Figures(dict(map(tuple, found)), run.unjudged if run else 0, run.ended_at if run else None, backlog, failing,
                   dict(map(tuple, exceptions)), differences, stuck)
