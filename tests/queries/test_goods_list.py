"""Goods for staff: tabs, search by title and code, filters, pages, and costs for those who may see them."""

from datetime import timedelta

import pytest

from backend.catalog.rules import SkuForm
from backend.infra.keyset import Turn
from backend.infra.uow import transaction
from backend.kernel.actors import ANONYMOUS, EVERYTHING, shopper, staff
from backend.kernel.errors import Refused
from backend.queries import goods_list as goods_list_module
from backend.queries.goods_form import goods_form
from backend.queries.goods_list import TABS, Wanted, goods_list
from backend.queries.product_page import product_preview
from backend.stock import MAIN_LOCATION, store
from backend.usecases.edit_product import edit_product
from backend.usecases.set_low_stock import set_low_stock
from backend.usecases.set_on_shelf import set_on_shelf
from tests.conftest import NOON
from tests.counting import counted
from tests.given_goods import given_category, given_product
from tests.leafing import leafed


def titles(ctx, sort="price", limit=100, **wanted):
    return [row.title for row in goods_list(ctx(), wanted=Wanted(**wanted), sort=sort, limit=limit).rows]


@pytest.fixture
def window(ctx):
    food = given_category(ctx, "食品")
    berries = given_category(ctx, "浆果", food)
    made = {
        "在售": given_product(ctx, "ON-1", 100, 50, "在售苹果", "水果"),
        "低": given_product(ctx, "LOW-1", 200, 10, "快没了的梨", "水果"),
        "售罄": given_product(ctx, "OUT-1", 300, 0, "没了的桃", category_id=berries),
        "下架": given_product(ctx, "OFF-1", 400, 50, "下架的杏", category_id=food),
        "预售": given_product(ctx, "SOON-1", 500, 50, "明天的瓜", "瓜", publish_at=NOON + timedelta(days=1)),
    }
    set_on_shelf(ctx(), product_ids=[made["下架"].product_id], on_shelf=False)
    return made | {"食品": food, "浆果": berries}


def test_tabs(ctx, window):
    assert {tab: titles(ctx, tab=tab) for tab in TABS} == {
        "all": ["在售苹果", "快没了的梨", "没了的桃", "下架的杏", "明天的瓜"],
        "on_sale": ["在售苹果", "快没了的梨", "没了的桃"],
        "off_shelf": ["下架的杏"],
        "sold_out": ["没了的桃"],
        "low": ["快没了的梨", "没了的桃"],
        "scheduled": ["明天的瓜"],
    }
    states = {row.title: row.state for row in goods_list(ctx(), wanted=Wanted()).rows}
    assert states == {
        "在售苹果": "on_sale",
        "快没了的梨": "on_sale",
        "没了的桃": "sold_out",
        "下架的杏": "off_shelf",
        "明天的瓜": "scheduled",
    }


def test_what_is_promised_does_not_count_and_a_line_of_its_own_does(ctx, window):
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", window["在售"].sku_id, 50)])
    assert titles(ctx, tab="sold_out") == ["在售苹果", "没了的桃"]
    set_low_stock(ctx(), sku_ids=[window["低"].sku_id], low_at=9)
    assert titles(ctx, tab="low") == ["在售苹果", "没了的桃"]
    [row] = goods_list(ctx(), wanted=Wanted(q="在售")).rows
    assert (row.on_hand, row.reserved, row.available, row.low) == (50, 50, 0, 1)


def test_tabs_are_the_same_when_many_goods_are_concerned(ctx, window, monkeypatch):
    expected = {tab: titles(ctx, tab=tab) for tab in TABS}
    monkeypatch.setattr(goods_list_module, "COMMON", 1)
    assert {tab: titles(ctx, tab=tab) for tab in TABS} == expected


def test_a_product_of_which_one_sku_is_left_is_not_sold_out(ctx):
    sizes = (("S", 0), ("L", 90))
    given_product(ctx, title="衬衫", skus=[SkuForm(code, 5, options={"号": code}, stock=stock) for code, stock in sizes])
    assert titles(ctx, tab="sold_out") == [] and titles(ctx, tab="low") == ["衬衫"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"q": "的 桃"}, ["没了的桃"]),
        ({"q": "梨"}, ["快没了的梨"]),
        ({"q": "out-1"}, ["没了的桃"]),
        ({"q": "LOW"}, ["快没了的梨"]),
        ({"q": "o", "tab": "on_sale"}, ["在售苹果", "没了的桃"]),
        ({"q": "O_"}, []),
        ({"q": "葡萄"}, []),
        ({"q": "' or 1=1 --"}, []),
        ({"q": "\x00"}, ["在售苹果", "快没了的梨", "没了的桃", "下架的杏", "明天的瓜"]),
        ({"q": "%"}, []),
        ({"from_fen": 200, "to_fen": 400}, ["快没了的梨", "没了的桃", "下架的杏"]),
        ({"from_fen": 401}, ["明天的瓜"]),
        ({"category_id": "cat_unknown"}, []),
    ],
)
def test_search_and_filters(ctx, window, wanted, found):
    assert titles(ctx, **wanted) == found


