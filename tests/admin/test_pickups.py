"""Pick-up in the console: points, their staff, the counter – by whoever may and nobody else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import SYSTEM, staff
from backend.usecases.set_point_staff import set_point_staff
from tests.given_orders import Shop
from tests.given_pickups import code_of_order, given_pickup, given_point, given_store
from tests.given_staff import Browser
from tests.given_uploads import given_picture

FORM = {"name": "文三路店", "kind": "store", "store_id": "sto_main", "region_code": "330106", "detail": "文三路 100 号",
        "longitude": "120.13", "latitude": "30.275", "phone": "0571-88886666", "mon": "9:00-21:00",
        "tue": "09:00-12:00，14:00-18:00", "wed": "", "thu": "", "fri": "", "sat": "", "sun": "",
        "closed_days": "2026-10-01\n2026-10-02", "guide": "进门左转",
        "position": "3", "active": "y"}


@pytest.fixture
def ctx(console: Flask) -> Callable[..., Context]:
    return lambda actor=SYSTEM: runtime(console).context(actor)


@pytest.fixture
def clerk(ctx: Any, log_in: Callable[..., Browser]) -> Browser:
    """A community manager who serves at one point."""
    return log_in("community")


@pytest.fixture
def point(ctx: Any, clerk: Browser) -> str:
    point_id = given_point(ctx)
    set_point_staff(ctx(), point_id=point_id, staff_ids=[clerk.staff_id])
    return point_id


def test_a_point_is_made_and_changed(log_in: Callable[..., Browser], rows: Any) -> None:
    orders = log_in("orders")
    assert "还没有自提点" in orders.get("/admin/pickup-points/").text
    assert "每天都和周一一样" in orders.get("/admin/pickup-points/new/").text
    made = orders.post("/admin/pickup-points/new/", FORM)
    assert made.status_code == 200 and "核销员" in made.text, made.text[:3000]
    [kept] = rows("select id, name, hours, closed_on, position, active from pickup_points")
    assert "09:00" in str(kept["hours"]) and "2026-10-02" in str(kept["closed_on"]) and kept["position"] == 3
    page = orders.get(f"/admin/pickup-points/{kept['id']}/").text
    assert "周一 09:00–21:00；周二 09:00–12:00、14:00–18:00；周三至周日 休息" in page and "还没有核销员" in page
    form = orders.get(f"/admin/pickup-points/{kept['id']}/edit/").text
    assert 'value="09:00-12:00, 14:00-18:00"' in form and "2026-10-01" in form
    changed = orders.post(f"/admin/pickup-points/{kept['id']}/edit/", FORM | {"name": "新名字", "active": ""})
    assert changed.status_code == 200 and "新名字" in changed.text
    listed = orders.get("/admin/pickup-points/?q=新名").text
    assert "停用" in listed and "西湖区文三路 100 号" in listed


def test_a_point_has_a_picture_that_shoppers_see(log_in: Callable[..., Browser], ctx: Any, rows: Any) -> None:
    desk, other = log_in("orders"), log_in("orders")
    first, second = (given_picture(ctx(staff(desk.staff_id, ["points.edit"])), "point") for _ in range(2))
    foreign = given_picture(ctx(staff(other.staff_id, ["points.edit"])), "point")
    assert desk.post("/admin/pickup-points/new/", FORM | {"picture": foreign}).status_code == 409
    desk.post("/admin/pickup-points/new/", FORM | {"picture": first})
    [point] = rows("select id from pickup_points")
    edit = f"/admin/pickup-points/{point['id']}/edit/"
    assert f'name="picture" value="{first}"' in desk.get(edit).text and first in desk.get("/admin/pickup-points/").text
    assert first in desk.get(f"/admin/pickup-points/{point['id']}/").text
    assert "名字" in other.post(edit, FORM | {"picture": first, "name": "名字"}).text, "who keeps it need not have sent it"
    shop = desk.client
    assert [shop.get(f"/api/v1/pickup-points{more}").get_json() for more in (f"/{point['id']}",)][0]["picture"] == first
    assert shop.get("/api/v1/pickup-points").get_json()["items"][0]["picture"] == first
    desk.post(edit, FORM | {"picture": second})
    assert shop.get("/api/v1/pickup-points").get_json()["items"][0]["picture"] == second
    used = {row["key"]: row["claimed_by"] for row in rows("select key, claimed_by from uploads")}
    assert (used[first], used[second], used[foreign]) == (None, point["id"], None), "what was replaced is swept a day later"
    desk.post(edit, FORM)
    assert shop.get("/api/v1/pickup-points").get_json()["items"][0]["picture"] is None


def test_the_counter_brings_its_reader_of_codes_along(clerk: Browser, point: str) -> None:
    page = clerk.get("/admin/hand-over/").text
    [library] = re.findall(r'data-library="([^"]+)"', page)
    served = clerk.get(library.replace("&amp;", "&"))
    assert served.status_code == 200 and "javascript" in served.headers["Content-Type"] and "jsQR" in served.text
    assert "camera=(self)" in clerk.get("/admin/hand-over/").headers["Permissions-Policy"]
    assert "扫码枪" in page


@pytest.mark.parametrize(("wrong", "status", "words"), [
    ({"mon": "9-21"}, 409, "营业时间不正确"), ({"mon": "21:00-09:00"}, 409, "营业时间不正确"), ({"name": ""}, 422, "请填写此项"),
    ({"longitude": "181"}, 422, ""), ({"closed_days": "十月一日"}, 422, "日期写作"),
    ({"region_code": "330100"}, 409, "请选择到区县"),
    ({"phone": "12"}, 409, "手机号"), ({"kind": "van"}, 422, ""), ({"store_id": "sto_none"}, 422, ""),
])
def test_a_wrong_form_is_shown_again(log_in: Callable[..., Browser], snapshot: Any, wrong: dict[str, str], status: int,
                                     words: str) -> None:
    orders = log_in("orders")
    orders.token()
    before = snapshot()
    answer = orders.post("/admin/pickup-points/new/", FORM | wrong)
    assert answer.status_code == status and words in answer.text and "进门左转" in answer.text
    assert snapshot() == before


def test_staff_are_bound_by_whoever_edits_points(ctx: Any, log_in: Callable[..., Browser], rows: Any) -> None:
    point_id = given_point(ctx)
    orders, clerk, goods = log_in("orders"), log_in("community"), log_in("goods")
    page = orders.get(f"/admin/pickup-points/{point_id}/staff/").text
    assert page.count('name="staff_id"') == 3 and page.count("没有核销权限") == 1
    done = orders.post(f"/admin/pickup-points/{point_id}/staff/", {"staff_id": clerk.staff_id})
    assert done.status_code == 200 and "核销员已更新" in done.text
    assert [row["staff_id"] for row in rows("select staff_id from pickup_point_staff")] == [clerk.staff_id]
    for who in (clerk, goods):
        assert who.get(f"/admin/pickup-points/{point_id}/staff/").status_code == 403
        assert who.post(f"/admin/pickup-points/{point_id}/staff/", {"staff_id": who.staff_id}).status_code == 403
    assert goods.get("/admin/hand-over/").status_code == 403
    assert orders.post_bare(f"/admin/pickup-points/{point_id}/staff/", {"staff_id": orders.staff_id}).status_code == 400


def test_r15_points_of_another_store_are_not_there(ctx: Any, log_in: Callable[..., Browser], snapshot: Any) -> None:
    second = given_store(ctx)
    theirs = given_point(ctx, name="别家的点")
    orders = log_in("orders", scope="store", scope_id=second)
    orders.token()
    before = snapshot()
    assert "别家的点" not in orders.get("/admin/pickup-points/").text
    assert "sto_main" not in orders.get("/admin/pickup-points/new/").text
    for path in ("", "edit/", "staff/"):
        assert orders.get(f"/admin/pickup-points/{theirs}/{path}").status_code == 404
        if path:
            assert orders.post(f"/admin/pickup-points/{theirs}/{path}", FORM).status_code == 404
    assert orders.post("/admin/pickup-points/new/", FORM).status_code == 422, "their store is no choice"
    assert snapshot() == before


def test_the_counter_from_code_to_done(ctx: Any, shop: Shop, clerk: Browser, point: str, rows: Any) -> None:
    order_id = given_pickup(shop, shop.shopper(), point, (shop.goods("A1", 5000, 10), 2))
    [order] = rows("select number from orders")
    page = clerk.get("/admin/hand-over/").text
    assert order["number"] in page and "韩**" in page and "139****9000" in page and "韩梅梅" not in page
    marked = clerk.post("/admin/hand-over/ready/", {"order_id": order_id, "point": point})
    assert "1 单已登记到货" in marked.text
    assert order["number"] in clerk.get(f"/admin/hand-over/?point={point}&tab=ready").text
    assert order["number"] not in clerk.get(f"/admin/hand-over/?point={point}&tab=overdue").text
    wrong = clerk.post("/admin/hand-over/code/", {"code": "ABCD 2345"})
    assert wrong.status_code == 422 and 'value="ABCD 2345"' in wrong.text, "what was typed stays, to be compared"
    assert "没有找到这个取货码" in wrong.text
    code = code_of_order(ctx(), order_id)
    found = clerk.post("/admin/hand-over/code/", {"code": f"tm1:{code}"})
    assert "韩梅梅" in found.text and "× 2" in found.text and "确认交货" in found.text
    assert shop.state(order_id) == "paid"
    done = clerk.post(f"/admin/hand-over/{order_id}/", {"code": code})
    assert f"已交货：韩梅梅的订单 {order['number']}" in done.text and shop.state(order_id) == "completed"
    assert rows("select with_code from pickups") == [{"with_code": True}]
    again = clerk.post("/admin/hand-over/code/", {"code": code})
    assert "请勿重复交货" in again.text and "确认交货" not in again.text
    assert order["number"] in clerk.get(f"/admin/hand-over/?tab=done&point={point}").text
    assert order["number"] not in clerk.get("/admin/hand-over/").text


def test_from_the_list_without_a_code(ctx: Any, shop: Shop, clerk: Browser, point: str, rows: Any) -> None:
    order_id = given_pickup(shop, shop.shopper(), point, (shop.goods("A1", 5000, 10), 1))
    for asked in ("13900139000", "139 0013 9000", rows("select number from orders")[0]["number"].lower()):
        assert order_id in clerk.get("/admin/hand-over/", query_string={"q": asked}).text
    assert order_id not in clerk.get("/admin/hand-over/?q=13800138000").text
    assert "没有出示取货码" in clerk.get(f"/admin/hand-over/{order_id}/").text
    header = clerk.get(f"/admin/orders/{order_id}/").text.partition("</header>\n")[2].partition("</header>")[0]
    assert ">待自提<" in header and ">待发货<" not in header, "what is fetched does not wait to be shipped"
    clerk.post(f"/admin/hand-over/{order_id}/")
    assert shop.state(order_id) == "completed" and rows("select with_code from pickups") == [{"with_code": False}]


def test_ph56_nobody_else_sees_or_hands_over(ctx: Any, shop: Shop, log_in: Callable[..., Browser], point: str) -> None:
    order_id = given_pickup(shop, shop.shopper(), point, (shop.goods("A1", 5000, 10), 1))
    code = code_of_order(ctx(), order_id)
    owner, far = log_in("owner"), log_in("orders", scope="store", scope_id=given_store(ctx))
    assert "您还不是任何自提点的核销员" in owner.get("/admin/hand-over/").text
    assert "您不是“文三路店”的核销员" in owner.get(f"/admin/hand-over/{order_id}/", follow_redirects=True).text
    assert "您不是“文三路店”的核销员" in owner.post(f"/admin/hand-over/{order_id}/").text
    assert far.get(f"/admin/hand-over/{order_id}/").status_code == 404
    assert far.post(f"/admin/hand-over/{order_id}/").status_code == 404
    for who in (owner, far):
        assert "没有找到这个取货码" in who.post("/admin/hand-over/code/", {"code": code}).text
    assert shop.state(order_id) == "paid"


def test_r18_what_shoppers_write_is_inert(ctx: Any, shop: Shop, clerk: Browser, point: str) -> None:
    evil = "<img src=x onerror=alert(1)>{{7*7}}"
    order_id = given_pickup(shop, shop.shopper(), point, (shop.goods("A1", 5000, 10, title=evil), 1), remark=evil)
    text = clerk.get(f"/admin/hand-over/{order_id}/").text
    assert "<img src=x" not in text and text.count("&lt;img src=x onerror=alert(1)&gt;{{7*7}}") == 2
    assert "<img src=x" not in clerk.get("/admin/hand-over/").text


@pytest.mark.parametrize("query", ["point=%00", "tab=' or 1=1--", "q=%00%ff", "after=zzz", "q=%F0%9F%98%80", "after=" + "x" * 500])
def test_r17_nonsense_in_the_address(clerk: Browser, point: str, query: str) -> None:
    assert clerk.get(f"/admin/hand-over/?{query}").status_code == 200


def test_an_english_counter(clerk: Browser, point: str) -> None:
    clerk.client.set_cookie("tuanma_language", "en", path="/admin")
    text = clerk.get("/admin/hand-over/").text
    assert "Pick-up code" in text and "Look up" in text and "取货码" not in text


def test_orders_of_a_point_are_listed_for_whoever_sees_them(shop: Shop, ctx: Any, log_in: Callable[..., Browser]) -> None:
    here, there = given_point(ctx), given_point(ctx, store_id=given_store(ctx), name="城西店")
    li, goods = shop.shopper(), shop.goods("A1", 5000, 10)
    numbers = {point: shop.one("select id, number from orders where id = :id", id=given_pickup(shop, li, point, (goods, 1)))
               for point in (here, there)}
    clerk = log_in("orders")
    page = clerk.get(f"/admin/orders/?point={there}").text
    assert numbers[there]["number"] in page and numbers[here]["number"] not in page
    assert f'<option value="{there}" selected>城西店' in page
    only_here = log_in("orders", scope="store", scope_id="sto_main")
    page = only_here.get(f"/admin/orders/?point={there}").text
    assert numbers[there]["number"] not in page and "城西店" not in page
