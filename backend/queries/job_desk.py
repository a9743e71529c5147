"""Jobs for the console: what waits and since when, what fails, what was given up, and the timetable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from sqlalchemy import Row, bindparam, func, select

from backend.context import Context
from backend.infra.marks import last_slot
from backend.infra.outbox import DELIVERIES, EVENTS, OPEN, QUEUE
from backend.infra.uow import reading
from backend.kernel.rhythm import Entry

SHOWN = 50
_JOINED = DELIVERIES.join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)
_COLUMNS = (DELIVERIES.c.event_id, DELIVERIES.c.reaction, EVENTS.c.name, EVENTS.c.payload, DELIVERIES.c.due_at,
            DELIVERIES.c.attempt, DELIVERIES.c.tried_before, DELIVERIES.c.retry_at, DELIVERIES.c.dead_at, DELIVERIES.c.error)
_WAITING = select(DELIVERIES.c.reaction, func.count(), func.min(DELIVERIES.c.due_at)).where(
    OPEN, DELIVERIES.c.due_at <= bindparam("now")).group_by(DELIVERIES.c.reaction).order_by(func.min(DELIVERIES.c.due_at))
_LATER = select(DELIVERIES.c.reaction, func.count(), func.min(DELIVERIES.c.due_at)).where(
    OPEN, DELIVERIES.c.due_at > bindparam("now")).group_by(DELIVERIES.c.reaction).order_by(func.min(DELIVERIES.c.due_at))
_FAILING = select(*_COLUMNS).select_from(_JOINED).where(OPEN, DELIVERIES.c.error.is_not(None)).order_by(
    DELIVERIES.c.due_at).limit(SHOWN)
_DEAD = select(*_COLUMNS).select_from(_JOINED).where(DELIVERIES.c.dead_at.is_not(None)).order_by(
    DELIVERIES.c.dead_at.desc()).limit(SHOWN)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timetable with the moment that was started last, and the next one."""

    name: str
    rhythm: Any
    last: datetime | None
    next: datetime


@dataclass(frozen=True, slots=True)
class At:
    """A worker of the queue: its name, what it does, when it was heard of last."""

    name: str
    state: str
    heard_at: datetime | None
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class QueueState:
    """The queue in Redis: how many names of deliveries wait in it, and who works on it."""

    waiting: int
    workers: Sequence[At]


@dataclass(frozen=True, slots=True)
class JobDesk:
    """`waiting` and `later` are rows of (reaction, how many, the earliest due_at); `failing` and `dead` whole deliveries, at
    most SHOWN of each. `queue` is None when Redis does not answer."""

    waiting: Sequence[Row[Any]]
    later: Sequence[Row[Any]]
    failing: Sequence[Row[Any]]
    dead: Sequence[Row[Any]]
    timetable: Sequence[Line]
    queue: QueueState | None


def job_desk(ctx: Context, *, timetable: Sequence[Entry]) -> JobDesk:
    """How the work behind the scenes stands; staff who see all stores only."""
    ctx.actor.must("jobs.view")
    ctx.actor.must_see_all()
    with reading(ctx) as rd:
        lines = [Line(each.name, each.rhythm, last_slot(rd, each.name), each.rhythm.after(ctx.now)) for each in timetable]
        desk = JobDesk(
            rd.execute(_WAITING, {"now": ctx.now}).all(), rd.execute(_LATER, {"now": ctx.now}).all(), rd.execute(_FAILING).all(),
            rd.execute(_DEAD).all(), lines, None)
    return JobDesk(desk.waiting, desk.later, desk.failing, desk.dead, desk.timetable, _queue(ctx.settings.redis_url))


def _queue(url: str) -> QueueState | None:
    if not url:
        return None
    redis = Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1)
    try:
        queue = Queue(QUEUE, connection=redis)
        workers = [At(each.name, str(each.get_state() or ""), each.last_heartbeat, each.successful_job_count or 0,
                      each.failed_job_count or 0) for each in Worker.all(queue=queue)]
        return QueueState(queue.count, sorted(workers, key=lambda at: at.name))
    except RedisError:
        return None
    finally:
        redis.close()
