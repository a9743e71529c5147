"""Interleavings on purpose: actors stop at every SQL statement that may write, commit, outside call, command to Redis and look
at the clock, and a schedule says who goes on.

A run is repeatable: the same schedule gives the same interleaving. `explore` walks through all schedules with at most so
many preemptions (a switch away from an actor that could have gone on), which is where races are found; `random_runs` draws
schedules from a seed. On PostgreSQL an actor that waits for a row lock is seen in pg_blocking_pids and passed over; on
SQLite nobody begins a writing transaction while another actor has one.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Condition, Thread, local
from typing import Any

import psycopg
import redis
from flask import Flask
from redis.client import Pipeline
from sqlalchemy import event

from backend.app import runtime
from backend.infra.clock import Clock
from backend.infra.db import db
from backend.kernel.errors import Refused
from tests.fakes import FakePay

Actors = Mapping[str, Callable[[], Any]]
PATIENCE = 20.0
GLANCE = 0.002


class Stuck(Exception):
    """Nobody could go on: a deadlock that the database did not break, or an actor that never came back."""


@dataclass
class Trace:
    """One run: who could go on at each point and who did, what each actor came to, and where it stopped on its way."""

    choices: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    @property
    def schedule(self) -> tuple[str, ...]:
        """What `run` needs to do the same again."""
        return tuple(chosen for _, chosen in self.choices)

    def preemptions(self, length: int | None = None) -> int:
        """How often an actor was left that could have gone on, in the first `length` choices."""
        made, last = 0, None
        for candidates, chosen in self.choices[:length]:
            made += last is not None and chosen != last and last in candidates
            last = chosen
        return made


@dataclass
class _Actor:
    name: str
    work: Callable[[], Any]
    state: str = "new"  # new, gate, running, blocked, done
    at: str = "start"
    writing: bool = False
    pid: int | None = None
    answer: Any = None


class Interleaver:
    """Runs actors step by step. One for an app; hang it in with `with interleaver(app, pay) as weaver`."""

    def __init__(self, app: Flask, watcher: psycopg.Connection | None) -> None:
        self.app = app
        self._watcher = watcher
        self._turn = Condition()
        self._here = local()
        self._actors: dict[str, _Actor] = {}
        self._steps: list[str] = []

    # what the hooks call, in the threads of the actors

    def reached(self, point: str, pid: int | None = None) -> None:
        """Stop the calling actor until it is chosen; nothing for threads that are not actors."""
        actor: _Actor | None = getattr(self._here, "actor", None)
        if actor is None:
            return
        with self._turn:
            actor.pid, actor.at, actor.state = pid or actor.pid, point, "gate"
            self._turn.notify_all()
            if not self._turn.wait_for(lambda: actor.state == "running", PATIENCE):
                raise Stuck(f"{actor.name} was never chosen at {point}")

    def writes(self, begun: bool) -> None:
        """Note that the calling actor's SQLite transaction holds the write lock, or does no longer."""
        actor: _Actor | None = getattr(self._here, "actor", None)
        if actor is not None:
            actor.writing = begun

    # the schedule

    def run(self, actors: Actors, schedule: Sequence[str] = (), choose: Callable[[tuple[str, ...]], str] | None = None) -> Trace:
        """Run all actors to their ends: as `schedule` says, then as `choose` says, else each as far as it can."""
        trace = Trace()
        self._actors = {name: _Actor(name, work) for name, work in actors.items()}
        threads = [Thread(target=self._body, args=(actor,), daemon=True) for actor in self._actors.values()]
        for thread in threads:
            thread.start()
        last = ""
        while True:
            candidates = self._settle()
            if candidates is None:
                break
            if len(trace.choices) < len(schedule):
                chosen = schedule[len(trace.choices)]
                assert chosen in candidates, f"the schedule cannot be followed: {chosen} is not among {candidates}"
            elif choose is not None:
                chosen = choose(candidates)
            else:
                chosen = last if last in candidates else candidates[0]
            trace.choices.append((candidates, chosen))
            actor = self._actors[chosen]
            trace.steps.append(f"{chosen}: {actor.at}")
            last = chosen
            with self._turn:
                actor.state = "running"
                self._turn.notify_all()
        for thread in threads:
            thread.join(PATIENCE)
        trace.answers = {name: actor.answer for name, actor in self._actors.items()}
        return trace

    def _body(self, actor: _Actor) -> None:
        self._here.actor = actor
        with self.app.app_context():
            try:
                self.reached("start")
                actor.answer = actor.work()
            except Refused as refused:
                actor.answer = refused.code
            except Exception as error:  # told to whoever reads the trace; what it left behind is checked
                actor.answer = error
        with self._turn:
            actor.state, actor.writing = "done", False
            self._turn.notify_all()

    def _settle(self) -> tuple[str, ...] | None:
        """Wait until every actor stands at a gate, waits for a lock or is done; who can go on, None when all are done."""
        give_up_at = time.monotonic() + PATIENCE
        while True:
            with self._turn:
                self._turn.wait_for(lambda: not self._moving(), GLANCE)
                moving = self._moving()
                for actor in moving:
                    if self._waits_for_a_lock(actor):
                        actor.state = "blocked"
                for actor in self._actors.values():
                    if actor.state == "blocked" and not self._waits_for_a_lock(actor):
                        actor.state = "running"
                if not self._moving():
                    ready = tuple(name for name, actor in self._actors.items() if self._can_go_on(actor))
                    if ready:
                        return ready
                    if all(actor.state == "done" for actor in self._actors.values()):
                        return None
            if time.monotonic() > give_up_at:
                raise Stuck({name: (actor.state, actor.at) for name, actor in self._actors.items()})

    def _moving(self) -> list[_Actor]:
        return [actor for actor in self._actors.values() if actor.state in ("new", "running")]

    def _can_go_on(self, actor: _Actor) -> bool:
        if actor.state != "gate":
            return False
        waits = actor.at == "sql BEGIN IMMEDIATE" and any(other.writing for other in self._actors.values())
        return not waits

    def _waits_for_a_lock(self, actor: _Actor) -> bool:
        if self._watcher is None or actor.pid is None or actor.state not in ("running", "blocked"):
            return False
        row = self._watcher.execute("select cardinality(pg_blocking_pids(%s))", (actor.pid,)).fetchone()
        return bool(row and row[0])


