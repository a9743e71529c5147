"""The home page's form: arranged, shown again with what is wrong, two editors, who may."""

import io

import pytest
from PIL import Image

from backend.queries.shelves import home_form
from backend.usecases.arrange_home import Banner, HomeBlock, arrange_home
from backend.usecases.set_on_shelf import set_on_shelf
from tests.given_goods import given_product

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""


@pytest.fixture
def boss(log_in):
    return log_in("owner")


def seen(ctx):
    return home_form(ctx()).seen


def picture(browser, purpose="banner"):
    """The key of a picture that somebody sent from a form."""
    data = io.BytesIO()
    Image.new("RGB", (64, 32), "red").save(data, "PNG")
    data.seek(0)
    sent = {"file": (data, "a.png"), "purpose": purpose, "csrf_token": browser.token()}
    answer = browser.client.post("/admin/pictures/", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    return answer.get_json()["key"]


def test_banners_and_blocks_are_arranged(ctx, rows, boss):
    apple, pear = (given_product(ctx, code, title=title) for code, title in (("A1", "苹果"), ("B1", "香梨")))
    key = picture(boss)
    data = {
        "seen": seen(ctx), "banner": ["0", "n2"], "banner_0_picture": key, "banner_0_title": "丰收", "banner_0_target": "product",
        "banner_0_product": apple.product_id, "banner_n2_picture": key, "banner_n2_target": f"category:{pear.category_id}",
        "banner_n2_product": apple.product_id, "block": ["n5"], "block_n5_title": "本周",
        "block_n5_product": [pear.product_id, apple.product_id, pear.product_id],
    }
    assert "首页已更新" in boss.post("/admin/content/save/", data).text
    form = home_form(ctx())
    assert [(each["title"], each["product_id"], each["category_id"]) for each in form.banners] == [
        ("丰收", apple.product_id, None), ("", None, pear.category_id)]
    assert [(each["title"], each["product_ids"]) for each in form.blocks] == [("本周", [pear.product_id, apple.product_id])]
    home = boss.client.get("/api/v1/home").get_json()
    assert [item["title"] for item in home["blocks"][0]["items"]] == ["香梨", "苹果"]
    assert rows("select claimed_by from uploads") == [{"claimed_by": "home"}]
    page = boss.get("/admin/content/").text
    assert page.count("香梨") >= 2 and 'value="丰收"' in page


def test_the_second_of_two_editors_is_told_and_keeps_what_they_typed(ctx, boss):
    apple = given_product(ctx, title="苹果")
    old = seen(ctx)
    arrange_home(ctx(), banners=[], blocks=[HomeBlock("我先", (apple.product_id,))])
    data = {"seen": old, "block": ["0"], "block_0_title": "我后", "block_0_product": [apple.product_id]}
    page = boss.post("/admin/content/save/", data)
    assert page.status_code == 409 and "刚被别人修改过" in page.text and 'value="我后"' in page.text and "苹果" in page.text
    assert [each["title"] for each in home_form(ctx()).blocks] == ["我先"]


@pytest.mark.parametrize(("more", "sentence"), [
    ({"banner": ["0"]}, "第 1 个横幅还没有图片"),
    ({"banner": ["0"], "banner_0_picture": "0" * 32 + ".jpg"}, "文件不存在"),
    ({"block": ["0"], "block_0_title": "本周"}, "至少一个商品"),
    ({"block": ["0"], "block_0_title": "", "block_0_product": ["prd_1"]}, "第 1 个栏目需要标题"),
    ({"block": [str(number) for number in range(21)]} | {f"block_{number}_title": "x" for number in range(21)}
     | {f"block_{number}_product": ["prd_1"] for number in range(21)}, "各最多 20 个"),
])
def test_what_is_wrong_is_said_and_changes_nothing(ctx, boss, more, sentence):
    before = seen(ctx)
    page = boss.post("/admin/content/save/", {"seen": before} | more)
    assert page.status_code == 409 and sentence in page.text
    assert seen(ctx) == before


def test_products_are_found_for_the_form(ctx, boss):
    given_product(ctx, "A1", 1990, title="苹果<script>")
    off = given_product(ctx, "B1", 990, title="香梨").product_id
    set_on_shelf(ctx(), product_ids=[off], on_shelf=False)
    found = boss.get("/admin/content/find/?q=苹果").get_json()
    assert [(each["title"], each["note"], each["picture"]) for each in found] == [("苹果<script>", "¥19.90 · 在售", "")]
    assert {each["note"] for each in boss.get("/admin/content/find/").get_json()} == {"¥19.90 · 在售", "¥9.90 · 已下架"}


def test_text_is_inert(ctx, boss):
    hostile = '"><img src=x onerror=alert(1)>{{7*7}}'
    apple = given_product(ctx, title=hostile)
    key = ctx().gateways.files.put(b"jpeg", ".jpg")
    arrange_home(ctx(), banners=[Banner(key, hostile, hostile)], blocks=[HomeBlock(hostile, (apple.product_id,), hostile)])
    html = boss.get("/admin/content/").text
    assert "<img src=x" not in html and "{{7*7}}" in html


def test_who_may(ctx, log_in):
    community = log_in("community")
    assert community.get("/admin/content/").status_code == 200
    assert picture(community)
    for role in ("orders", "finance", "read_only", "service"):
        browser = log_in(role)
        for path in ("/admin/content/", "/admin/content/find/"):
            assert browser.get(path).status_code == 403
        sent = {"purpose": "banner", "csrf_token": browser.token(), "file": (io.BytesIO(b"x"), "a.png")}
        answer = browser.client.post("/admin/pictures/", data=sent, content_type="multipart/form-data")
        assert answer.status_code == 403


@pytest.mark.parametrize(("purpose", "data"), [("banner", b"<svg onload=alert(1)>"), ("banner", b""), ("review", b"x"), ("", b"x")])
def test_what_is_no_picture_is_refused(ctx, boss, purpose, data):
    sent = {"purpose": purpose, "csrf_token": boss.token(), "file": (io.BytesIO(data), "a.png")}
    answer = boss.client.post("/admin/pictures/", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422 and answer.get_json()["detail"]
