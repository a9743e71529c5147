"""Many relays and many workers at once: nothing is fanned out, leased, started or finished twice (I43, F07)."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask

from backend.context import Context
from backend.infra import outbox
from backend.infra.db import write_engine
from backend.infra.outbox import Lease, TakenOver
from backend.infra.uow import transaction

Ctx = Callable[..., Context]
Rows = Callable[..., list[dict]]
RIVALS = 4
EVENTS = 60
REACTIONS = {"Rung": ("answer", "ignore")}


@dataclass(frozen=True)
class Rung:
    bell_id: str


def emit(ctx: Ctx, count: int) -> None:
    with transaction(ctx()) as tx:
        for number in range(count):
            tx.emit(Rung(str(number)))


def together(app: Flask, task: Callable[[int], list]) -> list:
    """Run `task` in `RIVALS` threads that begin at one moment; everything they returned."""
    gate = threading.Barrier(RIVALS)

    def rival(number: int) -> list:
        with app.app_context():
            gate.wait()
            return task(number)

    with ThreadPoolExecutor(RIVALS) as pool:
        return [each for batch in pool.map(rival, range(RIVALS)) for each in batch]


def test_relays_share_the_work_and_double_none_of_it(app: Flask, ctx: Ctx, rows: Rows) -> None:
    emit(ctx, EVENTS)

    def relay(_: int) -> list[Lease]:
        mine: list[Lease] = []
        for _ in range(40):
            context = ctx()
            with transaction(context) as tx:
                outbox.fan_out(tx.connection, REACTIONS, limit=7)
                mine += outbox.lease_due(tx.connection, context.now, context.now, limit=5)
        return mine

    leased = together(app, relay)
    assert len(leased) == len(set(leased)) == 2 * EVENTS
    assert {each.attempt for each in leased} == {1}
    assert rows("select count(*) as n from deliveries") == [{"n": 2 * EVENTS}]
    assert rows("select count(*) as n from outbox_events where not fanned") == [{"n": 0}]


def test_workers_that_get_one_job_start_and_finish_it_once(app: Flask, ctx: Ctx, rows: Rows) -> None:
    emit(ctx, 10)
    context = ctx()
    with transaction(context) as tx:
        outbox.fan_out(tx.connection, REACTIONS)
        leases = outbox.lease_due(tx.connection, context.now, context.now)

    def worker(number: int) -> list[str]:
        done = []
        for lease in leases[number:] + leases[:number]:
            with transaction(ctx()) as tx:
                started = outbox.start(tx.connection, lease, context.now)
            if started is None:
                continue
            with transaction(ctx(delivery=lease), last=True):
                done.append(lease.job_id)
        return done

    done = Counter(together(app, worker))
    assert set(done) == {lease.job_id for lease in leases}
    assert set(done.values()) == {1}
    assert rows("select count(*) as n from deliveries where done_at is null") == [{"n": 0}]


def test_of_rivals_that_finish_one_attempt_one_has_its_effect(app: Flask, ctx: Ctx, rows: Rows) -> None:
    """As after a revival, when a worker of the same attempt from before wakes up."""
    emit(ctx, 1)
    context = ctx()
    with transaction(context) as tx:
        outbox.fan_out(tx.connection, {"Rung": ("answer",)})
        [lease] = outbox.lease_due(tx.connection, context.now, context.now)
        outbox.start(tx.connection, lease, context.now)

    def rival(number: int) -> list[str]:
        try:
            with transaction(ctx(delivery=lease), last=True) as tx:
                tx.execute(sa.text("insert into marks (name, value, at) values (:name, '{}', '2026-01-01 00:00:00')"),
                           {"name": f"effect {number}"})
        except TakenOver:
            return ["taken over"]
        return ["finished"]

    assert sorted(together(app, rival)) == ["finished"] + ["taken over"] * (RIVALS - 1)
    assert rows("select count(*) as n from marks") == [{"n": 1}]


def test_a_relay_passes_by_what_another_holds(app: Flask, ctx: Ctx) -> None:
    """SKIP LOCKED: a slow relay delays nobody. On SQLite one waits for the other's short transaction instead."""
    if write_engine().dialect.name == "sqlite":
        return
    emit(ctx, 4)
    context = ctx()
    with transaction(context) as tx:
        assert outbox.fan_out(tx.connection, REACTIONS, limit=2) == 2
        with write_engine().connect() as rival, rival.begin():
            assert outbox.fan_out(rival, REACTIONS) == 2
            assert len(outbox.lease_due(rival, context.now, context.now)) == 4
    with transaction(context) as tx:
        assert outbox.fan_out(tx.connection, REACTIONS) == 0
        assert len(outbox.lease_due(tx.connection, context.now, context.now)) == 4
