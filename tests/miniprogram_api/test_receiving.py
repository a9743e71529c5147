"""Following and receiving an order over the door: parcels, hints, receipt and buying again."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.app import runtime
from backend.kernel.actors import SYSTEM, WECHAT
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.note_tracking import note_tracking
from backend.usecases.set_on_shelf import set_on_shelf
from backend.usecases.ship_order import ship_order
from tests.fakes import FakeWorld
from tests.given_goods import Goods, given_product
from tests.given_members import Shopper
from tests.miniprogram_api.checked import Checked
from tests.miniprogram_api.test_orders import placed

Shoppers = Callable[..., Shopper]


@pytest.fixture
def goods(api: Checked) -> Goods:
    return given_product(runtime(api.app).context(SYSTEM), "A1", 4500, 10)


@pytest.fixture
def paid(api: Checked, shopper: Shoppers, goods: Goods, world: FakeWorld) -> tuple[Shopper, str]:
    """A shopper and their paid order of 2."""
    who = shopper()
    order = placed(api, who, goods, 2)
    payment = api.post(f"/orders/{order['id']}/payment", who, key="key-pay-1").get_json()["payment_id"]
    confirm_payment(runtime(api.app).context(WECHAT), trade=world.pay.pay(payment))
    return who, order["id"]


def page_of(api: Checked, who: Shopper, order_id: str, **more: Any) -> dict[str, Any]:
    return api.get(f"/orders/{order_id}", who, **more).get_json()


def test_an_order_is_followed_until_it_is_received(api: Checked, paid: tuple[Shopper, str], goods: Goods) -> None:
    who, order = paid
    page = page_of(api, who, order)
    assert (page["allowed"], page["hint"], page["parcels"]) == (["ask_aftersale"], "商家正在备货，发出后可以在这里查看物流。", [])
    [line] = page["lines"]
    assert api.post(f"/orders/{order}/receipt", who, key="key-early").get_json()["code"] == "not_allowed_now"
    system = runtime(api.app).context(SYSTEM)
    parcel = ship_order(system, order_id=order, courier="SF", tracking_number="SF0000001", lines=[(line["id"], 1)])["parcel_id"]
    page = page_of(api, who, order)
    assert (page["state"], page["allowed"], page["hint"], page["receive_by"]) == (
        "paid", ["track", "ask_aftersale"], "部分商品已发出，其余正在备货。", None)
    note_tracking(runtime(api.app).context(SYSTEM), parcel_id=parcel, traces=[(system.now, "已揽收")], from_courier=True)
    ship_order(runtime(api.app).context(SYSTEM), order_id=order, courier="中通", tracking_number="75000001")
    page = page_of(api, who, order)
    assert (page["state_text"], page["allowed"]) == ("待收货", ["confirm_receipt", "track", "buy_again", "ask_aftersale"])
    assert page["hint"] == "收到商品后请确认收货，03-12 12:00 会自动确认。" and page["receive_by"].startswith("2026-03-12T04:00")
    assert [(each["courier_text"], each["tracking_number"], each["state_text"], each["lines"]) for each in page["parcels"]] == [
        ("顺丰速运", "SF0000001", "运输中", [{"order_line_id": line["id"], "quantity": 1}]),
        ("中通快递", "75000001", "运输中", [{"order_line_id": line["id"], "quantity": 1}])]
    assert [each["text"] for each in page["parcels"][0]["traces"]] == ["已揽收"]
    [listed] = api.get("/orders?state=shipped", who).get_json()["items"]
    assert listed["allowed"] == ["confirm_receipt", "track", "buy_again", "ask_aftersale"]
    answers = [api.post(f"/orders/{order}/receipt", who, key="key-receipt") for _ in range(2)]
    assert [each.get_json() for each in answers] == [{"state": "completed"}] * 2
    assert answers[1].headers["Idempotency-Hit"] == "true"
    page = page_of(api, who, order, headers={"Accept-Language": "en"})
    assert (page["state_text"], page["allowed"]) == ("Completed", ["review", "buy_again", "track", "ask_aftersale"])
    assert {each["state_text"] for each in page["parcels"]} == {"Delivered"}


def test_strangers_neither_follow_nor_receive(api: Checked, paid: tuple[Shopper, str], shopper: Shoppers) -> None:
    _, order = paid
    ship_order(runtime(api.app).context(SYSTEM), order_id=order, courier="SF", tracking_number="SF0000001")
    stranger = shopper("stranger")
    for path in ("receipt", "buy-again"):
        for of in (order, "ord_none"):
            assert api.post(f"/orders/{of}/{path}", stranger, key="key-stranger").status_code == 404
        assert api.post(f"/orders/{order}/{path}", stranger).status_code == 400
        assert api.post(f"/orders/{order}/{path}", key="key-nobody").status_code == 401
    assert api.get("/cart", stranger).get_json()["lines"] == []


def test_buying_again_fills_the_cart_once(api: Checked, paid: tuple[Shopper, str], goods: Goods) -> None:
    who, order = paid
    for key in ("key-again-1", "key-again-1", "key-again-2"):
        assert api.post(f"/orders/{order}/buy-again", who, key=key).get_json() == {"added": 1, "gone": []}
    [line] = api.get("/cart", who).get_json()["lines"]
    assert (line["sku_id"], line["quantity"]) == (goods.sku_id, 2)


def test_what_is_not_sold_any_more_is_not_bought_again(api: Checked, paid: tuple[Shopper, str], goods: Goods) -> None:
    who, order = paid
    set_on_shelf(runtime(api.app).context(SYSTEM), product_ids=[goods.product_id], on_shelf=False)
    answer = api.post(f"/orders/{order}/buy-again", who, key="key-gone")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_for_sale")
    assert api.get("/cart", who).get_json()["lines"] == []
