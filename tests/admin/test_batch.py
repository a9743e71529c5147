"""Prices and stock of many: what the preview shows is what confirming writes, what moved is listed, a form counts once."""

import io
import re

import pytest

from backend.catalog.rules import SkuForm
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_prices import PriceChange, change_prices
from tests.given_goods import given_product, level

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""


@pytest.fixture
def boss(log_in):
    return log_in("owner")


@pytest.fixture
def shirts(ctx):
    sizes = (("S", 1000, 1200, 950), ("M", 2000, None, 100), ("L", 3000, None, None))
    return given_product(ctx, title="衬衫", category="服装", skus=[
        SkuForm(code, price, market, cost, {"号": code}, stock=10) for code, price, market, cost in sizes])


def confirmed(page, **more):
    """The form that confirms a preview, with all rows ticked."""
    hidden = dict(re.findall(r'name="(seen|mode|idempotency_key)" value="([^"]*)"', page.text[page.text.index("/apply/") :]))
    return hidden | {"take": re.findall(r'name="take" value="([^"]*)"', page.text)} | more


def prices(rows):
    return {row["code"]: row["price_fen"] for row in rows("select code, price_fen from skus")}


def test_prices_by_a_rule(ctx, rows, boss, shirts):
    given_product(ctx, "APPLE", 500, title="苹果")
    before = prices(rows)
    page = boss.post("/admin/prices/preview/", {"id": shirts.product_id, "how": "percent", "value": "-10", "ending": "90"})
    assert page.status_code == 200 and prices(rows) == before
    assert all(words in page.text for words in ("¥8.90", "¥17.90", "¥26.90", "低于成本", "确认修改 3 个价格"))
    form = confirmed(page)
    for _ in range(2):
        done = boss.post("/admin/prices/apply/", form)
        assert done.status_code == 200 and ">3<" in done.text
    assert prices(rows) == {"S": 890, "M": 1790, "L": 2690, "APPLE": 500}
    assert rows("select count(*) as n from audit_log where action = 'change_price'") == [{"n": 3}]


def test_what_the_lists_filters_show(ctx, rows, boss, shirts):
    given_product(ctx, "APPLE", 500, title="苹果")
    page = boss.get("/admin/prices/?q=苹果")
    assert 'name="q" value="苹果"' in page.text
    page = boss.post("/admin/prices/preview/", {"q": "苹果", "how": "set", "value": "6"})
    boss.post("/admin/prices/apply/", confirmed(page))
    assert prices(rows) == {"S": 1000, "M": 2000, "L": 3000, "APPLE": 600}


def test_what_moved_after_the_preview_is_left_and_listed(ctx, rows, boss, shirts):
    page = boss.post("/admin/prices/preview/", {"id": shirts.product_id, "how": "amount", "value": "1"})
    change_prices(ctx(), changes=[PriceChange("M", 1500)])
    done = boss.post("/admin/prices/apply/", confirmed(page))
    assert "在预览之后被别人改过" in done.text and f"/admin/stock/{shirts.skus['M']}/prices/" in done.text
    assert prices(rows) == {"S": 1100, "M": 1500, "L": 3100}


def test_rows_that_are_not_ticked_stay(ctx, rows, boss, shirts):
    page = boss.post("/admin/prices/preview/", {"id": shirts.product_id, "how": "amount", "value": "1"})
    boss.post("/admin/prices/apply/", confirmed(page) | {"take": [shirts.skus["L"]]})
    assert prices(rows) == {"S": 1000, "M": 2000, "L": 3100}


def file(text, name="a.csv"):
    return (io.BytesIO(text.encode()), name)


def test_prices_by_a_file(ctx, rows, boss, shirts):
    text = "商品编码,新价格,划线价\nS,9.9,\nM,18,25\nNO,5,\nL,x,\nS,1,"
    page = boss.post("/admin/prices/file/", {"file": file(text)}, content_type="multipart/form-data")
    assert page.status_code == 200
    assert "没有这些编码，已跳过：NO" in page.text and "价格“x”须为元" in page.text and "出现了两次" in page.text
    boss.post("/admin/prices/apply/", confirmed(page))
    assert rows("select code, price_fen, market_price_fen from skus order by code") == [
        {"code": "L", "price_fen": 3000, "market_price_fen": None}, {"code": "M", "price_fen": 1800, "market_price_fen": 2500},
        {"code": "S", "price_fen": 990, "market_price_fen": 1200}]


