"""Loads and guarded writes of the books' runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from backend.books.models import BooksFault, BooksResult, BooksRun
from backend.books.rules import TOLD
from backend.books.states import DONE, GIVEN_UP, RUN, RUNNING
from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction

RUNS, RESULTS, FAULTS = BooksRun.__table__, BooksResult.__table__, BooksFault.__table__

LAST = select(RUNS.c.id).where(RUNS.c.state == DONE).order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc()).limit(1)
"""The last run that came to its end."""
Told = Sequence[tuple[Mapping[str, str], str, str]]
"""Faults as (ids, found, expected)."""
_ONE = select(RUNS).where(RUNS.c.id == bindparam("run_id"))
_OF_RUN = select(RESULTS).where(RESULTS.c.run_id == bindparam("run_id"))
_SUMS = select(
    func.count().label("checks"), func.count().filter(~RESULTS.c.judged).label("unjudged"),
    func.count().filter(RESULTS.c.faults > 0).label("failing"), func.coalesce(func.sum(RESULTS.c.faults), 0).label("faults"),
).where(RESULTS.c.run_id == bindparam("run_id"))


def claim_run(tx: Transaction, run_id: str, heard_at: datetime) -> bool:
    """Begin a run (guarded by a unique key); False while another one is under way."""
    row = {"id": run_id, "asked_by": str(tx.actor), "started_at": tx.now, "heard_at": heard_at, "state": RUNNING, "step": 0,
           "again": False, "checks": 0, "unjudged": 0, "failing": 0, "faults": 0}
    return tx.execute(INSERT[tx.dialect](RUNS).values(row).on_conflict_do_nothing()).rowcount == 1


def give_up_stale(tx: Transaction, before: datetime) -> int:
    """End runs of which nothing was heard since `before` (real time); returns how many."""
    RUN.check(RUNNING, GIVEN_UP)
    return tx.execute(update(RUNS).where(RUNS.c.state == RUNNING, RUNS.c.heard_at < before).values(
        state=GIVEN_UP, ended_at=tx.now)).rowcount


def find_run(rd: Reading, run_id: str) -> Row[Any] | None:
    """The run, or None."""
    return rd.execute(_ONE, {"run_id": run_id}).one_or_none()


def results(rd: Reading, run_id: str) -> dict[str, Row[Any]]:
    """What the checks of a run found so far, by check."""
    return {row.check_id: row for row in rd.execute(_OF_RUN, {"run_id": run_id})}


def faults(rd: Reading, run_id: str) -> list[Row[Any]]:
    """The faults that are kept of a run, by check."""
    return list(rd.execute(select(FAULTS).where(FAULTS.c.run_id == run_id).order_by(FAULTS.c.check_id, FAULTS.c.number)))


def note_result(tx: Transaction, run_id: str, check_id: str, *, count: int, judged: bool, milliseconds: int,
                told: Told) -> None:
    """Write what a check found: the first time counts, a second writer changes nothing."""
    row = {"run_id": run_id, "check_id": check_id, "faults": count, "judged": judged, "milliseconds": milliseconds}
    if tx.execute(INSERT[tx.dialect](RESULTS).values(row).on_conflict_do_nothing()).rowcount == 1:
        _tell(tx, run_id, check_id, told)


def _tell(tx: Transaction, run_id: str, check_id: str, told: Told) -> None:
    if told:
        tx.execute(insert(FAULTS), [
            {"run_id": run_id, "check_id": check_id, "number": number, "ids": dict(ids), "found": found[:500],
             "expected": expected[:500]} for number, (ids, found, expected) in enumerate(told[:TOLD], 1)])


def advance(tx: Transaction, run: Row[Any], heard_at: datetime, *, again: bool = False) -> bool:
    """Move a run on to its next slice (guarded by state and step); False when it was somebody else's turn."""
    return tx.execute(update(RUNS).where(RUNS.c.id == run.id, RUNS.c.state == RUNNING, RUNS.c.step == run.step).values(
        step=run.step + 1, heard_at=heard_at, again=again)).rowcount == 1


def finish(tx: Transaction, run: Row[Any], lasting: Mapping[str, tuple[int, Told]]) -> bool:
    """End a run with the sums of its results (guarded by state and step); `lasting`: how many faults of a check were left at the
    second look, and which. False, with nothing changed, when it was somebody else's turn."""
    RUN.check(run.state, DONE)
    ended = tx.execute(update(RUNS).where(RUNS.c.id == run.id, RUNS.c.state == RUNNING, RUNS.c.step == run.step).values(
        state=DONE, ended_at=tx.now))
    if ended.rowcount != 1:
        return False
    for check_id, (count, told) in lasting.items():
        tx.execute(update(RESULTS).where(RESULTS.c.run_id == run.id, RESULTS.c.check_id == check_id).values(faults=count))
        tx.execute(delete(FAULTS).where(FAULTS.c.run_id == run.id, FAULTS.c.check_id == check_id))
        _tell(tx, run.id, check_id, told)
    sums = tx.execute(_SUMS, {"run_id": run.id}).one()
    tx.execute(update(RUNS).where(RUNS.c.id == run.id).values(
        {name: int(value) for name, value in sums._asdict().items()}))
    return True


def forget_old(tx: Transaction, before: datetime) -> int:
    """Delete runs that ended before that moment, with all that they found; returns how many runs. The last one that came to its
    end stays."""
    old = select(RUNS.c.id).where(RUNS.c.ended_at < before, RUNS.c.id.not_in(LAST.subquery().select()))
    ids = list(tx.execute(old).scalars())
    for table, column in ((FAULTS, FAULTS.c.run_id), (RESULTS, RESULTS.c.run_id), (RUNS, RUNS.c.id)):
        if ids:
            tx.execute(delete(table).where(column.in_(ids)))
    return len(ids)
