"""edit_product: the form says how the product is; SKUs are known by their codes and never deleted."""

import json

import pytest
from sqlalchemy import select

from backend.catalog.models import Product
from backend.infra.uow import reading
from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.edit_product import SkuForm, edit_product
from tests.conftest import NOON
from tests.given_goods import given_category, given_product, level, sku_ids


@pytest.fixture
def goods(ctx):
    return given_product(
        ctx, skus=[SkuForm("R", 1000, 1200, 500, {"颜色": "红"}, stock=5), SkuForm("B", 1100, options={"颜色": "蓝"})]
    )


def edit(ctx, goods, **changes):
    form = {
        "title": "红富士苹果",
        "category_id": goods.category_id,
        "publish_at": NOON,
        "skus": [SkuForm("R", 1000, 1200, 500, {"颜色": "红"}), SkuForm("B", 1100, options={"颜色": "蓝"})],
    }
    edit_product(ctx(), product_id=goods.product_id, **(form | changes))


def skus(rows):
    return {row["code"]: (row["option_key"], row["price_fen"], row["active"]) for row in rows("select * from skus")}


def test_texts_and_category(ctx, rows, goods):
    pears = given_category(ctx, "梨")
    edit(ctx, goods, title="香梨", category_id=pears, selling_point="多汁", detail="一\n二", position=4)
    [product] = rows("select title, folded_title, category_id, selling_point, detail, position from products")
    assert tuple(product.values()) == ("香梨", "香梨", pears, "多汁", "一\n二", 4)
    assert {row["term"] for row in rows("select term from product_terms")} == {"香梨", "梨"}


def test_skus_change_come_and_go(ctx, rows, goods):
    edit(
        ctx,
        goods,
        skus=[
            SkuForm("G", 900, options={"颜色": "绿"}, stock=3),
            SkuForm("R", 1500, 1500, 600, {"颜色": "大红"}, stock=99),
        ],
    )
    ids = sku_ids(ctx, goods.product_id)
    assert skus(rows) == {"G": ("颜色=绿", 900, True), "R": ("颜色=大红", 1500, True), "B": (ids["B"], 1100, False)}
    assert ids["R"] == goods.skus["R"] and ids["B"] == goods.skus["B"]
    assert (level(ctx, ids["R"]), level(ctx, ids["G"])) == ((5, 0), (3, 0)), "a known SKU keeps its stock"
    assert rows("select price_fen, market_price_fen, sku_count from products") == [
        {"price_fen": 900, "market_price_fen": None, "sku_count": 2}
    ]
    [audit] = rows("select action, subject, actor from audit_log where action = 'change_price'")
    assert audit == {"action": "change_price", "subject": ids["R"], "actor": "system"}


def test_two_skus_swap_their_options_and_a_gone_one_comes_back(ctx, rows, goods):
    edit(ctx, goods, skus=[SkuForm("R", 1000, options={"颜色": "蓝"}), SkuForm("B", 1100, options={"颜色": "红"})])
    assert skus(rows) == {"R": ("颜色=蓝", 1000, True), "B": ("颜色=红", 1100, True)}
    edit(ctx, goods, skus=[SkuForm("B", 1100)])
    assert skus(rows) == {"R": (goods.skus["R"], 1000, False), "B": ("", 1100, True)}
    assert rows("select sole_sku_id, sole_sku_code, sku_count from products") == [
        {"sole_sku_id": goods.skus["B"], "sole_sku_code": "B", "sku_count": 1}
    ]
    edit(ctx, goods)
    assert skus(rows) == {"R": ("颜色=红", 1000, True), "B": ("颜色=蓝", 1100, True)}


def test_the_same_form_again_changes_nothing_else(ctx, snapshot, later, goods):
    edit(ctx, goods)
    before = snapshot()
    later(minutes=1)
    edit(ctx, goods)
    after = snapshot()
    assert {name for name in before if before[name] != after[name]} == {"products"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "title"),
        ({"skus": []}, "no_sku"),
        ({"skus": [SkuForm("R", 10, 9)]}, "market_price"),
        ({"skus": [SkuForm("OTHER", 10)]}, "sku_code_taken"),
        ({"category_id": "cat_unknown"}, "category_unknown"),
        ({"skus": [SkuForm("R", 10), SkuForm("B", 10)]}, "options"),
        ({"pictures": ["0" * 32 + ".jpg"]}, "file_not_found"),
        ({"skus": [SkuForm("N", 10, stock=-1)]}, "stock_out_of_bounds"),
    ],
)
def test_a_refusal_changes_nothing(ctx, snapshot, goods, changes, code):
    given_product(ctx, "OTHER")
    before = snapshot()
    with pytest.raises(Refused) as refused:
        edit(ctx, goods, **changes)
    assert refused.value.code == code
    assert snapshot() == before


