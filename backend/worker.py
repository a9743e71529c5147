"""The front door for time: the outbox relay, the RQ worker that runs reactions, and the cron tick.

The relay is a thread in each worker's parent. It never runs while the worker forks and holds no SQLite connection over a
fork (a child that inherits one inherits its locks). The database is the truth: RQ jobs only carry the names of deliveries.
"""


import os
import sys
import threading
import time
from typing import Any

import httpcore  # noqa: F401 - imported before the fork: every job's child would import it anew
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from backend.app import create_app, runtime
from backend.gateways.outcomes import WeChatUnknown
from backend.infra import outbox
from backend.infra.clock import real_now, ticks
from backend.infra.db import db
from backend.infra.logging import log
from backend.infra.outbox import QUEUE, Lease
from backend.infra.settings import Settings, load_settings
from backend.infra.uow import reading, transaction
from backend.kernel.actors import SYSTEM
from backend.kernel.errors import Refused
from backend.kernel.rhythm import Ahead
from backend.reactions import NAMES, TIMETABLE, find
from backend.usecases.forget_future_slots import forget_future_slots
from backend.usecases.start_due_slots import start_due_slots

RELAY_SECONDS = 0.3
LOOK_SECONDS = 10
TICK_SECONDS = 10
HORSE = "Worker" if sys.platform != "darwin" else "SimpleWorker"

_LOG = log("tuanma.worker")
_FORKING = threading.Lock()
"""Held by a relay pass and by a fork, so that no fork happens in the middle of a pass."""
_state: dict[str, Any] = {}


def app() -> Flask:
    """This process's app, made once (before any fork)."""
    if "app" not in _state:
        _state["app"] = create_app()
    return _state["app"]


def use_app(made: Flask) -> None:
    """Use an app that somebody else made (tests)."""
    _state["app"] = made


def run_delivery(event_id: str, reaction: str, attempt: int) -> str:
    """The RQ job: run one delivery's attempt; says what became of it. Failures are recorded, never raised to RQ."""
    lease = Lease(event_id, reaction, attempt)
    with app().app_context():
        ctx = runtime(app()).context(SYSTEM)
        with transaction(ctx) as tx:
            started = outbox.start(tx.connection, lease, real_now())
        if started is None:
            return "gone"
        name, payload = started
        use_case = find(name, reaction)
        began = ticks()
        try:
            if use_case is None:
                raise LookupError(f"no reaction {reaction} to {name}")
            use_case(runtime(app()).context(SYSTEM, delivery=lease), **payload)
            with transaction(ctx) as tx:
                outbox.finish_if_open(tx.connection, lease, ctx.now)
        except outbox.TakenOver:
            _LOG.warning("delivery taken over", job=lease.job_id)
            return "taken over"
        except Exception as error:
            _record_failure(lease, error)
            return "failed"
        _LOG.info("delivery done", event_name=name, job=lease.job_id, ms=round((ticks() - began) * 1000))
        return "done"


def _record_failure(lease: Lease, error: Exception) -> None:
    text = f"{error.code} {error.details}" if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
    _LOG.error("delivery failed", job=lease.job_id, error=text, exc_info=not isinstance(error, (Refused, WeChatUnknown)))
    with transaction(runtime(app()).context(SYSTEM)) as tx:
        outbox.fail(tx.connection, lease, real_now(), text)