def test_a_category_brings_its_children(ctx, window):
    assert titles(ctx, category_id=window["食品"]) == ["没了的桃", "下架的杏"]
    assert titles(ctx, category_id=window["浆果"]) == ["没了的桃"]


def test_pages_follow_one_another(ctx):
    made = [given_product(ctx, f"P{number}", 100 + number // 2, title=f"第{number}个").product_id for number in range(7)]
    for sort in ("newest", "price", "-price", "sales"):
        for wanted in (Wanted(q="第"), Wanted(tab="on_sale", from_fen=1)):
            pages = leafed(lambda turn, sort=sort, wanted=wanted: goods_list(ctx(), wanted=wanted, sort=sort, turn=turn, limit=3))
            assert [len(page) for page in pages] == [3, 3, 1], sort
            assert sorted(row.id for page in pages for row in page) == sorted(made), sort
    with pytest.raises(Refused, match="bad_cursor"):
        goods_list(ctx(), wanted=Wanted(), turn=Turn(goods_list(ctx(), wanted=Wanted(), sort="price", limit=3).next))
    with pytest.raises(Refused, match="bad_query"):
        goods_list(ctx(), wanted=Wanted(q="x" * 65))


def test_the_number_of_statements_does_not_grow(ctx):
    counts = set()
    for size in (1, 30):
        for number in range(size):
            given_product(ctx, f"N{size}-{number}", title=f"苹果{number}")
        with counted() as statements:
            goods_list(ctx(), wanted=Wanted(q="苹果"), limit=30)
        counts.add(len(statements))
    assert counts == {3}


def test_costs_are_for_those_who_may_see_them(ctx):
    goods = given_product(
        ctx, skus=[SkuForm(code, 1000, None, cost, {"号": code}) for code, cost in (("A", 400), ("B", 700), ("C", None))]
    )
    viewer, finance = ctx(staff("stf_1", {"goods.view"})), ctx(staff("stf_2", {"goods.view", "costs.view"}))
    [row] = goods_list(finance, wanted=Wanted()).rows
    assert (row.lowest_cost_fen, row.highest_cost_fen) == (400, 700)
    assert [sku.cost_fen for sku in goods_form(finance, product_id=goods.product_id).skus] == [400, 700, None]
    [row] = goods_list(viewer, wanted=Wanted()).rows
    assert (row.lowest_cost_fen, row.highest_cost_fen) == (None, None)
    assert {sku.cost_fen for sku in goods_form(viewer, product_id=goods.product_id).skus} == {None}


def test_the_form_has_everything_that_can_be_changed(ctx):
    goods = given_product(
        ctx,
        title="衬衫",
        selling_point="透气",
        detail="棉",
        position=2,
        skus=[SkuForm("S", 1000, 1200, 500, {"号": "S"}, stock=3), SkuForm("L", 1100, options={"号": "L"}, stock=90)],
    )
    form = goods_form(ctx(), product_id=goods.product_id)
    edit_product(
        ctx(),
        product_id=form.id,
        title=form.title,
        category_id=form.category_id,
        publish_at=form.publish_at,
        selling_point=form.selling_point,
        detail=form.detail,
        position=form.position,
        skus=[SkuForm("L", 1100, options={"号": "L"})],
        seen_at=form.updated_at,
    )
    form = goods_form(ctx(), product_id=goods.product_id)
    assert (form.title, form.selling_point, form.detail, form.position, form.category, form.state) == (
        "衬衫",
        "透气",
        "棉",
        2,
        "水果",
        "on_sale",
    )
    [large], [small] = form.skus, form.gone
    assert (large.code, large.on_hand, large.available, large.low, small.code, small.low) == ("L", 90, 90, False, "S", True)
    assert (small.options, small.cost_fen, small.low_at) == ({"号": "S"}, 500, None)
    with pytest.raises(Refused, match="product_unknown"):
        goods_form(ctx(), product_id="prd_unknown")


def test_a_preview_is_the_page_that_shoppers_will_see(ctx, window):
    page = product_preview(ctx(), product_id=window["预售"].product_id)
    assert (page["title"], page["skus"][0]["code"]) == ("明天的瓜", "SOON-1")
    assert "cost_fen" not in str(page)
    with pytest.raises(Refused, match="not_found"):
        product_preview(ctx(), product_id="prd_unknown")


@pytest.mark.parametrize("actor", [ANONYMOUS, shopper("mbr_1"), staff("stf_1", EVERYTHING - {"*"})])
def test_only_who_may(ctx, actor):
    product_id = given_product(ctx).product_id
    for call in (
        lambda: goods_list(ctx(actor), wanted=Wanted()),
        lambda: goods_form(ctx(actor), product_id=product_id),
        lambda: product_preview(ctx(actor), product_id=product_id),
    ):
        with pytest.raises(Refused):
            call()
