"""The goods screens: list, form, preview, categories – who may, what is wrong beside its field, two editors, inert text."""

import re
from datetime import timedelta

import pytest

from backend.catalog.rules import SkuForm
from backend.organisation.rules import ROLES
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.set_on_shelf import set_on_shelf
from tests.conftest import NOON
from tests.given_goods import given_category, given_product, level

HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""


def without_templates(html):
    """The page without its <template>s, which may stand in one another."""
    parts, depth = [], 0
    for part in re.split(r"(<template[^>]*>|</template>)", html):
        if part.startswith("<template"):
            depth += 1
        elif part == "</template>":
            depth -= 1
        elif depth == 0:
            parts.append(part)
    return "".join(parts)


def form_of(page):
    """The fields of the product form on a page, as a browser would send them: {name: [values]}."""
    html = page.text[page.text.index('id="goods-form"') :]
    html = without_templates(html)
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<(?:input|textarea)[^>]*>(?:[^<]*</textarea>)?", html, re.S):
        name = re.search(r'name="([^"]+)"', tag)
        if not name or 'type="file"' in tag or (re.search('type="(radio|checkbox)"', tag) and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        text = tag.split(">", 1)[1].removesuffix("</textarea>") if tag.startswith("<textarea") else value[1] if value else ""
        fields.setdefault(name[1], []).append(text)
    chosen = re.search(r'name="category_id".*?<option value="([^"]*)" selected', html, re.S)
    fields["category_id"] = [chosen[1] if chosen else ""]
    return {name: values for name, values in fields.items() if name not in ("csrf_token", "idempotency_key")}


def form(category_id, **more):
    """A product form as somebody fills it in."""
    return {
        "title": "苹果", "category_id": category_id, "shelf": "now", "position": "0", "sku_code": ["A1"], "sku_price": ["19.90"],
        "sku_market": [""], "sku_cost": [""], "sku_stock": ["7"], "sku_picture": [""], "delivery": ["courier", "pickup"],
    } | more


@pytest.fixture
def boss(log_in):
    return log_in("owner")


def test_the_list_finds_and_narrows(ctx, boss):
    given_product(ctx, "A1", 1990, 50, "红富士苹果")
    given_product(ctx, "B1", 2990, 0, "香梨")
    off = given_product(ctx, "C1", title="下架的桃").product_id
    set_on_shelf(ctx(), product_ids=[off], on_shelf=False)
    page = boss.get("/admin/goods/").text
    assert all(words in page for words in ("红富士苹果", "¥19.90", "香梨", "售罄", "已下架"))
    for query, found, hidden in [
        ("q=苹果", "红富士苹果", "香梨"), ("q=B1", "香梨", "红富士苹果"), ("tab=sold_out", "香梨", "红富士苹果"),
        ("tab=off_shelf", "下架的桃", "香梨"), ("price_fen_from=25&price_fen_to=40", "香梨", "红富士苹果"),
    ]:
        page = boss.get(f"/admin/goods/?{query}").text
        assert found in page and hidden not in page, query


@pytest.mark.parametrize("back", [
    "/admin/goods/\r\nSet-Cookie: x=1", "/admin/goods/\\evil.com", "//evil.com", "https:evil.com", "/admin/goods//evil.com",
    "/admin/goods/\0", "/admin/orders/"])
def test_R28_the_shelf_button_leads_back_to_the_list_alone(ctx, boss, back):
    goods = given_product(ctx)
    answer = boss.post(f"/admin/goods/{goods.product_id}/shelf/", {"on_shelf": "1", "back": back}, follow=False)
    assert answer.status_code == 400 if "\0" in back else answer.headers["Location"] == "/admin/goods/"
    assert all(each.startswith("tuanma_says=") for each in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("query", [
    "q=%00", "sort=__class__", "tab=' OR 1=1--", "page=-1", "size=1000000000", "category_id=%27", "price_fen_from=x", "q=%25"])
def test_nonsense_in_the_address_is_harmless(ctx, boss, query):
    given_product(ctx)
    for path in ("/admin/goods/", "/admin/stock/", "/admin/prices/", "/admin/counts/"):
        assert boss.get(f"{path}?{query}").status_code == 200


def test_a_product_is_made_once_and_seen_in_the_shop(ctx, rows, boss):
    category_id = given_category(ctx)
    data = form(
        category_id, option_name=["重量", "", ""], sku_option_0=["5斤", "9斤"], sku_code=["A5", "A9"], sku_price=["59", "99.50"],
        sku_market=["69", ""], sku_cost=["30", ""], sku_stock=["7", ""], sku_picture=["", ""], selling_point="脆甜",
        detail="## 产地\r\n山东", idempotency_key="one-and-the-same-key")
    pages = [boss.post("/admin/goods/new/", data) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200] and "商品已创建" in pages[0].text
    [product] = rows("select id, title, price_fen, selling_point, detail, on_shelf from products")
    assert tuple(product.values())[1:] == ("苹果", 5900, "脆甜", "## 产地\n山东", True)
    skus = rows("select code, option_key, price_fen, market_price_fen, cost_fen from skus order by code")
    assert [tuple(sku.values()) for sku in skus] == [("A5", "重量=5斤", 5900, 6900, 3000), ("A9", "重量=9斤", 9950, None, None)]
    shop = boss.client.get(f"/api/v1/products/{product['id']}").get_json()
    assert shop["detail_blocks"][0] == {"kind": "heading", "text": "产地", "items": [], "picture": None}
    made = rows("select actor from audit_log where action = 'create_product'")
    assert [row["actor"] for row in made] == [f"staff:{boss.staff_id}"]


@pytest.mark.parametrize(("more", "sentence"), [
    ({"title": ""}, "名称须为"),
    ({"category_id": ""}, "请选择分类"),
    ({"sku_price": [""]}, "请填写此项"),
    ({"sku_price": ["1.999"]}, "例如 12.50"),
    ({"sku_price": ["0"]}, "价格须大于 0"),
    ({"sku_market": ["1"]}, "划线价不能低于售价"),
    ({"sku_stock": ["-1"]}, "请填写整数"),
    ({"sku_code": [""]}, "商品编码"),
    ({"sku_code": ["TAKEN"]}, "已被其他商品使用"),
    ({"detail": "<script>alert(1)</script>"}, "详情里有网页代码"),
    ({"shelf": "later"}, "请选择上架时间"),
    ({"delivery": []}, "请至少选择一种配送方式"),
    ({"shelf": "later", "publish_at": "x"}, "请选择日期和时间"),
    ({"picture": ["0" * 32 + ".jpg"]}, "文件不存在"),
    ({"sku_code": ["A1", "A1"], "option_name": ["号"], "sku_option_0": ["1", "2"], "sku_price": ["1", "2"]}, "出现了两次"),
    ({"sku_code": ["A1", "A2"], "option_name": ["号"], "sku_option_0": ["1", "1"], "sku_price": ["1", "2"]}, "重复"),
    ({"sku_code": ["A1", "A2"], "sku_price": ["1", "2"]}, "相同的规格名"),
])
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(ctx, snapshot, boss, more, sentence):
    given_product(ctx, "TAKEN", title="梨")
    before = {name: rows for name, rows in snapshot().items() if name not in ("staff_sessions",)}
    page = boss.post("/admin/goods/new/", form(given_category(ctx), selling_point="脆甜") | more)
    assert page.status_code in (409, 422)
    assert sentence in page.text and 'class="error"' in page.text and 'value="脆甜"' in page.text
    after = {name: rows for name, rows in snapshot().items() if name not in ("staff_sessions",)}
    assert after == before


def test_ways_of_delivery_are_chosen_in_the_form_and_stay(ctx, rows, boss):
    page = boss.post("/admin/goods/new/", form(given_category(ctx), delivery=["pickup"]))
    [product] = rows("select id, by_courier, by_pickup from products")
    assert (page.status_code, bool(product["by_courier"]), bool(product["by_pickup"])) == (200, False, True)
    address = f"/admin/goods/{product['id']}/"
    fields = form_of(boss.get(address))
    assert fields["delivery"] == ["pickup"] and "自提" in boss.get(f"{address}preview/").text
    assert "已保存" in boss.post(f"{address}save/", fields | {"delivery": ["courier"]}).text
    assert [(bool(row["by_courier"]), bool(row["by_pickup"])) for row in rows("select * from products")] == [(True, False)]
    assert boss.client.get(f"/api/v1/products/{product['id']}").get_json()["deliveries"] == ["courier"]
    [edit] = rows("select before, after from audit_log where action = 'edit_product'")
    assert "by_courier" in str(edit["before"]) and "by_pickup" in str(edit["after"])


def test_the_form_saved_as_it_is_changes_nothing(ctx, rows, boss):
    goods = given_product(ctx, title="衬衫", selling_point="透气", detail="棉\n\n- 可机洗", position=3, skus=[
        SkuForm("S", 1000, 1200, 500, {"号": "S"}, stock=3), SkuForm("L", 1100, options={"号": "L"}, stock=90)])
    product = "select title, selling_point, detail, position, publish_at, price_fen, sku_count, pictures from products"
    before = rows(product), rows("select * from skus order by code"), rows("select count(*) from audit_log")
    fields = form_of(boss.get(f"/admin/goods/{goods.product_id}/"))
    page = boss.post(f"/admin/goods/{goods.product_id}/save/", fields)
    assert "已保存" in page.text
    assert (rows(product), rows("select * from skus order by code"), rows("select count(*) from audit_log")) == before


def test_skus_come_and_go_and_keep_their_stock(ctx, rows, boss):
    goods = given_product(ctx, title="衬衫", skus=[
        SkuForm("S", 1000, options={"号": "S"}, stock=3), SkuForm("L", 1100, options={"号": "L"}, stock=90)])
    fields = form_of(boss.get(f"/admin/goods/{goods.product_id}/"))
    fields |= {"sku_code": ["L", "M"], "sku_option_0": ["L", "M"], "sku_price": ["12", "11"], "sku_stock": ["", "5"]}
    fields |= {f"sku_{name}": ["", ""] for name in ("market", "cost", "picture", "option_1", "option_2")}
    assert "已保存" in boss.post(f"/admin/goods/{goods.product_id}/save/", fields).text
    assert {row["code"]: (row["active"], row["price_fen"]) for row in rows("select code, active, price_fen from skus")} == {
        "S": (False, 1000), "L": (True, 1200), "M": (True, 1100)}
    assert level(ctx, goods.skus["L"]) == (90, 0)
    assert "已停用的规格" in boss.get(f"/admin/goods/{goods.product_id}/").text


def test_the_second_of_two_editors_is_told(ctx, rows, later, boss):
    goods = given_product(ctx, "A1", 1990)
    fields = form_of(boss.get(f"/admin/goods/{goods.product_id}/"))
    later(minutes=1)
    change_prices(ctx(), changes=[PriceChange("A1", 1490)])
    page = boss.post(f"/admin/goods/{goods.product_id}/save/", fields | {"title": ["我后"]})
    assert page.status_code == 409 and "刚被别人修改过" in page.text and 'value="我后"' in page.text
    assert rows("select title, price_fen from products") == [{"title": "红富士苹果", "price_fen": 1490}]


def test_a_copy_starts_without_codes_and_off_the_shelf(ctx, rows, boss):
    goods = given_product(ctx, "A1", 1990, title="苹果", detail="好吃")
    fields = form_of(boss.get(f"/admin/goods/new/?copy={goods.product_id}"))
    assert (fields["sku_code"], fields["title"], fields["shelf"], fields["sku_price"]) == ([""], ["苹果 副本"], ["off"], ["19.90"])
    boss.post("/admin/goods/new/", fields | {"sku_code": ["A2"]})
    assert rows("select title, on_shelf, detail from products where title like '%副本'") == [
        {"title": "苹果 副本", "on_shelf": False, "detail": "好吃"}]
    assert boss.get("/admin/goods/new/?copy=prd_unknown").status_code == 404


def test_on_and_off_the_shelf_one_and_many(ctx, rows, boss):
    ids = [given_product(ctx, code).product_id for code in ("A1", "B1")]
    page = boss.post(f"/admin/goods/{ids[0]}/shelf/", {"on_shelf": "0", "back": "/admin/goods/?tab=on_sale"})
    assert page.request.path == "/admin/goods/" and page.request.args["tab"] == "on_sale"
    assert boss.post(f"/admin/goods/{ids[0]}/shelf/", {"on_shelf": "1", "back": "//evil.example"}).request.path == "/admin/goods/"
    assert "已下架 2 个商品" in boss.post("/admin/goods/action/", {"action": "off", "rowid": ids}).text
    assert rows("select distinct on_shelf from products") == [{"on_shelf": False}]
    assert boss.post("/admin/goods/prd_unknown/shelf/", {"on_shelf": "0"}).status_code == 404


def test_a_preview_shows_what_shoppers_cannot_see_yet(ctx, boss):
    goods = given_product(ctx, title="明天的瓜", publish_at=NOON + timedelta(days=1))
    page = boss.get(f"/admin/goods/{goods.product_id}/preview/")
    assert "明天的瓜" in page.text and "定时上架" in page.text
    assert boss.client.get(f"/api/v1/products/{goods.product_id}").status_code == 404


def test_text_is_inert_on_every_screen(ctx, boss):
    category_id = given_category(ctx, HOSTILE)
    goods = given_product(ctx, "A<b>1", title=HOSTILE, category_id=category_id, selling_point=HOSTILE,
                          detail="## a {{7*7}} 'x' \"y\"\n< img src=x onerror=alert(1)>", skus=[
                              SkuForm("A<b>1", 100, options={"<i>号": '"><script>alert(1)</script>'})])
    pages = ["/admin/goods/", f"/admin/goods/{goods.product_id}/", f"/admin/goods/{goods.product_id}/preview/",
             f"/admin/goods/new/?copy={goods.product_id}", "/admin/categories/", "/admin/stock/",
             f"/admin/stock/{goods.sku_id}/", f"/admin/stock/{goods.sku_id}/prices/"]
    for path in pages:
        html = boss.get(path).text
        assert "<img src=x" not in html and "<script>alert" not in html and "<i>号" not in html and "<b>1" not in html, path
        assert "{{7*7}}" in html or "A&lt;b&gt;1" in html, path


# --- who may ---

def test_costs_are_shown_only_to_those_who_may_see_them(ctx, log_in):
    goods = given_product(ctx, skus=[SkuForm("A1", 1990, cost_fen=1234)])
    paths = ["/admin/goods/", f"/admin/goods/{goods.product_id}/", f"/admin/goods/{goods.product_id}/preview/"]
    owner, viewer = log_in("owner"), log_in("read_only")
    assert ["12.34" in owner.get(path).text for path in paths] == [True, True, False]
    assert ["12.34" in viewer.get(path).text for path in paths] == [False, False, False]


def test_who_only_looks_changes_nothing(ctx, snapshot, log_in):
    goods = given_product(ctx)
    viewer = log_in("read_only")
    token = viewer.token()
    page = viewer.get(f"/admin/goods/{goods.product_id}/")
    assert "<fieldset disabled>" in page.text and "save-bar" not in page.text
    assert viewer.get("/admin/goods/new/").status_code == 403
    before = snapshot()
    for path, data in posts(goods):
        answer = viewer.client.post(path, data=data | {"csrf_token": token, "idempotency_key": "a-key-of-sixteen-or-more"})
        assert answer.status_code == 403, path
    assert snapshot() == before


def posts(goods):
    """Every change of these screens, as somebody who may would send it."""
    return [
        ("/admin/goods/new/", form(goods.category_id, sku_code=["NEW"])),
        (f"/admin/goods/{goods.product_id}/save/", form(goods.category_id, title="新")),
        (f"/admin/goods/{goods.product_id}/shelf/", {"on_shelf": "0"}),
        ("/admin/goods/action/", {"action": "off", "rowid": goods.product_id}),
        ("/admin/categories/save/", {"name": "新"}),
        ("/admin/categories/order/", {"id": [goods.category_id]}),
        ("/admin/prices/preview/", {"how": "percent", "value": "-10"}),
        ("/admin/prices/apply/", {"seen": f"{goods.sku_id}.1990..1500.", "take": goods.sku_id}),
        ("/admin/counts/preview/", {"mode": "add", "quantity": "1"}),
        ("/admin/counts/apply/", {"seen": f"{goods.sku_id}.100.1", "take": goods.sku_id, "reason": "x", "mode": "add"}),
        (f"/admin/stock/{goods.sku_id}/adjust/", {"mode": "add", "quantity": "1", "reason": "x"}),
        (f"/admin/stock/{goods.sku_id}/line/", {"low_at": "3"}),
        ("/admin/stock/action/", {"action": "lines", "rowid": goods.sku_id, "low_at": "3"}),
        ("/admin/content/save/", {"seen": ""}),
    ]


def test_nothing_changes_without_the_forms_token(ctx, snapshot, log_in):
    goods = given_product(ctx)
    boss, other = log_in("owner"), log_in("owner")
    foreign = other.token()
    before = snapshot()
    for path, data in posts(goods):
        assert boss.post_bare(path, data).status_code == 400, path
        assert boss.post_bare(path, data | {"csrf_token": foreign}).status_code == 400, path
        assert boss.client.get(path, query_string=data).status_code in (200, 404, 405), path
    assert snapshot() == before


def test_without_the_right_to_prices_the_rest_can_be_edited(ctx, rows, console, log_in, monkeypatch):
    goods = given_product(ctx, skus=[SkuForm("A1", 1990, cost_fen=1000)])
    monkeypatch.setitem(ROLES, "goods", (*ROLES["goods"][:2], frozenset({"goods.view", "goods.edit"})))
    editor = log_in("goods")
    page = editor.get(f"/admin/goods/{goods.product_id}/")
    assert 'name="sku_cost"' not in page.text
    fields = form_of(page)
    path = f"/admin/goods/{goods.product_id}/save/"
    assert "已保存" in editor.post(path, fields | {"title": ["新名"]}).text
    assert rows("select p.title, s.cost_fen from products p join skus s on s.product_id = p.id") == [
        {"title": "新名", "cost_fen": 1000}]
    fields = form_of(editor.get(f"/admin/goods/{goods.product_id}/"))
    assert editor.post(path, fields | {"sku_price": ["1"]}).status_code == 403
    assert editor.post(path, fields | {"sku_cost": ["1"]}).status_code == 200
    assert rows("select price_fen, cost_fen from skus") == [{"price_fen": 1990, "cost_fen": 1000}]


# --- categories ---

def test_categories_are_made_moved_and_ordered(ctx, rows, boss):
    assert "分类已保存" in boss.post("/admin/categories/save/", {"name": "食品"}).text
    food = rows("select id from categories")[0]["id"]
    for name in ("水果", "干货"):
        boss.post("/admin/categories/save/", {"name": name, "parent_id": food})
    ids = {row["name"]: row["id"] for row in rows("select id, name from categories")}
    boss.post("/admin/categories/order/", {"id": [ids["干货"], ids["水果"]]})
    below = rows("select name from categories where parent_id is not null order by position")
    assert [row["name"] for row in below] == ["干货", "水果"]
    page = boss.get("/admin/categories/").text
    assert page.index(">干货<") < page.index(">水果<")
    again = boss.post("/admin/categories/save/", {"name": "食品"})
    assert again.status_code == 409 and '<p class="error" role="alert">同级已有名为' in again.text and "toast-bad" not in again.text
    below = boss.post("/admin/categories/save/", {"name": "水果", "parent_id": food, "below": food})
    [opened] = re.findall(r'<dialog id="([^"]*)"[^>]* data-open-now>', below.text)
    assert opened == f"below-{food}" and below.text.count("同级已有名为") == 1
    assert re.search(rf'name="name"[^>]*value="水果"[^>]*>.*?value="{food}" selected', below.text, re.S)


def test_two_editors_of_a_category_do_not_overwrite_one_another(ctx, rows, boss, log_in):
    fruit = given_category(ctx)
    shown = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in re.findall(
        r"<form.*?</form>", boss.get("/admin/categories/").text, re.S) if fruit in form and 'name="seen"' in form]
    assert shown[0]["seen"] and shown[0]["category_id"] == fruit
    fields = {"category_id": fruit, "seen": shown[0]["seen"]}
    assert "分类已保存" in log_in("owner").post("/admin/categories/save/", fields | {"name": "鲜果"}).text
    late = boss.post("/admin/categories/save/", fields | {"name": "时令水果"})
    assert late.status_code == 409 and "分类刚被别人修改过" in late.text
    assert rows("select name from categories") == [{"name": "鲜果"}]
