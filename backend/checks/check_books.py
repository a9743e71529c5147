"""Checks the books: runs every check, or some, and tells what does not hold."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from backend.checks import (
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
from backend.checks.check import Check, Result, Violation, rows_of
from backend.context import Context
from backend.infra.clock import real_now, ticks
from backend.infra.patience import TookTooLong, patient
from backend.infra.uow import reading

AREAS = (ledger, numbers, orders, payments, refunds, aftersales, stock, parcels, pickups, outbox, waiting, carts, catalogue,
         members, reviews, messages, files, desk)
CHECKS: tuple[Check, ...] = tuple(check for area in AREAS for check in area.CHECKS)
AREA_OF = {check.id: area.__name__.rsplit(".", 1)[-1] for area in AREAS for check in area.CHECKS}
"""Check → the name of its area."""
PATIENCE = timedelta(seconds=60)
"""Nothing may stay undone for longer."""
NO_HURRY = 600
"""So many seconds may one check take where somebody waits for it."""


def run_check(ctx: Context, check: Check, *, limit: int, seconds: float = NO_HURRY) -> Result:
    """Run one check in a read-only snapshot of its own; at most `limit` faults are told, all are counted.

    One that takes longer than `seconds` is not judged. A replica answers, if there is one, save for what should have happened by
    now.
    """
    began, minute_ago, real_minute_ago = ticks(), ctx.now - PATIENCE, real_now() - PATIENCE
    try:
        with reading(ctx, old=not check.waits) as rd, patient(rd, seconds):
            count, violations = rows_of(rd, check, due=minute_ago, real_due=real_minute_ago, limit=limit)
    except TookTooLong:
        return Result(check, 0, [], ticks() - began, judged=False)
    return Result(check, count, violations, ticks() - began)


def run_checks(ctx: Context, *, only: Collection[str] | None = None, limit: int = 20,
               waiting: bool = True) -> Iterator[Result]:
    """Run the checks one by one, each in a read-only snapshot of its own; yields every result, faultless ones too.

    `only` names checks by id, or by the beginning of one ("I09"). At most `limit` faults of a check are told, all are
    counted. A replica answers, if there is one, save for what should have happened by now.
    `waiting=False` leaves out what should have happened by now: where nobody works, nothing happens.
    """
    for check in CHECKS:
        wanted = only is None or any(check.id.startswith(name) for name in only)
        if wanted and (waiting or not check.waits):
            yield run_check(ctx, check, limit=limit)


def check_books(ctx: Context, *, only: Collection[str] | None = None, limit: int = 20,
                waiting: bool = True) -> list[Violation]:
    """All faults of the checks (see `run_checks`); an empty list says that the books hold."""
    results = run_checks(ctx, only=only, limit=limit, waiting=waiting)
    return [violation for result in results for violation in result.violations]
