"""Two relays, two workers and somebody who wipes Redis, interleaved at every statement, commit, call and command to Redis:
a refund that was asked for is sent under one number, each try is run by one worker, and nothing is lost."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Connection, update

from backend import worker
from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.outbox import Lease
from backend.reactions import find
from backend.worker import Relay
from tests.given_orders import Shop
from tests.races.interleave import Actors, Interleaver, Trace, explore, interleaver, random_runs
from tests.races.the_shop import books, drain

REFUNDED = 5800


class Night:
    """A refund after another, each carried by relays and workers that get into each other's way; `runs` counts every try."""

    def __init__(self, app: Flask, shop: Shop, valkey_url: str) -> None:
        self.app, self.shop, self.url = app, shop, valkey_url
        self.redis = Redis.from_url(valkey_url)
        self.queue = worker.make_queue(self.redis)
        self.runs: Counter[str] = Counter()
        self.refunds: list[str] = []
        self.ahead = timedelta()

    def relay(self) -> Relay:
        return Relay(self.app, worker.make_queue(Redis.from_url(self.url)))

    def find(self, name: str, reaction: str) -> Callable[..., Any] | None:
        use_case = find(name, reaction)

        def run(ctx: Any, **payload: Any) -> None:
            self.runs[ctx.delivery.job_id] += 1
            assert use_case is not None
            use_case(ctx, **payload)

        return run

    def fresh(self) -> Actors:
        """A refund that nobody has taken up yet, and everybody who will at once."""
        order_id, _ = self.shop.paid(self.shop.shopper(), (self.shop.goods(f"N{len(self.refunds)}", 5000), 1))
        drain(self.shop)
        self.runs.clear()
        self.redis.flushdb()
        self.refunds.append(self.shop.refund(order_id)["refund_id"])
        return {"relay": self.relay().turn, "other relay": self.relay().turn, "worker": self.work,
                "other worker": self.work, "wipe": self.redis.flushdb}

    def work(self) -> None:
        """Take what is queued, and run it; twice as often as there is anything."""
        for _ in range(2):
            job_id = self.redis.rpoplpush(self.queue.key, "taken")
            if job_id is not None:
                event_id, reaction, attempt = job_id.decode().rsplit("-", 2)
                worker.run_delivery(event_id, reaction, int(attempt))

    def morning(self) -> list[str]:
        """Everything that is still due happens; then what is not as it must be."""
        relay = self.relay()
        for _ in range(12):
            self.ahead += timedelta(seconds=40)
            relay.look_after_overdue()
            relay.turn()
            self.work()
            if not self.shop.rows("select event_id from deliveries where done_at is null and reaction <> 'close_order'"):
                break
        [refund] = self.shop.rows("select state, amount_fen from refunds where id = :id", id=self.refunds[-1])
        undone = self.shop.rows("select reaction, error from deliveries where dead_at is not null"
                                " or done_at is null and reaction <> 'close_order'")
        at_wechat = self.shop.world.pay.refunds.get(self.refunds[-1])
        wrong = [f"{job} was run {times} times" for job, times in self.runs.items() if times > 1]
        wrong += [f"not done: {each}" for each in undone]
        if (refund["state"], refund["amount_fen"], at_wechat and at_wechat.refund_fen) != ("succeeded", REFUNDED, REFUNDED):
            wrong.append(f"{refund}, at WeChat {at_wechat}")
        return wrong


@pytest.fixture
def weaver(app: Flask, shop: Shop) -> Iterator[Interleaver]:
    with interleaver(app, shop.world.pay) as weaver:
        yield weaver


@pytest.fixture
def night(app: Flask, shop: Shop, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Night:
    night = Night(app, shop, valkey_url)
    worker.use_app(app)
    monkeypatch.setattr(worker, "find", night.find)
    monkeypatch.setattr(worker, "real_now", lambda: real_now() + night.ahead)
    night.fresh()
    assert night.morning() == []  # Redis has its scripts from now on: every run takes the same steps
    return night


def all_well(night: Night, traces: Iterator[Trace]) -> int:
    runs = 0
    for trace in traces:
        runs += 1
        assert [each for each in trace.answers.values() if isinstance(each, Exception)] == [], "\n".join(trace.steps)
        assert night.morning() == [], "\n".join(trace.steps)
    return runs


@pytest.mark.parametrize("pair", [
    ("relay", "other relay"), ("relay", "worker"), ("relay", "wipe"), ("worker", "other worker"), ("worker", "wipe"),
], ids="+".join)
def test_a_pair(night: Night, weaver: Interleaver, pair: tuple[str, str], pytestconfig: pytest.Config) -> None:
    """A few schedules with one preemption; in a campaign all with `--preemptions`."""
    preemptions = pytestconfig.getoption("--preemptions")

    def actors() -> Actors:
        every = night.fresh()
        if "relay" not in pair:
            night.relay().turn()
        return {name: every[name] for name in pair}

    runs = all_well(night, explore(weaver, actors, preemptions or 1, 100_000 if preemptions else 6))
    assert runs >= 2
    assert books(night.shop) == []
    print(f"{'+'.join(pair)}: {runs} schedules")


def test_all_of_them_in_drawn_schedules(night: Night, weaver: Interleaver, pytestconfig: pytest.Config) -> None:
    all_well(night, random_runs(weaver, night.fresh, pytestconfig.getoption("--seed"), pytestconfig.getoption("--draws")))
    assert books(night.shop) == []


def test_without_the_number_of_the_try_it_is_seen(night: Night, weaver: Interleaver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: whoever holds the name of a delivery may run it, whichever try it is."""
    start = outbox.start

    def anybody(connection: Connection, lease: Lease, real: datetime) -> Any:
        of = (outbox.DELIVERIES.c.event_id == lease.event_id) & (outbox.DELIVERIES.c.reaction == lease.reaction)
        connection.execute(update(outbox.DELIVERIES).where(of).values(attempt=lease.attempt - 1, done_at=None))
        return start(connection, lease, real)

    def actors() -> Actors:
        every = night.fresh()
        night.relay().turn()
        for job in night.queue.job_ids:
            night.redis.lpush(night.queue.key, job)
        return {name: every[name] for name in ("worker", "other worker")}

    monkeypatch.setattr(outbox, "start", anybody)
    with pytest.raises(AssertionError, match="was run 2 times"):
        all_well(night, explore(weaver, actors, 1, 50))
