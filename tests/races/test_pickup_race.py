"""Two at one counter: goods are handed over once, never beside a refund; and guesses stay bounded however many come at once."""

from threading import Barrier

import pytest
import sqlalchemy as sa

from backend.checks.check_books import check_books
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.orders import store as orders
from backend.pickups import store as pickups
from backend.stock import store as stock
from backend.usecases.hand_over import hand_over
from backend.usecases.look_up_pickup_code import look_up_pickup_code
from backend.usecases.rotate_pickup_code import rotate_pickup_code
from tests.given_pickups import code_of_order, given_clerk, given_pickup, given_point
from tests.races.together import THREADS, together


def answer_of(call):
    """"done", or the code of the refusal."""
    try:
        call()
    except Refused as refused:
        return refused.code
    return "done"


@pytest.fixture
def clerks(ctx):
    return [given_clerk(ctx, f"clerk{number}") for number in range(THREADS)]


@pytest.fixture
def point(ctx, clerks):
    return given_point(ctx, *clerks)


@pytest.fixture
def figs(shop):
    return shop.goods("F1", 900, 500)


def books(shop):
    return check_books(shop.ctx(), waiting=False)


def test_goods_are_handed_over_once(app, ctx, shop, clerks, point, figs, rows):
    ids = [given_pickup(shop, shop.shopper(), point, (figs, 2)) for _ in range(4)]
    codes = {order_id: code_of_order(ctx(), order_id) for order_id in ids}

    def work(who):
        for number, order_id in enumerate(ids):
            named = {"code": codes[order_id]} if (who + number) % 2 else {"order_id": order_id}
            yield answer_of(lambda named=named: hand_over(ctx(clerks[who]), **named))

    assert together(app, work) == {"done": 4, "already_handed_over": 4 * (THREADS - 1)}
    assert rows("select count(*) as n from stock_moves where kind = 'ship'") == [{"n": 4}]
    assert shop.levels(figs) == (492, 0) and books(shop) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twin_without_lock_and_guards_they_are_handed_over_twice(app, ctx, shop, clerks, point, figs, monkeypatch):
    """PostgreSQL only: on SQLite BEGIN IMMEDIATE makes the second clerk wait."""
    order_id = given_pickup(shop, shop.shopper(), point, (figs, 2))
    both_have_read = Barrier(2)

    def read_only(tx, order_id, member_id=None):
        order = tx.execute(sa.select(*orders._HEAD).where(orders.ORDERS.c.id == order_id)).one()
        both_have_read.wait(10)
        return order

    monkeypatch.setattr(orders, "lock_order", read_only)
    monkeypatch.setattr(orders, "move", lambda *_, **__: None)
    monkeypatch.setattr(orders, "ship_lines", lambda *_: None)
    monkeypatch.setattr(pickups, "claim_hand_over", lambda *_, **__: True)
    monkeypatch.setattr(stock, "ship", lambda *_: None)
    assert together(app, lambda who: [answer_of(lambda: hand_over(ctx(clerks[who]), order_id=order_id))], threads=2) == {"done": 2}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twin_without_the_lock_alone_the_guards_still_hold(app, ctx, shop, clerks, point, figs, monkeypatch, rows):
    order_id = given_pickup(shop, shop.shopper(), point, (figs, 2))
    both_have_read = Barrier(2)

    def read_only(tx, order_id, member_id=None):
        order = tx.execute(sa.select(*orders._HEAD).where(orders.ORDERS.c.id == order_id)).one()
        both_have_read.wait(10)
        return order

    def work(who):
        try:
            yield answer_of(lambda: hand_over(ctx(clerks[who]), order_id=order_id))
        except AssertionError:
            yield "guarded"

    monkeypatch.setattr(orders, "lock_order", read_only)
    assert together(app, work, threads=2) == {"done": 1, "guarded": 1}
    assert rows("select count(*) as n from stock_moves where kind = 'ship'") == [{"n": 1}] and books(shop) == []


def test_a_hand_over_beside_a_refund(app, ctx, shop, clerks, point, figs):
    for _ in range(6):
        order_id = given_pickup(shop, shop.shopper(), point, (figs, 2))

        def work(who, order_id=order_id):
            if who:
                yield "refund " + answer_of(lambda: shop.refund(order_id))
            else:
                yield "hand over " + answer_of(lambda: hand_over(ctx(clerks[0]), order_id=order_id))

        answers = together(app, work, threads=2)
        assert answers["refund done"] == 1 and answers["hand over done"] + answers["hand over all_refunded"] == 1
    assert books(shop) == []


def test_a_hand_over_beside_a_new_code(app, ctx, shop, clerks, point, figs):
    li = shop.shopper()
    for _ in range(6):
        order_id = given_pickup(shop, li, point, (figs, 1))
        code = code_of_order(ctx(), order_id)

        def work(who, order_id=order_id, code=code):
            if who:
                yield "new " + answer_of(lambda: rotate_pickup_code(ctx(li.actor), order_id=order_id))
            else:
                yield "hand over " + answer_of(lambda: hand_over(ctx(clerks[0]), code=code))

        answers = set(together(app, work, threads=2))
        assert answers in ({"new done", "hand over pickup_code_not_found"}, {"new not_allowed_now", "hand over done"})
        if "new done" in answers:
            assert shop.state(order_id) == "paid" and code_of_order(ctx(), order_id) not in (None, code)
    assert books(shop) == []


def test_r26_guesses_at_once_are_bounded(app, ctx, clerks, point, rows):
    def guess(_):
        for _ in range(5):
            yield answer_of(lambda: look_up_pickup_code(ctx(clerks[0]), code="ABCD2345"))

    assert together(app, guess) == {"pickup_code_not_found": 10, "too_many_wrong_codes": THREADS * 5 - 10}
    assert rows("select tries, misses from pickup_tries") == [{"tries": 10, "misses": 10}]


def test_twin_without_the_guard_the_table_refuses_an_eleventh_guess(app, ctx, clerks, point, monkeypatch):
    monkeypatch.setattr(pickups, "_TRY", sa.text(pickups._TRY.text.split("where pickup_tries.since <= :floor or")[0]).bindparams(
        *(sa.bindparam(name, type_=pickups.Utc()) for name in ("now", "floor"))))
    monkeypatch.setattr(pickups, "MOST_TRIES", 10)

    def guess(_):
        with transaction(ctx(clerks[0])) as tx:
            return pickups.claim_try(tx, clerks[0].id)

    for _ in range(10):
        assert guess(0)
    with pytest.raises(sa.exc.IntegrityError):
        guess(0)
