"""The catalogue store on both databases: offers, roll-ups, terms, and locks in their order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.catalog import rules, store
from backend.catalog.rules import SkuForm
from backend.infra.uow import reading, transaction
from backend.kernel.errors import Refused
from tests.conftest import NOON
from tests.counting import counted
from tests.given_goods import given_category, given_product

ROLL_UP = "select price_fen, market_price_fen, sku_count, sole_sku_id, sole_sku_code from products where id = :id"


def test_an_offer_has_what_selling_needs(ctx, clock):
    picture = ctx().gateways.files.put(b"jpeg", ".jpg")
    goods = given_product(
        ctx,
        pictures=[picture],
        skus=[
            SkuForm("R", 1200, 1500, 700, {"颜色": "红", "尺码": "L"}, stock=1),
            SkuForm("B", 1300, options={"颜色": "蓝", "尺码": "L"}, picture=picture),
        ],
    )
    with reading(ctx()) as rd:
        offers = store.find_offers(rd, [goods.skus["R"], goods.skus["B"], goods.skus["R"], "sku_unknown", "\x00", "键"])
    assert set(offers) == set(goods.skus.values())
    red = offers[goods.sku_id]
    assert (red.code, red.product_id, red.category_id, red.title) == (
        "R",
        goods.product_id,
        goods.category_id,
        "红富士苹果",
    )
    assert (red.price_fen, red.market_price_fen, red.cost_fen, red.picture) == (1200, 1500, 700, picture)
    assert list(red.options.items()) == [("颜色", "红"), ("尺码", "L")], "the merchant's order of option names is kept"
    assert (red.active, red.on_shelf) == (True, True) and rules.why_not(red, NOON.replace(year=2027)) is None
    assert offers[goods.skus["B"]].picture == picture


def test_offers_of_many_skus_are_one_statement(ctx):
    goods = given_product(ctx, skus=[SkuForm(f"S{number}", 100, options={"号": str(number)}) for number in range(150)])
    for size in (1, 150):
        with reading(ctx()) as rd, counted() as statements:
            assert len(store.find_offers(rd, list(goods.skus.values())[:size])) == size
        assert len(statements) == 1
    with reading(ctx()) as rd, counted() as statements:
        assert store.find_offers(rd, []) == {}
    assert statements == []


PRICES = st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(5, 9), st.booleans()), min_size=1, max_size=4)


@given(PRICES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_roll_ups_follow_the_active_skus(ctx, rows, prices):
    [last] = rows("select max(code) as code from skus")
    mark = str(int((last["code"] or "000000")[:6]) + 1).zfill(6)
    goods = given_product(
        ctx,
        skus=[
            SkuForm(f"{mark}-{place}", price, market, options={"号": str(place)}) for place, (price, market, _) in enumerate(prices)
        ],
    )
    kept = [
        (goods.skus[f"{mark}-{place}"], place, SkuForm(f"{mark}-{place}", price, market, options={"号": str(place)}))
        for place, (price, market, active) in enumerate(prices)
        if active
    ]
    with transaction(ctx()) as tx:
        store.lock_product(tx, goods.product_id)
        store.replace_skus(tx, goods.product_id, kept, [])
        store.roll_up(tx, [goods.product_id])
    [head] = rows(ROLL_UP, id=goods.product_id)
    if not kept:
        assert head == {
            "price_fen": min(price for price, _, _ in prices),
            "market_price_fen": None,
            "sku_count": 0,
            "sole_sku_id": None,
            "sole_sku_code": None,
        }
        return
    sku_id, _, cheapest = min(kept, key=lambda each: (each[2].price_fen, each[1]))
    only = len(kept) == 1
    assert head == {
        "price_fen": cheapest.price_fen,
        "market_price_fen": cheapest.market_price_fen,
        "sku_count": len(kept),
        "sole_sku_id": sku_id if only else None,
        "sole_sku_code": cheapest.code if only else None,
    }


def test_terms_are_those_of_the_title(ctx, rows):
    goods = given_product(ctx, title="红富士 ＡＢ")
    find = "select term from product_terms where product_id = :id"
    assert {row["term"] for row in rows(find, id=goods.product_id)} == {"红富", "富士", "士", "ab", "b"}
    with transaction(ctx()) as tx:
        store.lock_product(tx, goods.product_id)
        store.update_product(tx, goods.product_id, title="梨")
    assert rows(find, id=goods.product_id) == [{"term": "梨"}]
    assert rows("select title, folded_title from products") == [{"title": "梨", "folded_title": "梨"}]


def test_products_are_locked_in_the_order_of_their_ids(ctx):
    ids = sorted(given_product(ctx, f"A{number}").product_id for number in range(3))
    with transaction(ctx()) as tx:
        assert list(store.lock_products(tx, reversed(ids))) == ids
        with pytest.raises(Refused, match="product_unknown"):
            store.lock_product(tx, "prd_unknown")


def test_categories_are_claimed_by_name(ctx, rows):
    root = given_category(ctx, "食品")
    child = given_category(ctx, "零食", root)
    given_category(ctx, "饮料", root)
    drinks = given_category(ctx, "饮料")
    with transaction(ctx()) as tx:
        first = store.claim_categories(tx, ["食品", "零食", "饮料", "新的"])
    with transaction(ctx()) as tx, counted() as statements:
        assert store.claim_categories(tx, ["食品", "零食", "饮料", "新的"]) == first
    assert len(statements) == 1
    assert (first["食品"], first["零食"], first["饮料"]) == (root, child, drinks)
    assert rows("select name, parent_id from categories where id = :id", id=first["新的"]) == [{"name": "新的", "parent_id": None}]


def test_a_code_that_exists_is_named(ctx, snapshot):
    given_product(ctx, "A1")
    before = snapshot()
    with pytest.raises(Refused) as refused:
        given_product(ctx, skus=[SkuForm("A2", 1, options={"a": "1"}), SkuForm("A1", 1, options={"a": "2"})])
    assert (refused.value.code, refused.value.details) == ("sku_code_taken", {"sku_codes": ["A1"]})
    assert snapshot() == before
