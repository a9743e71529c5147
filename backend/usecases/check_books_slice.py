"""Make the next checks of a run of the books, and keep what they find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from backend.books import store as books
from backend.books.events import BooksSliceDue
from backend.books.rules import CHECK_SECONDS, GIVEN_UP_AFTER, LOOK_AGAIN, SLICE_SECONDS, TOLD, lasting
from backend.books.states import RUNNING
from backend.books.store import Told
from backend.checks.check import Check, Violation
from backend.checks.check_books import CHECKS, run_check
from backend.context import Context
from backend.infra.clock import real_now, ticks
from backend.infra.uow import reading, transaction

WAITING = frozenset(check.id for check in CHECKS if check.waits)
MOST = 1_000
"""Faults that are compared at the second look."""


def check_books_slice(ctx: Context, *, run_id: str, step: int) -> str:
    """Make checks until the slice's time is over; says how the run stands.

    Each result is kept in a transaction of its own, so a worker that dies costs one check; one at which it died twice is kept as
    unjudged, as is one that takes too long. What should have happened by now counts only when it is still so at a second look,
    a minute later (or when the worker dies of that look). A slice that somebody else has done changes nothing.
    """
    ctx.actor.must_be("system")
    with reading(ctx) as rd:
        run = books.find_run(rd, run_id)
        if run is None or run.state != RUNNING or run.step != step:
            return "nothing to do"
        known = books.results(rd, run_id)
        kept = books.faults(rd, run_id) if run.again else []
    dying = ctx.delivery is not None and ctx.delivery.attempt >= GIVEN_UP_AFTER
    if run.again:
        left = {} if dying else dict(_look_again(ctx, known, kept))
        with transaction(ctx, last=True) as tx:
            return "done" if books.finish(tx, run, left) else "somebody else's turn"

    to_do = [check for check in CHECKS if check.id not in known]
    if to_do and dying:
        _keep(ctx, run_id, to_do.pop(0), None)
    began = ticks()
    while to_do and ticks() - began <= SLICE_SECONDS:
        check = to_do.pop(0)
        result = run_check(ctx, check, limit=TOLD, seconds=CHECK_SECONDS)
        _keep(ctx, run_id, check, (result.count, result.violations, result.judged, int(result.seconds * 1000)))
    with transaction(ctx, last=True) as tx:
        if to_do:
            ours, said, at = books.advance(tx, run, real_now()), f"{len(to_do)} to do", tx.now
        elif any(row.faults for check_id, row in books.results(tx, run_id).items() if check_id in WAITING):
            ours, said, at = books.advance(tx, run, real_now(), again=True), "once more in a minute", tx.now + LOOK_AGAIN
        else:
            ours, said, at = books.finish(tx, run, {}), "done", None
        if ours and at is not None:
            tx.emit(BooksSliceDue(run_id, step + 1), at=at)
    return said if ours else "somebody else's turn"


def _keep(ctx: Context, run_id: str, check: Check, found: tuple[int, list[Violation], bool, int] | None) -> None:
    count, faults, judged, milliseconds = found or (0, [], False, 0)
    with transaction(ctx) as tx:
        books.note_result(tx, run_id, check.id, count=count, judged=judged, milliseconds=milliseconds, told=_told(faults))


def _look_again(ctx: Context, known: Mapping[str, Row[Any]], kept: Sequence[Row[Any]]) -> Iterator[tuple[str, tuple[int, Told]]]:
    """What lasts of the faults of checks that wait; one that takes too long now stays as it was."""
    for check in CHECKS:
        if check.waits and check.id in known and known[check.id].faults:
            result = run_check(ctx, check, limit=MOST, seconds=CHECK_SECONDS)
            if result.judged:
                seen = {_key(row.ids) for row in kept if row.check_id == check.id}
                faults = [(_key(each.ids), each) for each in result.violations]
                count, left = lasting(faults, result.count, seen, known[check.id].faults)
                yield check.id, (count, _told(left))


def _told(faults: Iterable[Violation]) -> Told:
    return [(each.ids, each.found, each.expected) for each in faults]


def _key(ids: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What stays the same while a fault lasts."""
    return tuple(sorted(ids.items()))