@pytest.mark.parametrize(("path", "data", "sentence"), [
    ("/admin/prices/preview/", {"how": "percent", "value": ""}, "请填写调整的幅度"),
    ("/admin/prices/preview/", {"how": "percent", "value": "1.999"}, "请填写调整的幅度"),
    ("/admin/prices/preview/", {"how": "nonsense", "value": "1"}, "请填写调整的幅度"),
    ("/admin/prices/preview/", {"how": "set", "value": "1", "ending": "x"}, "请填写调整的幅度"),
    ("/admin/prices/preview/", {"how": "percent", "value": "-100"}, "调价规则不合理"),
    ("/admin/prices/preview/", {"how": "set", "value": "1", "ending": "50"}, "调价规则不合理"),
    ("/admin/counts/preview/", {"mode": "add", "quantity": "1.5"}, "请填写数量"),
    ("/admin/counts/preview/", {"mode": "add", "quantity": ""}, "请填写数量"),
    ("/admin/counts/preview/", {"mode": "add", "quantity": "0"}, "数量须是整数"),
    ("/admin/counts/preview/", {"mode": "set", "quantity": "-1"}, "数量须是整数"),
    ("/admin/prices/file/", {}, "请选择文件"),
    ("/admin/prices/file/", {"file": file("a,b\n1,2")}, "表格缺少列"),
    ("/admin/prices/file/", {"file": file("\x00\x01\x02")}, "表格"),
    ("/admin/prices/file/", {"file": file("sku,price\nA,x")}, "没有可用的行"),
])
def test_nonsense_is_said_on_the_page_and_changes_nothing(ctx, snapshot, boss, shirts, path, data, sentence):
    token = boss.token()
    before = snapshot()
    sent = {name: file(each[0].getvalue().decode()) if isinstance(each, tuple) else each for name, each in data.items()}
    page = boss.client.post(path, data=sent | {"csrf_token": token}, content_type="multipart/form-data")
    assert page.status_code == 422 and sentence in page.text
    assert snapshot() == before


@pytest.mark.parametrize("seen", ["x", "a.b", "sku_1.x..5.", "sku_1.1..x.", "*.*"])
def test_a_made_up_preview_is_no_form_of_ours(ctx, snapshot, boss, seen):
    token = boss.token()
    before = snapshot()
    data = {"seen": seen, "take": seen.split(".")[0], "csrf_token": token, "idempotency_key": "a-key-of-sixteen-or-more"}
    assert boss.client.post("/admin/prices/apply/", data=data).status_code == 400
    assert snapshot() == before


def test_a_line_that_cannot_be_is_named_and_the_others_go_on(boss, shirts):
    text = "商品编码,数量（件）\nS,-1\nM,x\nL,25"
    page = boss.post("/admin/counts/file/", {"file": file(text), "mode": "set"}, content_type="multipart/form-data").text
    assert "确认修改 1 个规格的库存" in page
    listed = page[page.index("文件里有问题的行"):]
    assert listed.index("<td>2</td><td>数量须是整数：盘点") < listed.index("<td>3</td><td>数量“x”")


def test_stock_that_was_counted(ctx, rows, boss, shirts):
    text = "商品编码,数量\nS,7\nM,10\nL,25\nNO,1"
    page = boss.post("/admin/counts/file/", {"file": file(text), "mode": "set"}, content_type="multipart/form-data")
    assert "确认修改 2 个规格的库存" in page.text and "NO" in page.text
    adjust_stock(ctx(), sku_id=shirts.skus["L"], change=1, reason="到货")
    form = confirmed(page, reason="月末盘点")
    for _ in range(2):
        done = boss.post("/admin/counts/apply/", form)
        assert "请重新盘点" in done.text and f"/admin/stock/{shirts.skus['L']}/" in done.text
    assert [level(ctx, shirts.skus[code])[0] for code in "SML"] == [7, 10, 11]
    assert rows("select on_hand_change, reason, actor from stock_moves where reason = '月末盘点'") == [
        {"on_hand_change": -3, "reason": "月末盘点", "actor": f"staff:{boss.staff_id}"}]


def test_what_arrived_is_added_once(ctx, boss, shirts):
    page = boss.post("/admin/counts/preview/", {"id": shirts.product_id, "mode": "add", "quantity": "+5"})
    adjust_stock(ctx(), sku_id=shirts.skus["L"], change=1, reason="到货")
    form = confirmed(page, reason="到货")
    for _ in range(2):
        assert ">3<" in boss.post("/admin/counts/apply/", form).text
    assert [level(ctx, shirts.skus[code])[0] for code in "SML"] == [15, 15, 16]
    done = boss.post("/admin/counts/apply/", form | {"reason": "", "idempotency_key": "another-key-of-a-form"})
    assert "中途停下" in done.text and "请写明原因" in done.text


def test_rights(ctx, log_in):
    given_product(ctx)
    stockkeeper = log_in("orders")
    for path in ("/admin/prices/", "/admin/counts/", "/admin/content/"):
        assert stockkeeper.get(path).status_code == 403
    assert stockkeeper.get("/admin/goods/").status_code == stockkeeper.get("/admin/stock/").status_code == 200
