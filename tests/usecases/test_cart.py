"""Replacing and changing carts, and what a shopper sees of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from backend.carts import store
from backend.carts.rules import Line
from backend.catalog.rules import SkuForm
from backend.infra.db import db
from backend.infra.uow import reading, transaction
from backend.kernel.errors import Refused
from backend.queries.carts import cart
from backend.usecases.put_cart_line import put_cart_line
from backend.usecases.remove_cart_line import remove_cart_line
from backend.usecases.replace_cart import replace_cart
from tests.counting import counted
from tests.given_goods import given_product
from tests.given_members import given_shopper


@pytest.fixture
def a(app, world):
    return given_shopper(app, world, "a", address=False)


@pytest.fixture
def b(app, world):
    return given_shopper(app, world, "b", address=False)


@pytest.fixture
def skus(ctx):
    """Three SKUs of one product: 1.00, 2.00 and 3.00 yuan, ten of each."""
    forms = [SkuForm(f"S{n}", n * 100, stock=10, options={"规格": f"{n} 斤"}) for n in (1, 2, 3)]
    return list(given_product(ctx, skus=forms).skus.values())


def kept(who):
    with reading(who.ctx) as rd:
        return [(line.sku_id, line.quantity, line.selected) for line in store.lines(rd, who.id)]


def change(statement, **params):
    with db.engines[None].begin() as connection:
        connection.execute(text(statement), params)


def test_replacing_makes_the_cart_exactly_that(a, b, skus):
    one, two, three = skus
    replace_cart(b.ctx, lines=[Line(one, 9)])
    replace_cart(a.ctx, lines=[Line(two, 1), Line(one, 2, False), Line(two, 3)])
    assert kept(a) == [(two, 4, True), (one, 2, False)]
    for _ in range(2):
        replace_cart(a.ctx, lines=[Line(three, 1), Line(one, 5)])
        assert kept(a) == [(one, 5, True), (three, 1, True)], "what stays keeps its place"
    replace_cart(a.ctx, lines=[])
    assert kept(a) == []
    assert kept(b) == [(one, 9, True)]


def test_unknown_skus_are_named_and_the_cart_stays(a, skus, snapshot):
    replace_cart(a.ctx, lines=[Line(skus[0], 1)])
    before = snapshot()
    with pytest.raises(Refused) as refused:
        replace_cart(a.ctx, lines=[Line("sku_x", 1), Line(skus[1], 1), Line("sku_y", 2), Line("sku_x", 1)])
    assert (refused.value.code, refused.value.details) == ("unknown_skus", {"sku_ids": ["sku_x", "sku_y"]})
    with pytest.raises(Refused) as refused:
        put_cart_line(a.ctx, sku_id="sku_x", quantity=1)
    assert refused.value.details == {"sku_ids": ["sku_x"]}
    assert snapshot() == before


def test_ids_that_no_database_takes_are_unknown_too(a, snapshot):
    before = snapshot()
    for sku_id in ("a\0b", "\ud800", "x" * 1000, "' or 1=1 --"):
        with pytest.raises(Refused) as refused:
            replace_cart(a.ctx, lines=[Line(sku_id, 1)])
        assert refused.value.code == "unknown_skus"
    assert snapshot() == before


@pytest.mark.parametrize("quantity", [0, -1, 1_000_000])
def test_quantities_out_of_bounds_change_nothing(a, skus, snapshot, quantity):
    before = snapshot()
    for attempt in (
        lambda: replace_cart(a.ctx, lines=[Line(skus[0], 1), Line(skus[1], quantity)]),
        lambda: put_cart_line(a.ctx, sku_id=skus[0], quantity=quantity),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "cart_quantity"
    assert snapshot() == before


def test_single_lines(a, skus, later):
    one, two, _ = skus
    put_cart_line(a.ctx, sku_id=one, quantity=2)
    later(seconds=1)
    put_cart_line(a.ctx, sku_id=two, quantity=1, selected=False)
    for _ in range(2):
        put_cart_line(a.ctx, sku_id=one, quantity=7)
        assert kept(a) == [(one, 7, True), (two, 1, False)]
    for _ in range(2):
        remove_cart_line(a.ctx, sku_id=one)
        assert kept(a) == [(two, 1, False)]
    remove_cart_line(a.ctx, sku_id="sku_never")


def test_a_full_cart_takes_changes_but_no_more_lines(a, skus, monkeypatch):
    monkeypatch.setattr("backend.carts.rules.MAX_LINES", 2)
    replace_cart(a.ctx, lines=[Line(skus[0], 1), Line(skus[1], 1)])
    put_cart_line(a.ctx, sku_id=skus[1], quantity=5)
    with pytest.raises(Refused) as refused:
        put_cart_line(a.ctx, sku_id=skus[2], quantity=1)
    assert (refused.value.code, refused.value.details) == ("cart_full", {"limit": 2})
    assert len(kept(a)) == 2


def test_the_number_of_statements_does_not_grow(a, ctx):
    forms = [SkuForm(f"S{n}", 100 + n, stock=10, options={"规格": str(n)}) for n in range(60)]
    many = list(given_product(ctx, skus=forms).skus.values())

    def statements(count):
        with counted() as writing:
            replace_cart(a.ctx, lines=[Line(sku_id, 1) for sku_id in many[:count]])
        with counted() as showing:
            cart(a.ctx)
        return len(writing), len(showing)

    assert statements(2) == statements(60) == (5, 2)


def test_the_cart_is_priced_now_and_says_what_the_selected_cost(a, skus):
    replace_cart(a.ctx, lines=[Line(skus[0], 3), Line(skus[1], 2, False), Line(skus[2], 10)])
    view = cart(a.ctx)
    assert [(item.price_fen, item.amount_fen) for item in view.lines] == [(100, 300), (200, 400), (300, 3000)]
    assert (view.goods_fen, view.count, view.invalid) == (3300, 3, [])
    assert view.lines[0].title == "红富士苹果" and view.lines[0].options == {"规格": "1 斤"}


def test_ph6_a_new_price_is_shown_at_once(a, skus):
    replace_cart(a.ctx, lines=[Line(skus[0], 3)])
    change("update skus set price_fen = 150 where id = :id", id=skus[0])
    assert [(item.price_fen, item.amount_fen) for item in cart(a.ctx).lines] == [(150, 450)]


@pytest.mark.parametrize(
    ("statement", "code", "details"),
    [
        ("update products set on_shelf = false", "off_shelf", {}),
        ("update products set publish_at = '2026-03-02 04:05:00'", "not_published", {}),
        ("update skus set active = false", "sku_gone", {}),
        ("update stock_levels set on_hand = 0", "sold_out", {}),
        ("update stock_levels set reserved = 10", "sold_out", {}),
        ("delete from stock_levels", "sold_out", {}),
        ("update stock_levels set on_hand = 4, reserved = 2", "too_few", {"available": 2}),
    ],
)
def test_ph7_what_cannot_be_bought_stands_apart_with_the_reason(a, ctx, statement, code, details):
    sku_id = given_product(ctx, stock=10).sku_id
    replace_cart(a.ctx, lines=[Line(sku_id, 3)])
    change(statement)
    view = cart(a.ctx)
    assert (view.lines, view.goods_fen, view.count) == ([], 0, 1)
    [item] = view.invalid
    assert (item.sku_id, item.quantity, item.why.code, item.why.details) == (sku_id, 3, code, details)


def test_what_is_not_for_sale_may_still_be_put_in_and_kept(a, ctx):
    sku_id = given_product(ctx, stock=0).sku_id
    put_cart_line(a.ctx, sku_id=sku_id, quantity=1)
    assert [item.why.code for item in cart(a.ctx).invalid] == ["sold_out"]


def test_a_placed_order_takes_exactly_its_lines(a, skus):
    replace_cart(a.ctx, lines=[Line(sku_id, 1) for sku_id in skus])
    with transaction(a.ctx) as tx:
        store.lock_cart(tx, a.id)
        store.remove_lines(tx, a.id, skus[:2])
        store.remove_lines(tx, a.id, [])
    assert kept(a) == [(skus[2], 1, True)]


def test_only_selected_lines_go_to_the_checkout(a, skus):
    replace_cart(a.ctx, lines=[Line(skus[0], 1, False), Line(skus[1], 2)])
    with reading(a.ctx) as rd:
        assert store.lines_selected(rd, a.id) == [Line(skus[1], 2, True)]


def test_an_order_takes_the_selected_lines_in_their_order(a, skus):
    replace_cart(a.ctx, lines=[Line(skus[2], 1), Line(skus[0], 1, False), Line(skus[1], 2)])
    with transaction(a.ctx) as tx:
        assert store.take_selected(tx, a.id) == [Line(skus[2], 1), Line(skus[1], 2)]
        assert store.take_selected(tx, a.id) == []
    assert kept(a) == [(skus[0], 1, False)]


def test_two_first_requests_wait_for_each_other(app, a, skus):
    start = threading.Barrier(8)

    def run(number):
        with app.app_context():
            start.wait()
            replace_cart(a.ctx, lines=[Line(sku_id, number + 1) for sku_id in skus])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    quantities = {quantity for _, quantity, _ in kept(a)}
    assert len(kept(a)) == 3 and len(quantities) == 1, "the cart is one of the eight, never a mixture"


def test_the_lock_comes_first(a):
    with pytest.raises(AssertionError, match="lock order"), transaction(a.ctx) as tx:
        tx.locking("order")
        store.lock_cart(tx, a.id)
