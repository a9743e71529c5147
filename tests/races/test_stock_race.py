"""T01, T02, T03: however many buy at once, nothing is promised twice; and these tests would see it."""

import itertools
from contextlib import contextmanager
from threading import Barrier, Thread
from time import sleep

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from backend.infra.db import db
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.stock import MAIN_LOCATION, store
from tests.given_goods import given_product, level
from tests.races.together import THREADS, together

UNGUARDED = store._change("reserved = reserved + w.quantity", "w.quantity > 0")
"""What the guarded UPDATE would be without its guard."""


def buy(ctx, *wants, relaxed=False):
    """One order of (cause, sku id, quantity); what came of it."""
    try:
        with transaction(ctx()) as tx:
            if relaxed and tx.dialect == "sqlite":
                tx.execute(sa.text("pragma ignore_check_constraints = on"))
            store.reserve(tx, MAIN_LOCATION, wants)
    except Refused as refused:
        return refused.code
    except IntegrityError:
        return "the table refused"
    return "sold"


def without_check():
    """Take the CHECK away that stands behind the guard (on SQLite `relaxed` does)."""
    if db.engines[None].dialect.name == "postgresql":
        with db.engines[None].begin() as connection:
            connection.execute(sa.text("alter table stock_levels drop constraint ck_stock_levels_never_oversold"))


def test_T01_as_many_are_sold_as_there_are(app, ctx, rows):
    sku_id = given_product(ctx, stock=40).sku_id
    answers = together(app, lambda who: [buy(ctx, (f"oli_{who}_{number}", sku_id, 1)) for number in range(10)])
    assert answers == {"sold": 40, "out_of_stock": THREADS * 10 - 40}
    assert level(ctx, sku_id) == (40, 40)
    assert rows("select count(*) as n, sum(reserved_change) as reserved from stock_moves where kind = 'reserve'") == [
        {"n": 40, "reserved": 40}
    ]


def test_T02_the_last_unit_is_sold_once(app, ctx):
    skus = [given_product(ctx, f"A{number}", stock=1).sku_id for number in range(8)]
    answers = together(app, lambda who: [buy(ctx, (f"oli_{who}_{number}", sku_id, 1)) for number, sku_id in enumerate(skus)])
    assert answers == {"sold": 8, "out_of_stock": THREADS * 8 - 8}
    assert [level(ctx, sku_id) for sku_id in skus] == [(1, 1)] * 8


def test_nobody_waits_in_a_circle(app, ctx):
    """Orders name the same SKUs in every order; locks are taken by SKU id, so there is no deadlock and no `busy`."""
    skus = [given_product(ctx, f"A{number}", stock=100).sku_id for number in range(3)]
    orders = list(itertools.permutations(skus))
    answers = together(
        app,
        lambda who: [
            buy(ctx, *[(f"oli_{who}_{number}_{sku_id}", sku_id, 1) for sku_id in orders[(who + number) % len(orders)]])
            for number in range(8)
        ],
    )
    assert answers == {"sold": THREADS * 8}
    assert {level(ctx, sku_id) for sku_id in skus} == {(100, THREADS * 8)}


def test_giving_back_and_buying_at_once(app, ctx):
    sku_id = given_product(ctx, stock=5).sku_id

    def buy_and_give_back(who):
        for number in range(8):
            line = (f"oli_{who}_{number}", sku_id, 1)
            answer = buy(ctx, line)
            if answer == "sold":
                with transaction(ctx()) as tx:
                    store.release(tx, MAIN_LOCATION, [line])
            yield answer

    assert set(together(app, buy_and_give_back)) <= {"sold", "out_of_stock"}
    assert level(ctx, sku_id) == (5, 0)


def test_twin_without_guard_and_check_it_oversells(app, ctx, monkeypatch):
    monkeypatch.setattr(store, "_RESERVE", UNGUARDED)
    without_check()
    sku_id = given_product(ctx, stock=4).sku_id
    answers = together(app, lambda who: [buy(ctx, (f"oli_{who}_{number}", sku_id, 1), relaxed=True) for number in range(4)])
    assert answers["sold"] > 4 and level(ctx, sku_id)[1] > 4, "the tests above could not see an oversell"


