"""Checks the books: runs every check, or some, and tells what does not hold."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from sqlalchemy import text

from backend.context import Context
from backend.infra.clock import real_now, ticks
from backend.infra.uow import reading
from backend.queries.books import (
    aftersales,
    carts,
    catalogue,
    desk,
    files,
    ledger,
    members,
    messages,
    numbers,
    orders,
    outbox,
    parcels,
    payments,
    pickups,
    refunds,
    reviews,
    stock,
    waiting,
)
from backend.queries.books.check import Check, Result, Violation, rows_of

AREAS = (ledger, numbers, orders, payments, refunds, aftersales, stock, parcels, pickups, outbox, waiting, carts, catalogue,
         members, reviews, messages, files, desk)
CHECKS: tuple[Check, ...] = tuple(check for area in AREAS for check in area.CHECKS)
PATIENCE = timedelta(seconds=60)
"""Nothing may stay undone for longer."""
_NO_HURRY = text("set local statement_timeout = '600s'")


def run_checks(ctx: Context, *, only: Collection[str] | None = None, limit: int = 20,
               waiting: bool = True) -> Iterator[Result]:
    """Run the checks one by one, each in a read-only snapshot of its own; yields every result, faultless ones too.

    `only` names checks by id, or by the beginning of one ("I09"). At most `limit` faults of a check are told, all are
    counted. A replica answers, if there is one, save for what should have happened by now.
    `waiting=False` leaves out what should have happened by now: where nobody works, nothing happens.
    """
    minute_ago = ctx.now - PATIENCE
    for check in CHECKS:
        wanted = only is None or any(check.id.startswith(name) for name in only)
        if wanted and (waiting or not check.waits):
            began = ticks()
            with reading(ctx, old=not check.waits) as rd:
                if rd.dialect == "postgresql":
                    rd.execute(_NO_HURRY)
                count, violations = rows_of(rd, check, due=minute_ago, real_due=real_now() - PATIENCE, limit=limit)
            yield Result(check, count, violations, ticks() - began)


def check_books(ctx: Context, *, only: Collection[str] | None = None, limit: int = 20,
                waiting: bool = True) -> list[Violation]:
    """All faults of the checks (see `run_checks`); an empty list says that the books hold."""
    results = run_checks(ctx, only=only, limit=limit, waiting=waiting)
    return [violation for result in results for violation in result.violations]
