"""G06 in small: pairs of things that happen to the same order and goods, interleaved at every point; and the twins that
prove that the interleaver would see a missing lock. All pairs in all schedules: `python3 -m backend campaign races`."""

import itertools
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from backend.infra.clock import FileClock
from backend.infra.db import db
from backend.orders import store as orders
from backend.stock import store as stock
from tests.given_orders import Shop
from tests.races.interleave import Interleaver, explore, interleaver, random_runs
from tests.races.the_shop import Scene, books, drain, scenes, wrongs

ACTIONS = ("place", "cancel", "time-out", "notify", "query", "refund", "ship", "price", "stock", "time")
PAIRS = list(itertools.combinations(ACTIONS, 2))


@pytest.fixture
def weaver(app: Flask, shop: Shop) -> Iterator[Interleaver]:
    with interleaver(app, shop.world.pay) as weaver:
        yield weaver


def explore_pair(weaver: Interleaver, shop: Shop, clock: FileClock, pair: tuple[str, ...], preemptions: int, limit: int) -> int:
    """Play a pair in many schedules; returns how many. Fails with the schedule that broke a rule."""
    fresh, scene, runs = scenes(shop, clock, over="time" not in pair), [], 0

    def actors():
        scene.append(fresh())
        return {name: work for name, work in scene[-1].actions().items() if name in pair}

    for trace in explore(weaver, actors, preemptions, limit):
        runs += 1
        drain(shop)
        assert wrongs(scene[-1]) == [], f"{pair} {trace.answers}\n" + "\n".join(trace.steps)
        assert not [each for each in trace.answers.values() if isinstance(each, Exception)], trace
    assert books(shop) == []
    return runs


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_a_pair(weaver, shop, clock, pair, pytestconfig):
    """A few schedules with one preemption; in a campaign all with `--preemptions`."""
    preemptions = pytestconfig.getoption("--preemptions")
    runs = explore_pair(weaver, shop, clock, pair, preemptions or 1, 100_000 if preemptions else 8)
    assert runs >= 2
    print(f"{'+'.join(pair)}: {runs} schedules")


def test_four_at_once_in_drawn_schedules(weaver, shop, clock, pytestconfig):
    fresh, seen = scenes(shop, clock), []

    def actors():
        seen.append(fresh())
        return {name: work for name, work in seen[-1].actions().items() if name in ("notify", "time-out", "refund", "place")}

    for trace in random_runs(weaver, actors, pytestconfig.getoption("--seed"), pytestconfig.getoption("--draws")):
        drain(shop)
        assert wrongs(seen[-1]) == [], "\n".join(trace.steps)
    assert books(shop) == []


def test_the_same_schedule_is_the_same_run(weaver, shop, clock):
    fresh = scenes(shop, clock)

    def actors(scene: Scene):
        return {name: work for name, work in scene.actions().items() if name in ("notify", "cancel")}

    [first] = random_runs(weaver, lambda: actors(fresh()), seed=7, runs=1)
    again = weaver.run(actors(fresh()), first.schedule)
    assert again.steps == first.steps and again.answers == first.answers


def test_without_the_order_lock_it_is_seen(weaver, shop, clock, monkeypatch):
    """The twin: an order read without its lock is closed and paid at once. SQLite has one writer and needs no such lock."""
    if db.engines[None].dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE lets one writer in at a time; there is no row lock to leave out")
    unlocked = sa.select(*orders._HEAD).where(orders.ORDERS.c.id == sa.bindparam("order_id"))
    monkeypatch.setattr(orders, "_LOCK", unlocked)
    with pytest.raises(AssertionError, match="moved by somebody else"):
        explore_pair(weaver, shop, clock, ("time-out", "notify"), preemptions=2, limit=400)


def test_without_the_guard_of_the_stock_it_is_seen(weaver, shop, clock, monkeypatch):
    """The twin: the last piece is promised while somebody takes it away; the table's CHECK is all that is left."""
    if db.engines[None].dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE lets one writer in at a time; what it read before it changed cannot be old")
    monkeypatch.setattr(stock, "_RESERVE", stock._change("reserved = reserved + w.quantity", "w.quantity > 0"))
    with pytest.raises(AssertionError, match="never_oversold"):
        explore_pair(weaver, shop, clock, ("place", "stock"), preemptions=1, limit=100)
