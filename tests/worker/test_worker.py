"""Relay and worker on a real Valkey with forked RQ jobs: nothing is lost and nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from backend import worker
from backend.infra import outbox
from backend.infra.clock import real_now
from backend.infra.outbox import Lease
from backend.infra.uow import transaction
from backend.worker import Relay
from tests import services
from tests.given_orders import Shop

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def redis(valkey_url: str) -> Redis:
    redis = Redis.from_url(valkey_url)
    redis.flushdb()
    return redis


@pytest.fixture
def relay(app: Flask, redis: Redis) -> Relay:
    worker.use_app(app)
    return Relay(app, worker.make_queue(redis))


def burst(relay: Relay) -> None:
    worker_here = SimpleWorker([relay.queue], connection=relay.queue.connection, serializer=JSONSerializer)
    worker_here.work(burst=True, logging_level="ERROR")


def overdue(shop: Shop, later: Callable[..., Any]) -> str:
    """An order whose time to pay is over."""
    order_id = shop.place(shop.shopper(), (shop.goods(), 1))
    later(minutes=16)
    return order_id


def test_a_due_event_is_queued_once_and_done(shop: Shop, relay: Relay, later: Callable[..., Any]) -> None:
    order_id = shop.place(shop.shopper(), (shop.goods(), 1))
    assert relay.turn() == 0, "its time has not come"
    later(minutes=16)
    assert [relay.turn(), relay.turn()] == [1, 0]
    burst(relay)
    assert shop.state(order_id) == "closed"
    done = shop.one("select attempt, done_at is not null as done, lease_until from deliveries where reaction = 'close_order'")
    assert (done["attempt"], bool(done["done"]), done["lease_until"]) == (1, True, None)


def test_f10_a_wiped_redis_loses_nothing(shop: Shop, relay: Relay, redis: Redis, later: Callable[..., Any],
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = overdue(shop, later)
    assert relay.turn() == 1
    redis.flushall()
    monkeypatch.setattr(worker, "real_now", lambda: real_now() + outbox.QUEUE_LEASE * 1.1)
    relay.look_after_overdue()
    assert relay.turn() == 1
    burst(relay)
    assert shop.state(order_id) == "closed"


def test_what_is_still_queued_is_left_alone(shop: Shop, relay: Relay, later: Callable[..., Any],
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    overdue(shop, later)
    assert relay.turn() == 1
    monkeypatch.setattr(worker, "real_now", lambda: real_now() + outbox.QUEUE_LEASE * 1.1)
    relay.look_after_overdue()
    assert relay.turn() == 0 and len(relay.queue.job_ids) == 1


def test_f13_without_redis_it_waits_and_goes_on(shop: Shop, app: Flask, later: Callable[..., Any]) -> None:
    with services.valkey_server() as server:
        worker.use_app(app)
        relay = Relay(app, worker.make_queue(Redis.from_url(server.url, socket_connect_timeout=1)))
        order_id = overdue(shop, later)
        server.kill()
        with pytest.raises(Exception, match="."):
            relay.turn()
        assert shop.rows("select event_id from deliveries where lease_until is not null") == []
        server.start()
        assert relay.turn() == 1
        burst(relay)
        assert shop.state(order_id) == "closed"


def test_a_failing_reaction_is_tried_again_and_dies_after_eight(shop: Shop, relay: Relay, later: Callable[..., Any],
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = overdue(shop, later)
    shop.world.pay.fail["close"] = [RuntimeError("broken")] * 100
    poisoned = shop.place(shop.shopper(), (shop.goods("B1"), 1))
    shop.begin(shop.shopper(), poisoned)
    later(minutes=16)
    ahead = 0
    monkeypatch.setattr(worker, "real_now", lambda: real_now() + timedelta(hours=ahead))
    for turn in range(10):
        ahead = 2 * turn
        relay.turn()
        burst(relay)
    failed = shop.one("select attempt, dead_at is not null as dead, error from deliveries where done_at is null "
                      "and reaction = 'close_order'")
    assert (failed["attempt"], bool(failed["dead"]), failed["error"]) == (8, True, "RuntimeError: broken")
    assert shop.state(order_id) == "closed", "the poison did not block the others"
    shop.world.pay.fail.clear()
    with transaction(shop.ctx()) as tx:
        [dead] = tx.execute(outbox.DELIVERIES.select().where(outbox.DELIVERIES.c.dead_at.is_not(None))).all()
        assert outbox.revive(tx.connection, dead.event_id, dead.reaction)
    relay.turn()
    burst(relay)
    assert shop.state(poisoned) == "closed"


def test_t49_a_worker_that_dies_every_time_is_buried(shop: Shop, relay: Relay, later: Callable[..., Any],
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    overdue(shop, later)
    for attempt in range(1, outbox.ATTEMPTS + 1):
        assert relay.turn() == 1
        relay.queue.empty()
        row = shop.one("select event_id, reaction from deliveries where reaction = 'close_order'")
        with transaction(shop.ctx()) as tx:
            assert outbox.start(tx.connection, Lease(row["event_id"], row["reaction"], attempt), real_now()) is not None
        with monkeypatch.context() as patch:
            patch.setattr(worker, "real_now", lambda: real_now() + outbox.RUN_LEASE * 1.1)
            relay.look_after_overdue()
    assert relay.turn() == 0
    assert shop.one("select error from deliveries where dead_at is not null")["error"] == "the worker died while running it"


def test_f06_a_zombie_cannot_finish(shop: Shop, relay: Relay, later: Callable[..., Any]) -> None:
    order_id = overdue(shop, later)
    relay.turn()
    row = shop.one("select event_id, reaction from deliveries where reaction = 'close_order'")
    first, second = Lease(row["event_id"], row["reaction"], 1), Lease(row["event_id"], row["reaction"], 2)
    with transaction(shop.ctx()) as tx:
        outbox.start(tx.connection, first, real_now())
    with transaction(shop.ctx()) as tx:
        outbox.start(tx.connection, second, real_now())
    before = shop.rows("select * from order_moves")
    with pytest.raises(outbox.TakenOver):
        worker.find("OrderPaymentDue", "close_order")(shop.ctx(delivery=first), order_id=order_id)  # type: ignore[misc]
    assert shop.state(order_id) in ("closing", "unpaid") and shop.rows("select * from stock_moves where kind = 'release'") == []
    assert len(shop.rows("select * from order_moves")) <= len(before) + 1
    worker.find("OrderPaymentDue", "close_order")(shop.ctx(delivery=second), order_id=order_id)  # type: ignore[misc]
    assert shop.state(order_id) == "closed"


@pytest.fixture
def process(tmp_path: Path, database_url: str, valkey_url: str, shop: Shop, redis: Redis) -> Iterator[subprocess.Popen[bytes]]:
    """A real `python -m backend.worker` on this test's database."""
    settings = shop.ctx().settings
    environment = os.environ | {
        f"TUANMA_{name}": value for name, value in {
            "ENV": "test", "DATA_DIR": str(tmp_path), "CLOCK": settings.clock, "SECRET_KEY": settings.secret_key,
            "FIELD_KEYS": settings.field_keys, "INDEX_KEY": settings.index_key, "LOG_LEVEL": "WARNING"}.items()}
    environment |= {"DATABASE_URL": database_url, "REDIS_URL": valkey_url}
    command = [sys.executable, "-c", "from backend.worker import run_worker; run_worker()"]
    started = subprocess.Popen(command, env=environment, cwd=ROOT)
    yield started
    started.send_signal(signal.SIGTERM)
    started.wait(20)


def test_the_real_worker_forks_and_finishes(shop: Shop, process: subprocess.Popen[bytes], later: Callable[..., Any]) -> None:
    orders = [shop.place(shop.shopper(f"p{index}"), (shop.goods(f"A{index}"), 1)) for index in range(8)]
    later(minutes=16)
    give_up = time.monotonic() + 40
    while {shop.state(order_id) for order_id in orders} != {"closed"}:
        assert time.monotonic() < give_up and process.poll() is None
        time.sleep(0.1)
    assert shop.rows("select event_id from deliveries where done_at is null") == []
    assert shop.rows("select distinct attempt from deliveries") == [{"attempt": 1}]
