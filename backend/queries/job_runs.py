"""When a line of the timetable has run, and what came of it: its moments, runs out of turn, and their deliveries."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, literal, null, or_, select, union_all

from backend.context import Context
from backend.infra.audit import AuditRow
from backend.infra.marks import NO_SUCH_ENTRY, Slot
from backend.infra.outbox import DELIVERIES, EVENTS
from backend.infra.uow import Reading, reading
from backend.kernel.ids import first_id
from backend.kernel.rhythm import Entry

SHOWN = 50
_SLOTS, _AUDIT = Slot.__table__, AuditRow.__table__
_MILLISECOND = timedelta(milliseconds=1)
_MOMENTS = union_all(
    select(_SLOTS.c.started_at.label("at"), _SLOTS.c.slot.label("slot"), null().label("actor")).where(
        _SLOTS.c.name == bindparam("name"), _SLOTS.c.slot < bindparam("before")).order_by(
        _SLOTS.c.slot.desc()).limit(SHOWN + 1).subquery().select(),
    select(_AUDIT.c.at.label("at"), _AUDIT.c.at.label("slot"), _AUDIT.c.actor).where(
        _AUDIT.c.subject == bindparam("name"), _AUDIT.c.action == literal("run_entry_now"),
        _AUDIT.c.at < bindparam("before")).order_by(_AUDIT.c.at.desc()).limit(SHOWN + 1).subquery().select(),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the moment it was for, when it was started and by whom (None: the timetable), and how its reaction ended.

    `state` is done, dead, open, or forgotten (finished so long ago that only the moment is kept).
    """

    slot: datetime
    started_at: datetime
    actor: str | None
    state: str
    done_at: datetime | None = None
    tries: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class JobRuns:
    """A line of the timetable and its runs, newest first; `before` is where the next page begins, None at the end."""

    entry: Entry
    runs: Sequence[Run]
    before: datetime | None


def job_runs(ctx: Context, *, name: str, timetable: Sequence[Entry], before: datetime | None = None) -> JobRuns:
    """The latest runs of a line, at most SHOWN a page; refuses unknown names (`no_such_entry`). Two statements.

    Events carry no name of their line, but their ids carry the moment at which they were written, which is when the slot was
    started; days that were caught up in the same moment differ in what their events say.
    """
    ctx.actor.must("jobs.view")
    ctx.actor.must_see_all()
    entry = next((each for each in timetable if each.name == name), None)
    if entry is None:
        raise NO_SUCH_ENTRY()
    asked = {"name": name, "before": before or ctx.now + timedelta(days=1)}
    with reading(ctx) as rd:
        moments = sorted(rd.execute(_MOMENTS, asked).all(), key=lambda row: row.slot, reverse=True)
        shown = moments[:SHOWN]
        ended = _deliveries(rd, type(entry.event(ctx.now)).__name__, [row.at for row in shown])
    runs = []
    for row in shown:
        key = _key(first_id("evt", row.at), asdict(entry.event(row.slot)))
        runs.append(Run(row.slot, row.at, row.actor, *ended.get(key, ("forgotten",))))
    return JobRuns(entry, runs, shown[-1].slot if len(moments) > SHOWN else None)


def _key(started: str, payload: dict[str, Any]) -> tuple[Any, ...]:
    return started, *sorted(payload.items())


def _deliveries(rd: Reading, event: str, moments: Sequence[datetime]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(state, done_at, tries, error) of the deliveries of events of these moments, by moment and what the event says."""
    if not moments:
        return {}
    ranges = [and_(EVENTS.c.id >= first_id("evt", at), EVENTS.c.id < first_id("evt", at + _MILLISECOND)) for at in moments]
    statement: Select[Any] = select(EVENTS.c.id, EVENTS.c.payload, DELIVERIES).select_from(
        EVENTS.outerjoin(DELIVERIES, DELIVERIES.c.event_id == EVENTS.c.id)).where(EVENTS.c.name == event, or_(*ranges))
    found, moment = {}, len(first_id("evt", moments[0]))
    for row in rd.execute(statement):
        state = "done" if row.done_at else "dead" if row.dead_at else "open"
        tries = (row.attempt or 0) - (row.tried_before or 0)
        found[_key(row.id[:moment], row.payload)] = (state, row.done_at, tries, row.error)
    return found