@dataclass(frozen=True)
class _WatchedClock:
    """The app's clock; whoever looks at it stops there first."""

    clock: Clock
    weaver: Interleaver

    def now(self) -> datetime:
        self.weaver.reached("clock")
        return self.clock.now()


@contextmanager
def interleaver(app: Flask, pay: FakePay) -> Iterator[Interleaver]:
    """Hang an Interleaver on the write engine, the scripted WeChat, Redis and the app's clock, and take it off again."""
    engine = db.engines[None]
    on_postgres = engine.dialect.name == "postgresql"
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    watcher = psycopg.connect(url, autocommit=True) if on_postgres else None
    weaver = Interleaver(app, watcher)
    commit, rollback, called, answered = engine.dialect.do_commit, engine.dialect.do_rollback, pay._called, pay._answered
    command, pipeline, ours = redis.Redis.execute_command, Pipeline.execute, runtime(app)

    def on_statement(connection: Any, __: Any, statement: str, *___: Any) -> None:
        words = " ".join(statement.split()[:4])
        pid = connection.connection.driver_connection.info.backend_pid if on_postgres else None
        weaver.reached(f"sql {words}", pid)
        if words == "BEGIN IMMEDIATE":
            weaver.writes(True)

    def do_commit(connection: Any) -> None:
        weaver.reached("commit")
        commit(connection)
        weaver.writes(False)
        weaver.reached("committed")

    def do_rollback(connection: Any) -> None:
        rollback(connection)
        weaver.writes(False)

    def _called(name: str, number: str) -> None:
        weaver.reached(f"call {name}")
        called(name, number)

    def _answered(name: str) -> None:
        answered(name)
        weaver.reached(f"answer of {name}")

    def execute_command(client: redis.Redis, *words: Any, **options: Any) -> Any:
        weaver.reached(f"redis {words[0]}")
        return command(client, *words, **options)

    def execute(pipe: Pipeline, *words: Any, **options: Any) -> Any:
        weaver.reached("redis EXEC")
        return pipeline(pipe, *words, **options)

    event.listen(engine, "before_cursor_execute", on_statement)
    redis.Redis.execute_command, Pipeline.execute = execute_command, execute  # type: ignore[method-assign]
    app.extensions["runtime"] = replace(ours, clock=_WatchedClock(ours.clock, weaver))
    engine.dialect.do_commit, engine.dialect.do_rollback = do_commit, do_rollback  # type: ignore[method-assign]
    pay._called, pay._answered = _called, _answered  # type: ignore[method-assign]
    try:
        yield weaver
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
        redis.Redis.execute_command, Pipeline.execute = command, pipeline  # type: ignore[method-assign]
        app.extensions["runtime"] = ours
        engine.dialect.do_commit, engine.dialect.do_rollback = commit, rollback  # type: ignore[method-assign]
        pay._called, pay._answered = called, answered  # type: ignore[method-assign]
        if watcher is not None:
            watcher.close()


def explore(weaver: Interleaver, fresh: Callable[[], Actors], preemptions: int, limit: int = 100_000) -> Iterator[Trace]:
    """Every schedule with at most so many preemptions, each on `fresh()` actors, at most `limit` of them.

    Depth first over the choices: a run tells who else could have gone on where, each of which begins another run.
    """
    waiting: list[tuple[str, ...]] = [()]
    while waiting and limit:
        prefix = waiting.pop()
        trace = weaver.run(fresh(), prefix)
        limit -= 1
        yield trace
        for place in range(len(prefix), len(trace.choices)):
            candidates, chosen = trace.choices[place]
            for other in candidates:
                if other == chosen:
                    continue
                longer = Trace([*trace.choices[:place], (candidates, other)])
                if longer.preemptions() <= preemptions:
                    waiting.append(longer.schedule)


def random_runs(weaver: Interleaver, fresh: Callable[[], Actors], seed: int, runs: int) -> Iterator[Trace]:
    """`runs` schedules drawn from `seed`; run number n is the same whatever the others were."""
    for number in range(runs):
        draw = random.Random(f"{seed}/{number}")
        yield weaver.run(fresh(), choose=draw.choice)
