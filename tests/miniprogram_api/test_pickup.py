"""Pick-up over the door: points near by, checkout, the code for its shopper alone."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import SYSTEM, WECHAT
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.hand_over import hand_over
from backend.usecases.mark_ready import mark_ready
from tests.fakes import FakeWorld
from tests.given_goods import Goods, given_product
from tests.given_members import Shopper
from tests.given_pickups import ALWAYS, given_clerk, given_point
from tests.miniprogram_api.checked import Checked

Shoppers = Callable[..., Shopper]
CONTACT = {"name": "韩梅梅", "phone": "139 0013 9000"}


@pytest.fixture
def goods(api: Checked) -> Goods:
    return given_product(runtime(api.app).context(SYSTEM), "A1", 4500, 10)


def contexts(api: Checked) -> Callable[..., Context]:
    return lambda actor=SYSTEM: runtime(api.app).context(actor)


@pytest.fixture
def point(api: Checked) -> str:
    ctx = contexts(api)
    return given_point(ctx, given_clerk(ctx), guide="进门左转")


def order_body(goods: Goods, point: str, **more: Any) -> dict[str, Any]:
    return {"items": [{"sku_id": goods.sku_id, "quantity": 1}], "delivery": "pickup", "point_id": point, "contact": CONTACT,
            "shown_total_fen": 4500} | more


def waiting(api: Checked, who: Shopper, goods: Goods, point_id: str, world: FakeWorld) -> str:
    order_id = api.post("/orders", who, key="key-place", json=order_body(goods, point_id)).get_json()["id"]
    paying = api.post(f"/orders/{order_id}/payment", who, key="key-pay-1").get_json()
    confirm_payment(contexts(api)(WECHAT), trade=world.pay.pay(paying["payment_id"]))
    return order_id


def test_the_nearest_point_first_page_by_page(api: Checked) -> None:
    ctx = contexts(api)
    near, far = given_point(ctx, name="近", longitude=120.131), given_point(ctx, name="远", longitude=120.5, position=1)
    middle = given_point(ctx, name="中", longitude=120.2, position=2, hours=[[]] * 7)
    given_point(ctx, name="停用", active=False)
    other_city = given_point(ctx, name="南京", region_code="320102", longitude=118.79, latitude=32.06, position=3)
    first = api.get("/pickup-points?longitude=120.13&latitude=30.275&limit=2").get_json()
    assert [(each["id"], each["distance_m"], each["open_now"]) for each in first["items"]] == [
        (near, 96, True), (middle, 6722, False)]
    assert first["items"][1]["opens_at"] is None and first["items"][0]["closes_at"] is not None
    second = api.get(f"/pickup-points?longitude=120.13&latitude=30.275&limit=2&after={first['next']}").get_json()
    assert [each["id"] for each in second["items"]] == [far, other_city] and second["next"] is None
    asked = api.get("/pickup-points?region_code=330100").get_json()["items"]
    assert [(each["name"], each["distance_m"]) for each in asked] == [("近", None), ("远", None), ("中", None)]
    assert [each["name"] for each in api.get("/pickup-points?region_code=320000").get_json()["items"]] == ["南京"]
    assert api.get("/pickup-points?region_code=330102").get_json() == {"items": [], "next": None}


def test_one_point_in_two_languages(api: Checked, point: str) -> None:
    zh = api.get(f"/pickup-points/{point}").get_json()
    assert (zh["name"], zh["kind_text"], zh["hours_text"], zh["district"], zh["guide"]) == (
        "文三路店", "门店", ["每天 00:00–24:00"], "西湖区", "进门左转")
    en = api.get(f"/pickup-points/{point}", headers={"Accept-Language": "en"}).get_json()
    assert (en["kind_text"], en["hours_text"], en["hours"]) == (
        "Store", ["Daily 00:00–24:00"], [[list(span) for span in day] for day in ALWAYS])
    given_point(contexts(api), point_id=point, active=False)
    closed, absent = api.get(f"/pickup-points/{point}"), api.get("/pickup-points/ppt_none")
    assert closed.status_code == absent.status_code == 404
    assert closed.get_json()["code"] == absent.get_json()["code"] == "pickup_point_not_found"


@pytest.mark.parametrize("query", [
    "longitude=120", "latitude=30", "longitude=181&latitude=0", "longitude=0&latitude=-91", "longitude=nan&latitude=0",
    "longitude=inf&latitude=0", "longitude=1_0&latitude=0", "longitude=%20120&latitude=30", "longitude=１２０&latitude=30",
    "longitude=&latitude=", "longitude=0x1&latitude=0", "longitude=120&latitude=30&longitude=121", "region_code=33",
    "region_code=33010x", "after=ppt_x", "after=-1.ppt_x", "limit=0", "limit=101", "radius=5", "after=1.%00"])
def test_nonsense_about_points_is_refused(api: Checked, query: str) -> None:
    assert api.get(f"/pickup-points?{query}").status_code == 422


def test_preview_and_order(api: Checked, shopper: Shoppers, goods: Goods, point: str) -> None:
    li = shopper()
    body = {"items": [{"sku_id": goods.sku_id, "quantity": 1}], "delivery": "pickup"}
    for asked in (body, body | {"point_id": point}):
        quote = api.post("/checkout/preview", li, json=asked).get_json()
        assert (quote["freight_fen"], quote["total_fen"]) == (0, 4500)
        assert [each["text"] for each in quote["explanation"]] == ["商品金额", "自提，免运费"]
    placed = api.post("/orders", li, key="key-place", json=order_body(goods, point))
    assert placed.status_code == 201
    again = api.post("/orders", li, key="key-place", json=order_body(goods, point))
    assert again.get_data() == placed.get_data() and again.headers["Idempotency-Hit"] == "true"
    page = api.get(f"/orders/{placed.get_json()['id']}", li).get_json()
    assert (page["delivery"], page["state_text"], page["allowed"]) == ("pickup", "待付款", ["pay", "cancel"])
    assert page["address"] == {"name": "韩梅梅", "phone": "13900139000", "region_code": "330106", "province": "浙江省",
                               "city": "杭州市", "district": "西湖区", "detail": "文三路 100 号"}
    assert (page["pickup"]["point_name"], page["pickup"]["point"]["id"], page["pickup"]["code"]) == ("文三路店", point, None)
    assert api.get("/orders", li).get_json()["items"][0]["delivery"] == "pickup"


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"point_id": "ppt_none"}, 404, "pickup_point_not_found"), ({"contact": None}, 422, "invalid_fields"),
    ({"contact": {"name": "韩梅梅"}}, 422, "invalid_fields"), ({"contact": {"name": "韩", "phone": "1"}}, 422, "invalid_fields"),
    ({"contact": CONTACT | {"phone": "1234567"}}, 422, "phone"), ({"contact": CONTACT | {"id": "x"}}, 422, "invalid_fields"),
    ({"delivery": "drone"}, 422, "invalid_fields"), ({"delivery": "courier"}, 422, "delivery_mixed"),
    ({"shown_total_fen": 5300}, 409, "total_moved"), ({"freight_fen": 0}, 422, "invalid_fields"),
    ({"store_id": "sto_main"}, 422, "invalid_fields"),
])
def test_bad_pickup_orders_change_nothing(api: Checked, shopper: Shoppers, goods: Goods, point: str, snapshot: Any,
                                          change: dict[str, Any], status: int, code: str) -> None:
    li = shopper()
    before = snapshot()
    answer = api.post("/orders", li, key="key-bad-1", json=order_body(goods, point, **change))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert snapshot() == before


@pytest.mark.parametrize("missing", ["point_id", "contact"])
def test_what_a_pickup_order_needs(api: Checked, shopper: Shoppers, goods: Goods, point: str, missing: str) -> None:
    body = {name: value for name, value in order_body(goods, point).items() if name != missing}
    answer = api.post("/orders", shopper(), key="key-bad-1", json=body)
    assert answer.get_json()["code"] == {"point_id": "pickup_point_not_found", "contact": "pickup_contact_needed"}[missing]


def test_the_code_from_payment_to_hand_over(api: Checked, shopper: Shoppers, goods: Goods, point: str, world: FakeWorld) -> None:
    li = shopper()
    order_id = waiting(api, li, goods, point, world)
    page = api.get(f"/orders/{order_id}", li).get_json()
    assert (page["state"], page["state_text"], page["allowed"][0]) == ("paid", "待自提", "show_code")
    code = page["pickup"]["code"]
    assert page["pickup"]["code_text"] == f"{code[:4]} {code[4:]}"
    picture = api.client.get(f"/api/v1/orders/{order_id}/pickup-qr", headers=li.headers)
    assert (picture.status_code, picture.content_type, picture.headers["Cache-Control"]) == (200, "image/png", "no-store")
    assert Image.open(io.BytesIO(picture.data)).size[0] >= 200
    new = api.post(f"/orders/{order_id}/pickup-code", li, key="key-new-1")
    assert new.status_code == 200 and new.get_json()["code"] != code
    assert api.post(f"/orders/{order_id}/pickup-code", li, key="key-new-1").get_json() == new.get_json()
    assert new.get_json()["qr_text"] == f"TM1:{new.get_json()['code']}"
    ctx = contexts(api)
    clerk = given_clerk(ctx, "zhao")
    given_point(ctx, clerk, point_id=point)
    mark_ready(ctx(clerk), order_ids=[order_id])
    history = api.get(f"/orders/{order_id}", li).get_json()["history"]
    assert [each["state_text"] for each in history] == ["待付款", "待自提", "已到自提点"]
    hand_over(ctx(clerk), code=new.get_json()["code"])
    done = api.get(f"/orders/{order_id}", li).get_json()
    assert (done["state_text"], done["pickup"]["code"]) == ("已完成", None) and "show_code" not in done["allowed"]
    assert done["pickup"]["handed_over_at"] is not None
    for method, path in (("POST", "pickup-code"), ("GET", "pickup-qr")):
        answer = api.call(method, f"/orders/{order_id}/{path}", li, key="key-late-1" if method == "POST" else None)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "not_allowed_now")


def test_s1_r02_strangers_learn_nothing_of_a_code(api: Checked, shopper: Shoppers, goods: Goods, point: str, world: FakeWorld,
                                                  snapshot: Any) -> None:
    li, mei = shopper("li"), shopper("mei")
    order_id = waiting(api, li, goods, point, world)
    before = snapshot()

    def answer_of(method: str, path: str, who: Shopper | None) -> tuple[int, dict[str, Any]]:
        answer = api.call(method, path, who, key="key-foreign" if method == "POST" else None)
        return answer.status_code, {name: value for name, value in answer.get_json().items() if name != "request_id"}

    for method, path in (("POST", "pickup-code"), ("GET", "pickup-qr"), ("GET", "")):
        foreign = answer_of(method, f"/orders/{order_id}/{path}".rstrip("/"), mei)
        assert foreign == answer_of(method, f"/orders/ord_none/{path}".rstrip("/"), mei) and foreign[0] == 404
        assert answer_of(method, f"/orders/{order_id}/{path}".rstrip("/"), None)[0] == 401
    assert snapshot() == before
    assert api.post(f"/orders/{order_id}/pickup-code", li).status_code == 400, "without a key"
    assert api.post(f"/orders/{order_id}/pickup-code", li, key="key-12345", json={"code": "ABCD2345"}).status_code == 422


def test_no_code_in_a_list_and_no_staff_in_an_order(api: Checked, shopper: Shoppers, goods: Goods, point: str,
                                                    world: FakeWorld) -> None:
    li = shopper()
    order_id = waiting(api, li, goods, point, world)
    code = api.get(f"/orders/{order_id}", li).get_json()["pickup"]["code"]
    assert code not in api.get("/orders", li).get_data(as_text=True)
    hand_over(contexts(api)(given_and_bound(api, point)), order_id=order_id)
    assert "stf_" not in api.get(f"/orders/{order_id}", li).get_data(as_text=True)


def given_and_bound(api: Checked, point: str) -> Any:
    ctx = contexts(api)
    clerk = given_clerk(ctx, "zhao")
    given_point(ctx, clerk, point_id=point)
    return clerk