def test_an_unknown_product_is_refused(ctx, goods):
    with pytest.raises(Refused, match="product_unknown"):
        edit_product(
            ctx(),
            product_id="prd_unknown",
            title="梨",
            category_id=goods.category_id,
            publish_at=NOON,
            skus=[SkuForm("N", 1)],
        )


def seen(ctx, goods):
    """(publish_at, updated_at) as the form shows them."""
    with reading(ctx()) as rd:
        columns = Product.__table__.c.publish_at, Product.__table__.c.updated_at
        return rd.execute(select(*columns).where(Product.__table__.c.id == goods.product_id)).one()


def audited(rows, goods):
    [audit] = rows("select before, after from audit_log where action = 'edit_product' and subject = :id", id=goods.product_id)
    return [json.loads(value) if isinstance(value, str) else value for value in (audit["before"], audit["after"])]


def test_what_changed_is_audited_and_nothing_else(ctx, rows, goods):
    publish_at, _ = seen(ctx, goods)
    edit(ctx, goods, publish_at=publish_at)
    assert rows("select id from audit_log where subject = :id and action <> 'create_product'", id=goods.product_id) == []
    edit(ctx, goods, publish_at=publish_at, selling_point="脆甜", skus=[SkuForm("R", 1000, 1200, 550, {"颜色": "红"})])
    blue = {"options": {"颜色": "蓝"}, "picture": None, "cost_fen": None}
    red = {"options": {"颜色": "红"}, "picture": None, "cost_fen": 500}
    assert audited(rows, goods) == [
        {"selling_point": "", "skus": {"B": blue, "R": red}},
        {"selling_point": "脆甜", "skus": {"B": None, "R": red | {"cost_fen": 550}}},
    ]


def test_the_second_of_two_editors_is_told(ctx, rows, snapshot, later, goods):
    _, seen_at = seen(ctx, goods)
    later(minutes=1)
    edit(ctx, goods, selling_point="我先", seen_at=seen_at)
    before = snapshot()
    with pytest.raises(Refused) as refused:
        edit(ctx, goods, selling_point="我后", seen_at=seen_at)
    assert refused.value.code == "product_changed_meanwhile" and snapshot() == before


def test_a_price_that_changed_meanwhile_is_not_overwritten(ctx, rows, later, goods):
    _, seen_at = seen(ctx, goods)
    later(minutes=1)
    change_prices(ctx(), changes=[PriceChange("R", 990)])
    with pytest.raises(Refused, match="product_changed_meanwhile"):
        edit(ctx, goods, seen_at=seen_at)
    assert skus(rows)["R"][1] == 990


GOODS_ONLY = staff("stf_1", {"goods.edit"})


def test_who_may_not_change_prices_changes_all_else(ctx, rows, snapshot, goods):
    before = snapshot()
    with pytest.raises(Refused, match="forbidden"):
        edit(lambda: ctx(GOODS_ONLY), goods, skus=[SkuForm("R", 999, 1200, options={"颜色": "红"})])
    assert snapshot() == before
    more = [
        SkuForm("R", 1000, 1200, options={"颜色": "红"}),
        SkuForm("B", 1100, options={"颜色": "蓝"}),
        SkuForm("G", 5, options={"颜色": "绿"}),
    ]
    edit(lambda: ctx(GOODS_ONLY), goods, title="新名", skus=more)
    assert skus(rows)["G"] == ("颜色=绿", 5, True)


def test_who_may_not_see_costs_leaves_them_as_they_are(ctx, rows, snapshot, goods):
    same = [SkuForm("R", 1000, 1200, options={"颜色": "红"}), SkuForm("B", 1100, options={"颜色": "蓝"})]
    edit(lambda: ctx(GOODS_ONLY), goods, skus=same)
    assert rows("select code, cost_fen from skus order by code") == [
        {"code": "B", "cost_fen": None}, {"code": "R", "cost_fen": 500}
    ]
    before = snapshot()
    for cost in (0, 400, 500):
        with pytest.raises(Refused, match="forbidden"):
            edit(lambda: ctx(GOODS_ONLY), goods, skus=[SkuForm("R", 1000, 1200, cost, {"颜色": "红"})])
    assert snapshot() == before


def test_pictures_of_the_detail_must_be_there(ctx, goods):
    with pytest.raises(Refused, match="file_not_found"):
        edit(ctx, goods, detail=f"![]({'0' * 32}.jpg)")
    key = ctx().gateways.files.put(b"jpeg", ".jpg")
    edit(ctx, goods, detail=f"![果园]({key})")
