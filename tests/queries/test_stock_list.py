"""Stock for staff, SKU by SKU."""

import pytest

from backend.catalog.rules import SkuForm
from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.queries import stock_list as stock_list_module
from backend.queries.stock_list import TABS, stock_list
from backend.usecases.set_low_stock import set_low_stock
from backend.usecases.set_on_shelf import set_on_shelf
from tests.given_goods import given_product
from tests.leafing import leafed


@pytest.fixture
def made(ctx):
    sizes = (("L", 50), ("M", 8))
    shirts = given_product(
        ctx, title="衬衫", skus=[SkuForm(f"S-{size}", 100, options={"号": size}, stock=stock) for size, stock in sizes]
    )
    empty = given_product(ctx, "OUT", stock=0, title="没了")
    off = given_product(ctx, "OFF", stock=0, title="下架")
    set_on_shelf(ctx(), product_ids=[off.product_id], on_shelf=False)
    return {**shirts.skus, **empty.skus, **off.skus}


def codes(ctx, **asked):
    return [row.code for row in stock_list(ctx(), **asked).rows]


def test_tabs_search_and_pages(ctx, made):
    assert sorted(codes(ctx)) == ["OFF", "OUT", "S-L", "S-M"]
    assert codes(ctx, tab="low") == ["OUT", "S-M"] and codes(ctx, tab="out") == ["OUT"]
    assert sorted(codes(ctx, q="衬")) == sorted(codes(ctx, q="s-")) == ["S-L", "S-M"] and codes(ctx, q="S-m") == ["S-M"]
    assert codes(ctx, q="没 了") == ["OUT"] and codes(ctx, q="没 衬") == codes(ctx, q="%") == []
    assert [[row.code for row in rows] for rows in leafed(lambda turn: stock_list(ctx(), turn=turn, limit=3))] == [
        codes(ctx)[:3], codes(ctx)[3:]]
    assert [[row.code for row in rows] for rows in leafed(lambda turn: stock_list(ctx(), tab="low", turn=turn, limit=1))] == [
        ["OUT"], ["S-M"]]


def test_tabs_are_the_same_when_many_levels_are_concerned(ctx, made, monkeypatch):
    expected = {tab: codes(ctx, tab=tab) for tab in TABS}
    for look in (1, 2, 3):
        monkeypatch.setattr(stock_list_module, "FIRST_LOOK", look)
        assert {tab: codes(ctx, tab=tab) for tab in TABS} == expected
        assert [[row.code for row in rows] for rows in leafed(lambda turn: stock_list(ctx(), tab="low", turn=turn, limit=1))] == [
            ["OUT"], ["S-M"]]


def test_a_line_of_its_own(ctx, made):
    set_low_stock(ctx(), sku_ids=[made["S-L"]], low_at=50)
    rows = {row.code: row for row in stock_list(ctx()).rows}
    assert (rows["S-L"].low_at, rows["S-L"].low, rows["S-L"].available) == (50, True, 50)
    assert rows["S-M"].low_at is None and rows["S-M"].low
    set_low_stock(ctx(), sku_ids=[made["S-M"]], low_at=7)
    assert codes(ctx, tab="low") == ["OUT", "S-L"]


def test_only_who_may(ctx):
    with pytest.raises(Refused, match="forbidden"):
        stock_list(ctx(staff("stf_1", {"orders.view"})))
    with pytest.raises(Refused, match="bad_query"):
        stock_list(ctx(), q="x" * 65)
