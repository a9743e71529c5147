"""The stock store on both databases: what is promised, given back, shipped, adjusted; and that every change adds up."""

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from backend.catalog.rules import SkuForm
from backend.infra.db import db
from backend.infra.uow import transaction
from backend.kernel.errors import Kind, Refused
from backend.stock import MAIN_LOCATION, store
from backend.stock.rules import Level, conserved
from tests.counting import counted
from tests.given_goods import given_product, level


@dataclass(frozen=True)
class Noted:
    name: str


@pytest.fixture
def goods(ctx):
    """Two SKUs with 5 pieces each."""
    return given_product(ctx, "A1", stock=5).sku_id, given_product(ctx, "B1", stock=5).sku_id


def moves(rows, sku_id):
    return [
        (row["kind"], row["cause"], row["on_hand_change"], row["reserved_change"])
        for row in rows("select * from stock_moves where sku_id = :sku_id order by kind, cause", sku_id=sku_id)
    ]


def test_reserve_promises_all_lines(ctx, rows, goods):
    a, b = goods
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", b, 2), ("oli_2", a, 5)])
    assert (level(ctx, a), level(ctx, b)) == ((5, 5), (5, 2))
    assert moves(rows, b) == [("opening", b, 5, 0), ("reserve", "oli_1", 0, 2)]


def test_T04_the_same_sku_in_two_lines_is_asked_for_together(ctx, snapshot, goods):
    a, b = goods
    before = snapshot()
    with pytest.raises(Refused) as refused, transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 3), ("oli_2", a, 3), ("oli_3", b, 1)])
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "out_of_stock")
    assert refused.value.details == {"short": [{"sku_id": a, "wanted": 6, "available": 5}]}
    assert snapshot() == before


def test_T01_a_second_sku_that_is_short_gives_the_first_back(ctx, snapshot, goods):
    a, b = goods
    before = snapshot()
    with pytest.raises(Refused) as refused, transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 5), ("oli_2", b, 6), ("oli_3", "sku_unknown", 1)])
    assert refused.value.details["short"] == [
        {"sku_id": b, "wanted": 6, "available": 5},
        {"sku_id": "sku_unknown", "wanted": 1, "available": 0},
    ]
    assert snapshot() == before


def test_T05_release_gives_every_line_of_a_sku_back(ctx, rows, goods):
    a, _ = goods
    lines = [("oli_1", a, 1), ("oli_2", a, 2)]
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, lines)
    with transaction(ctx()) as tx:
        store.release(tx, MAIN_LOCATION, lines)
    assert level(ctx, a) == (5, 0)
    assert moves(rows, a) == [
        ("opening", a, 5, 0),
        ("release", "oli_1", 0, -1),
        ("release", "oli_2", 0, -2),
        ("reserve", "oli_1", 0, 1),
        ("reserve", "oli_2", 0, 2),
    ]


@pytest.mark.parametrize("change", ["reserve", "release", "ship", "restock"])
def test_the_same_cause_moves_once(ctx, snapshot, goods, change):
    a, _ = goods
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_0", a, 4)])
    line = [("oli_1", a, 1)]
    with transaction(ctx()) as tx:
        getattr(store, change)(tx, MAIN_LOCATION, line)
    before = snapshot()
    with pytest.raises((IntegrityError, Refused)), transaction(ctx()) as tx:
        getattr(store, change)(tx, MAIN_LOCATION, line)
    assert snapshot() == before


@pytest.mark.parametrize("change", ["release", "ship"])
def test_no_more_than_is_promised_can_be_taken(ctx, snapshot, goods, change):
    a, b = goods
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 2), ("oli_2", b, 2)])
    before = snapshot()
    with pytest.raises(AssertionError, match="1 of 2 SKUs had less"), transaction(ctx()) as tx:
        getattr(store, change)(tx, MAIN_LOCATION, [("ref_1/oli_1", a, 2), ("ref_1/oli_2", b, 3)])
    assert snapshot() == before


def test_ship_and_restock(ctx, rows, goods):
    a, _ = goods
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 3)])
    with transaction(ctx()) as tx:
        store.ship(tx, MAIN_LOCATION, [("oli_1", a, 3)])
    assert level(ctx, a) == (2, 0)
    with transaction(ctx()) as tx:
        store.restock(tx, MAIN_LOCATION, [("ref_1/oli_1", a, 1)])
    assert level(ctx, a) == (3, 0)
    assert moves(rows, a) == [
        ("opening", a, 5, 0),
        ("reserve", "oli_1", 0, 3),
        ("restock", "ref_1/oli_1", 1, 0),
        ("ship", "oli_1", -3, -3),
    ]