def test_twin_without_guard_the_table_still_refuses(app, ctx, monkeypatch):
    monkeypatch.setattr(store, "_RESERVE", UNGUARDED)
    sku_id = given_product(ctx, stock=4).sku_id
    answers = together(app, lambda who: [buy(ctx, (f"oli_{who}_{number}", sku_id, 1)) for number in range(4)])
    assert answers == {"sold": 4, "the table refused": THREADS * 4 - 4}


def test_twin_without_lock_the_guard_still_holds(app, ctx, monkeypatch):
    unlocked = {dialect: sa.text(str(each).replace(" for update of stock_levels", "")) for dialect, each in store._RESERVE.items()}
    monkeypatch.setattr(store, "_RESERVE", unlocked)
    sku_id = given_product(ctx, stock=10).sku_id
    answers = together(app, lambda who: [buy(ctx, (f"oli_{who}_{number}", sku_id, 1)) for number in range(4)])
    assert answers == {"sold": 10, "out_of_stock": THREADS * 4 - 10}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twin_that_reads_decides_and_writes_oversells(app, ctx, monkeypatch):
    """PostgreSQL only: on SQLite BEGIN IMMEDIATE makes the second reader wait."""
    both_have_read, apply = Barrier(2), store._apply

    def read_then_decide(tx, statements, location_id, wanted):
        levels = store.find_levels(tx, location_id, wanted)
        both_have_read.wait(10)
        if any(levels[sku_id].available < quantity for sku_id, quantity in wanted.items()):
            return wanted
        return apply(tx, UNGUARDED, location_id, wanted)

    monkeypatch.setattr(store, "_apply", read_then_decide)
    without_check()
    sku_id = given_product(ctx, stock=1).sku_id
    assert together(app, lambda who: [buy(ctx, (f"oli_{who}", sku_id, 1))], threads=2) == {"sold": 2}
    assert level(ctx, sku_id) == (1, 2)


@pytest.fixture
def waits(app, ctx):
    """A buyer of one piece of the first SKU, or of both, who has to wait because a rival changes the first: what came of it, once
    the rival is done."""
    a, b = sorted(given_product(ctx, name, stock=5).sku_id for name in ("A1", "B1"))
    change = sa.text("update stock_levels set reserved = :reserved where sku_id = :a")

    @contextmanager
    def waiting(before, after, alone=False):
        answers, wants = [], [("oli_1", a, 1)] if alone else [("oli_1", b, 1), ("oli_2", a, 1)]
        with db.engines[None].begin() as earlier:
            earlier.execute(change, {"a": a, "reserved": before})
        with db.engines[None].begin() as rival:
            rival.execute(change, {"a": a, "reserved": after})
            buyer = Thread(target=lambda: answers.append(in_app(app, lambda: buy(ctx, *wants))))
            buyer.start()
            wait_for_a_waiter()
            yield a, b, answers
        buyer.join(10)

    return waiting


def in_app(app, work):
    with app.app_context():
        return work()


def wait_for_a_waiter():
    waiting = sa.text("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
    for _ in range(1000):
        with db.engines["read"].connect() as other:
            if other.execute(waiting).scalar_one():
                return
        sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_waits_for_a_sku_has_locked_none_that_comes_after_it(waits):
    """PostgreSQL only: SQLite has one writer."""
    with waits(0, 5) as (_, b, answers), db.engines[None].begin() as other:
        free = sa.text("select on_hand from stock_levels where sku_id = :b for update nowait")
        assert other.execute(free, {"b": b}).scalar_one() == 5
    assert answers == ["out_of_stock"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("before", "after", "answer", "left"), [
    (0, 5, "out_of_stock", [5, 0]), (0, 4, "sold", [5, 1]), (5, 4, "sold", [5, 1]), (5, 5, "out_of_stock", [5, 0])])
@pytest.mark.parametrize("alone", [False, True])
def test_who_has_waited_looks_again(waits, ctx, before, after, answer, left, alone):
    """PostgreSQL only: what was free, or was not, when the statement began may be otherwise when the wait is over."""
    with waits(before, after, alone) as (a, b, answers):
        assert answers == []
    assert answers == [answer]
    assert [level(ctx, sku_id) for sku_id in (a, b)] == [(5, left[0]), (5, 0 if alone else left[1])]
