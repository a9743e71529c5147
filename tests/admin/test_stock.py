"""The stock screens: levels, journal, adjusting, low-stock lines, prices and deals of a SKU."""

import pytest

from backend.infra.uow import transaction
from backend.stock import MAIN_LOCATION, store
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.count_deals import count_deals
from tests.given_goods import given_product, level

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""


@pytest.fixture
def boss(log_in):
    return log_in("owner")


def test_levels_low_and_sold_out(ctx, boss):
    given_product(ctx, "A1", title="多的", stock=5000)
    given_product(ctx, "B1", title="少的", stock=3)
    given_product(ctx, "C1", title="没了", stock=0)
    page = boss.get("/admin/stock/").text
    assert "5,000" in page and all(words in page for words in ("多的", "少的", "没了", "默认 10"))
    page = boss.get("/admin/stock/?tab=low").text
    assert "多的" not in page and page.index("没了") < page.index("少的")
    page = boss.get("/admin/stock/?tab=out&q=c1").text
    assert "没了" in page and "少的" not in page


def test_adjusting_with_a_reason(ctx, rows, boss):
    sku_id = given_product(ctx, stock=10).sku_id
    for data, left in [
        ({"mode": "add", "quantity": "5", "reason": "到货"}, 15),
        ({"mode": "take", "quantity": "2", "reason": "破损"}, 13),
        ({"mode": "set", "quantity": "20", "was": "13", "reason": "盘点"}, 20),
    ]:
        page = boss.post(f"/admin/stock/{sku_id}/adjust/", data)
        assert "库存已修改" in page.text and data["reason"] in page.text and level(ctx, sku_id)[0] == left
    assert len(rows("select id from audit_log where action = 'adjust_stock'")) == 3


def test_the_same_form_twice_counts_once(ctx, boss):
    sku_id = given_product(ctx, stock=10).sku_id
    data = {"mode": "add", "quantity": "5", "reason": "到货", "idempotency_key": "one-and-the-same-key"}
    for _ in range(2):
        assert boss.post(f"/admin/stock/{sku_id}/adjust/", data).status_code == 200
    assert level(ctx, sku_id) == (15, 0)


@pytest.mark.parametrize(("data", "sentence"), [
    ({"mode": "add", "quantity": "x", "reason": "到货"}, "请填写数量"),
    ({"mode": "add", "quantity": "0", "reason": "到货"}, "增减不能为 0"),
    ({"mode": "add", "quantity": "5", "reason": " "}, "请写明原因"),
    ({"mode": "take", "quantity": "7", "reason": "破损"}, "已被订单占用"),
    ({"mode": "set", "quantity": "3", "was": "10", "reason": "盘点"}, "少于已被订单占用"),
    ({"mode": "set", "quantity": "20", "was": "9", "reason": "盘点"}, "盘点期间库存有变动"),
    ({"mode": "set", "quantity": "-1", "was": "10", "reason": "盘点"}, "请填写数量"),
    ({"mode": "set", "quantity": "20", "was": "", "reason": "盘点"}, "请填写数量"),
])
def test_a_no_is_said_on_the_page_and_changes_no_stock(ctx, rows, boss, data, sentence):
    sku_id = given_product(ctx, stock=10).sku_id
    with transaction(ctx()) as tx:
        store.reserve(tx, MAIN_LOCATION, [("oli_1", sku_id, 4)])
    before = rows("select * from stock_moves"), rows("select count(*) from audit_log")
    page = boss.post(f"/admin/stock/{sku_id}/adjust/", data)
    assert page.status_code in (409, 422) and sentence in page.text
    assert level(ctx, sku_id) == (10, 4) and (rows("select * from stock_moves"), rows("select count(*) from audit_log")) == before


def test_lines_one_and_many(ctx, rows, boss):
    ids = [given_product(ctx, code).sku_id for code in ("A1", "B1")]
    assert "预警线已保存" in boss.post(f"/admin/stock/{ids[0]}/line/", {"low_at": "100"}).text
    assert "2 个规格" in boss.post("/admin/stock/action/", {"action": "lines", "rowid": ids, "low_at": "30"}).text
    assert rows("select distinct low_at from stock_levels") == [{"low_at": 30}]
    assert "预警数量须为" in boss.post("/admin/stock/action/", {"action": "lines", "rowid": ids, "low_at": "x"}).text
    assert boss.post(f"/admin/stock/{ids[0]}/line/", {"low_at": "1000001"}).status_code == 422
    assert boss.post(f"/admin/stock/{ids[0]}/line/", {"low_at": ""}).status_code == 200
    assert sorted(str(row["low_at"]) for row in rows("select low_at from stock_levels")) == ["30", "None"]


def test_a_long_journal_comes_in_pages(ctx, boss, later):
    sku_id = given_product(ctx, stock=1).sku_id
    for number in range(60):
        later(seconds=1)
        adjust_stock(ctx(), sku_id=sku_id, change=1, reason=f"第{number}次")
    page = boss.get(f"/admin/stock/{sku_id}/").text
    assert "第59次" in page and "第5次" not in page and ">61<" in page
    before = page.split("before=")[1].split('"')[0]
    page = boss.get(f"/admin/stock/{sku_id}/?before={before}").text
    assert "第5次" in page and "期初" in page and "第59次" not in page
    assert boss.get("/admin/stock/sku_unknown/").status_code == 404


def test_prices_and_real_deals(ctx, rows, boss, shop):
    shop.paid(shop.shopper(), (shop.goods("A1", 4500, 50), 2))
    [apple] = [row["id"] for row in rows("select id from skus where code = 'A1'")]
    count_deals(ctx())
    change_prices(ctx(), changes=[PriceChange("A1", 3900, 4500)])
    page = boss.get(f"/admin/stock/{apple}/prices/").text
    assert "¥45.00 → <b>¥39.00</b>" in page and "<meter" in page and "2026-03-02" in page
