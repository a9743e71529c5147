"""The books for the console: what the checks found in a run, what each of them demands, and the runs before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from backend.books import store as books
from backend.books.rules import TOLD as TOLD
from backend.books.states import DONE, RUNNING
from backend.books.store import LAST, RESULTS, RUNS
from backend.checks.check import Check
from backend.checks.check_books import AREA_OF, CHECKS
from backend.context import Context
from backend.infra.uow import reading
from backend.kernel.errors import NOT_FOUND

SHOWN = 60
LATE = timedelta(hours=36)
"""The checks are made every night: when the last run is older, something is wrong with cron or worker."""
_BY_ID = {check.id: check for check in CHECKS}


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the books do not hold."""

    ids: Mapping[str, str]
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `faults` in all, the first of them in `told`; `check` is None when it exists no more."""

    check_id: str
    check: Check | None
    area: str
    faults: int
    judged: bool
    milliseconds: int
    told: Sequence[Fault]

    @property
    def wrong(self) -> bool:
        """Whether somebody must look."""
        return self.faults > 0 or not self.judged


@dataclass(frozen=True, slots=True)
class BooksPage:
    """`run` is the one that was asked for, or the last that came to its end (None: never); `running` one under way and how many
    checks it has made; `late`: the last one is too long ago."""

    run: Row[Any] | None
    findings: Sequence[Finding]
    running: Row[Any] | None
    made: int
    checks: int
    late: bool
    runs: Sequence[Row[Any]]


def books_page(ctx: Context, *, run_id: str | None = None) -> BooksPage:
    """The books as a run left them; staff who see all stores. Absent runs are not found."""
    _may(ctx)
    with reading(ctx) as rd:
        runs = rd.execute(select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc()).limit(SHOWN)).all()
        running = rd.execute(select(RUNS).where(RUNS.c.state == RUNNING)).one_or_none()
        made = _made(rd, running)
        last = rd.execute(LAST).scalar_one_or_none()
        run = books.find_run(rd, run_id or last) if run_id or last else None
        if run_id and run is None:
            raise NOT_FOUND()
        rows = books.results(rd, run.id) if run else {}
        told: dict[str, list[Fault]] = {}
        for row in books.faults(rd, run.id) if run else ():
            told.setdefault(row.check_id, []).append(Fault(row.ids, row.found, row.expected))
    ended = next((row.ended_at for row in runs if row.state == DONE), None)
    order = {check.id: place for place, check in enumerate(CHECKS)}
    findings = [Finding(row.check_id, _BY_ID.get(row.check_id), AREA_OF.get(row.check_id, ""), row.faults, row.judged,
                        row.milliseconds, told.get(row.check_id, ()))
                for row in sorted(rows.values(), key=lambda row: order.get(row.check_id, len(order)))]
    return BooksPage(run, findings, running, made, len(CHECKS), ended is not None and _is_late(ctx.now, ended), runs)


def books_underway(ctx: Context) -> tuple[bool, int, int]:
    """Whether a run is under way, how many checks it has made, and of how many."""
    _may(ctx)
    with reading(ctx) as rd:
        running = rd.execute(select(RUNS).where(RUNS.c.state == RUNNING)).one_or_none()
        return running is not None, _made(rd, running), len(CHECKS)


def _may(ctx: Context) -> None:
    ctx.actor.must("books.view")
    ctx.actor.must_see_all()


def _made(rd: Any, running: Row[Any] | None) -> int:
    if running is None:
        return 0
    return int(rd.execute(select(func.count()).select_from(RESULTS).where(RESULTS.c.run_id == running.id)).scalar_one())


def _is_late(now: datetime, ended: datetime) -> bool:
    return now - ended > LATE
