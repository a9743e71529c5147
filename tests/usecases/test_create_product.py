"""create_product: a product that can be found, seen and bought, or nothing at all."""

import pytest

from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.stock import MAIN_LOCATION
from backend.usecases.create_product import SkuForm, create_product
from tests.conftest import NOON
from tests.given_goods import given_category, level, sku_ids


@pytest.fixture
def category_id(ctx):
    return given_category(ctx)


def test_a_product_with_two_skus(ctx, rows, category_id):
    before = ctx().now
    picture = ctx().gateways.files.put(b"jpeg", ".jpg")
    product_id = create_product(
        ctx(staff("stf_1", EVERYTHING)),
        title=" 红富士  苹果 ",
        category_id=category_id,
        selling_point="脆甜",
        detail="产地\n山东",
        pictures=[picture],
        position=3,
        skus=[
            SkuForm("A5", 5900, 6900, 3000, {"规格": "5斤"}, picture, stock=7),
            SkuForm("A9", 9900, options={"规格": "9斤"}),
        ],
    )
    [product] = rows("select * from products")
    assert (product["id"], product["category_id"], product["title"]) == (product_id, category_id, "红富士  苹果")
    assert (product["folded_title"], product["position"], product["sold"]) == ("红富士 苹果", 3, 0)
    assert (product["price_fen"], product["market_price_fen"], product["sku_count"], product["sole_sku_id"]) == (
        5900,
        6900,
        2,
        None,
    )
    skus = rows(
        "select code, option_key, price_fen, market_price_fen, cost_fen, picture, position, active from skus order by position"
    )
    assert [tuple(sku.values()) for sku in skus] == [
        ("A5", "规格=5斤", 5900, 6900, 3000, picture, 0, True),
        ("A9", "规格=9斤", 9900, None, None, None, 1, True),
    ]
    ids = sku_ids(ctx, product_id)
    assert [level(ctx, sku_id) for sku_id in ids.values()] == [(7, 0), (0, 0)]
    assert rows("select sku_id, location_id, kind, cause, on_hand_change, actor from stock_moves") == [
        {
            "sku_id": ids["A5"],
            "location_id": MAIN_LOCATION,
            "kind": "opening",
            "cause": ids["A5"],
            "on_hand_change": 7,
            "actor": "staff:stf_1",
        }
    ]
    assert before <= ctx().now and str(rows("select publish_at from products")[0]["publish_at"]).startswith(f"{NOON:%Y-%m-%d}")


def test_the_same_key_makes_one_product(ctx, rows, category_id):
    def create():
        key = ClientKey("key-1", "print")
        return create_product(ctx(), title="苹果", category_id=category_id, skus=[SkuForm("A1", 100)], key=key), key.hit

    first, repeat = create(), create()
    assert (first[0], first[1], repeat[1]) == (repeat[0], False, True)
    assert rows("select count(*) as n from products") == [{"n": 1}]
    with pytest.raises(Refused, match="idempotency_key_reused"):
        create_product(ctx(), title="梨", category_id=category_id, skus=[SkuForm("B1", 1)], key=ClientKey("key-1", "other"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"detail": "x" * 20_001}, "text_too_long"),
        ({"detail": "<img src=x onerror=alert(1)>"}, "detail_html"),
        ({"detail": f"![]({'0' * 32}.jpg)"}, "file_not_found"),
        ({"skus": []}, "no_sku"),
        ({"skus": [SkuForm("A1", 0)]}, "price"),
        ({"skus": [SkuForm("A1", 1, stock=-1)]}, "stock_out_of_bounds"),
        ({"category_id": "cat_unknown"}, "category_unknown"),
        ({"pictures": ["0" * 32 + ".jpg"]}, "file_not_found"),
        ({"skus": [SkuForm("A1", 1, picture="0" * 32 + ".jpg")]}, "file_not_found"),
        ({"pictures": ["a"] * 21}, "pictures"),
        ({"skus": [SkuForm("TAKEN", 1)]}, "sku_code_taken"),
    ],
)
def test_a_refusal_changes_nothing(ctx, snapshot, category_id, changes, code):
    create_product(ctx(), title="梨", category_id=category_id, skus=[SkuForm("TAKEN", 1)])
    before = snapshot()
    with pytest.raises(Refused) as refused:
        create_product(ctx(), **({"title": "苹果", "category_id": category_id, "skus": [SkuForm("A1", 100)]} | changes))
    assert refused.value.code == code
    assert snapshot() == before


def test_who_may_not_see_costs_gives_none(ctx, rows, snapshot, category_id):
    before = snapshot()
    goods_only = ctx(staff("stf_1", {"goods.edit"}))
    with pytest.raises(Refused, match="forbidden"):
        create_product(goods_only, title="苹果", category_id=category_id, skus=[SkuForm("A1", 100, cost_fen=50)])
    assert snapshot() == before
    product_id = create_product(goods_only, title="苹果", category_id=category_id, skus=[SkuForm("A1", 100)])
    assert rows("select action, actor from audit_log where subject = :id", id=product_id) == [
        {"action": "create_product", "actor": "staff:stf_1"}
    ]