def test_adjust_says_the_level_after_it(ctx, rows, goods):
    a, _ = goods
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 3)])
    with transaction(ctx()) as tx:
        assert store.adjust(tx, "adj_1", MAIN_LOCATION, a, -2, "打破了") == Level(3, 3)
    assert level(ctx, a) == (3, 3)
    assert rows("select reason, actor from stock_moves where cause = 'adj_1'") == [{"reason": "打破了", "actor": "system"}]


def test_adjust_leaves_what_is_promised(ctx, snapshot, goods):
    a, _ = goods
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 3)])
    before = snapshot()
    with pytest.raises(Refused) as refused, transaction(ctx()) as tx:
        store.adjust(tx, "adj_1", MAIN_LOCATION, a, -3, "丢失")
    assert (refused.value.code, refused.value.details) == ("below_reserved", {"on_hand": 5, "reserved": 3, "take": 3})
    with pytest.raises(Refused) as refused, transaction(ctx()) as tx:
        store.adjust(tx, "adj_1", MAIN_LOCATION, "sku_unknown", 1, "到货")
    assert refused.value.code == "not_stocked"
    assert snapshot() == before


def test_open_twice_fails(ctx, snapshot, goods):
    before = snapshot()
    with pytest.raises(IntegrityError), transaction(ctx()) as tx:
        store.open_levels(tx, MAIN_LOCATION, [(goods[0], 1)])
    assert snapshot() == before


def test_an_opening_of_nothing_has_a_level_and_no_move(ctx, rows):
    sku_id = given_product(ctx, "N1", stock=0).sku_id
    assert level(ctx, sku_id) == (0, 0) and moves(rows, sku_id) == []
    with transaction(ctx()) as tx:
        assert store.find_levels(tx, MAIN_LOCATION, [sku_id, "sku_unknown"]) == {sku_id: Level(0, 0)}


def test_the_number_of_statements_does_not_grow_with_the_lines(app, ctx):
    skus = list(
        given_product(
            ctx,
            "S000",
            skus=[SkuForm(f"S{number:03}", 100, options={"号": str(number)}, stock=9) for number in range(200)],
        ).skus.values()
    )
    counts = {}
    for size in (2, 200):
        lines = [(f"oli_{size}_{number}", sku_id, 1) for number, sku_id in enumerate(skus[:size])]
        for change in (store.reserve, store.release):
            with counted() as statements, transaction(ctx()) as tx:
                change(tx, MAIN_LOCATION, lines)
            counts.setdefault(change, set()).add(len(statements))
    assert counts == {store.reserve: {2}, store.release: {2}}


def test_a_promise_is_the_last_thing_before_the_commit(ctx, goods):
    a, _ = goods
    with counted() as statements, transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", a, 3)])
        assert statements == []
        tx.emit(Noted("x"))
    assert "update stock_levels" in statements[-1] and "outbox_events" in statements[-2]


def test_levels_are_locked_in_the_order_of_sku_ids(app, ctx, goods):
    a, b = sorted(goods)
    with transaction(ctx()) as tx:
        assert list(store.lock_levels(tx, MAIN_LOCATION, [b, a])) == [a, b]


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", 10**9 + 1])
def test_a_quantity_is_a_whole_number(ctx, goods, quantity):
    with pytest.raises(ValueError), transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", goods[0], quantity)])


def test_the_table_itself_refuses_what_no_guard_saw(app, goods):
    for change in ("reserved = on_hand + 1", "reserved = -1", "on_hand = -1", "on_hand = 1000000000001"):
        with pytest.raises(IntegrityError), db.engines[None].begin() as connection:
            connection.execute(sa.text(f"update stock_levels set {change} where sku_id = :sku_id"), {"sku_id": goods[0]})


def test_I18_levels_are_the_sums_of_their_journal(ctx, rows, goods):
    for sku_id in goods:
        journal = [(on_hand, reserved) for _, _, on_hand, reserved in moves(rows, sku_id)]
        assert conserved(Level(*level(ctx, sku_id)), journal)