class Relay:
    """Moves the outbox on: fans events out, queues what is due, looks after what was lost."""

    def __init__(self, made: Flask, queue: Queue) -> None:
        self.app = made
        self.queue = queue
        self._looked = 0.0

    def turn(self) -> int:
        """One pass; returns how many deliveries were queued."""
        with self.app.app_context():
            ctx = runtime(self.app).context(SYSTEM)
            with reading(ctx) as rd:
                waits = outbox.work_waits(rd.connection, ctx.now, real_now())
            leases: list[Lease] = []
            if waits:
                with transaction(ctx) as tx:
                    outbox.fan_out(tx.connection, NAMES)
                    leases = outbox.lease_due(tx.connection, ctx.now, real_now())
                self._enqueue(leases)
            if ticks() - self._looked > LOOK_SECONDS:
                self._looked = ticks()
                self.look_after_overdue()
            return len(leases)

    def _enqueue(self, leases: list[Lease]) -> None:
        for position, lease in enumerate(leases):
            try:
                self.queue.enqueue(run_delivery, lease.event_id, lease.reaction, lease.attempt, job_id=lease.job_id,
                                   unique=True, job_timeout=outbox.JOB_SECONDS, result_ttl=0, failure_ttl=60)
            except DuplicateJobError:
                continue
            except RedisError:
                with transaction(runtime(self.app).context(SYSTEM)) as tx:
                    outbox.renew(tx.connection, leases[position:], None)
                raise

    def look_after_overdue(self) -> None:
        """What was leased and is overdue: still queued → leave it alone, lost or dead → again."""
        ctx = runtime(self.app).context(SYSTEM)
        with reading(ctx) as rd:
            overdue = outbox.overdue(rd.connection, real_now())
        if not overdue:
            return
        waiting, lost = [], []
        for lease in overdue:
            (waiting if self._still_queued(lease) else lost).append(lease)
        with transaction(ctx) as tx:
            outbox.renew(tx.connection, waiting, real_now() + outbox.QUEUE_LEASE)
            outbox.renew(tx.connection, [each for each in lost if not each.spent], None)
            outbox.bury(tx.connection, [each for each in lost if each.spent], real_now())
        if lost:
            _LOG.warning("lost deliveries are tried again", count=len(lost))

    def _still_queued(self, lease: Lease) -> bool:
        try:
            job = Job.fetch(lease.job_id, connection=self.queue.connection, serializer=JSONSerializer)
        except NoSuchJobError:
            return False
        if job.get_status() == JobStatus.QUEUED and job.id in self.queue.job_ids:
            return True
        job.delete()
        return False

    def run(self, stop: threading.Event) -> None:
        """Turn until `stop`; errors are logged and survived."""
        while not stop.is_set():
            busy = 0
            try:
                with _FORKING:
                    try:
                        busy = self.turn()
                    finally:
                        _drop_sqlite_connections(self.app)
            except Exception as error:
                _LOG.warning("relay", error=f"{type(error).__name__}: {error}")
                stop.wait(1)
            stop.wait(0.02 if busy else RELAY_SECONDS)


def _drop_sqlite_connections(made: Flask) -> None:
    with made.app_context():
        for engine in db.engines.values():
            if engine.dialect.name == "sqlite":
                engine.dispose()


class ReactionWorker(Worker):
    """A forking RQ worker that forks only between relay passes."""

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        with _FORKING:
            super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        with app().app_context():
            for engine in db.engines.values():
                engine.dispose(close=False)
        super().main_work_horse(job, queue)


def connect(settings: Settings) -> Redis:
    """Redis as RQ needs it."""
    return Redis.from_url(settings.redis_url, socket_connect_timeout=2, health_check_interval=15)


def make_queue(redis: Redis) -> Queue:
    """The one queue; jobs are JSON, so nothing from Redis is ever executed as code."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer)


def run_worker(burst: bool = False) -> None:
    """Relay and work until SIGTERM. Exits with an error when Redis goes away for long: the supervisor starts it again."""
    made = app()
    redis = connect(load_settings())
    queue = make_queue(redis)
    stop = threading.Event()
    relay = Relay(made, make_queue(connect(load_settings())))
    threading.Thread(target=relay.run, args=(stop,), name="relay", daemon=True).start()
    kind = SimpleWorker if HORSE == "SimpleWorker" else ReactionWorker
    worker = kind([queue], connection=redis, serializer=JSONSerializer, worker_ttl=30, maintenance_interval=10,
                  job_monitoring_interval=5, name=f"worker-{os.getpid()}-{int(real_now().timestamp())}", log_job_description=False)
    try:
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        stop.set()


def run_cron() -> None:
    """Tick every 10 s: start what the timetable says is due. Any number may run; each moment is started once."""
    made, ahead = app(), Ahead()
    while True:
        try:
            with made.app_context():
                start_due_slots(runtime(made).context(SYSTEM), timetable=TIMETABLE)
                if forgotten := forget_future_slots(runtime(made).context(SYSTEM), timetable=TIMETABLE, ahead=ahead):
                    _LOG.warning("the clock was ahead: moments to come are free again", moments=forgotten)
        except Exception as error:
            _LOG.warning("cron tick", error=f"{type(error).__name__}: {error}")
        time.sleep(TICK_SECONDS)
