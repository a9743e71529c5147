"""Checkout, orders and paying over the door: the document is true, strangers learn nothing, nonsense changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.app import runtime
from backend.kernel.actors import SYSTEM, WECHAT
from backend.usecases.confirm_payment import confirm_payment
from tests.fakes import FakeWorld
from tests.given_goods import Goods, given_product
from tests.given_members import Shopper
from tests.miniprogram_api.checked import Checked

Shoppers = Callable[..., Shopper]


@pytest.fixture
def goods(api: Checked) -> Goods:
    return given_product(runtime(api.app).context(SYSTEM), "A1", 4500, 10)


def placed(api: Checked, who: Shopper, goods: Goods, quantity: int = 1) -> dict[str, Any]:
    items = [{"sku_id": goods.sku_id, "quantity": quantity}]
    total = api.post("/checkout/preview", who, json={"items": items}).get_json()["total_fen"]
    answer = api.post("/orders", who, key=f"key-{quantity}-order", json={
        "items": items, "address_id": who.address_id, "shown_total_fen": total, "remark": "放门口"})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def test_preview_explains_and_the_order_costs_the_same(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li = shopper()
    quote = api.post("/checkout/preview", li, json={"items": [{"sku_id": goods.sku_id, "quantity": 1}]}).get_json()
    assert (quote["goods_fen"], quote["freight_fen"], quote["total_fen"]) == (4500, 800, 5300)
    assert [each["text"] for each in quote["explanation"]] == ["商品金额", "运费（满 88 元包邮）"]
    english = api.post("/checkout/preview", li, json={"items": [{"sku_id": goods.sku_id, "quantity": 2}]},
                       headers={"Accept-Language": "en"}).get_json()
    assert [each["text"] for each in english["explanation"]] == ["Goods", "Free delivery from ¥88"]
    order = placed(api, li, goods)
    page = api.get(f"/orders/{order['id']}", li).get_json()
    assert (page["state"], page["state_text"], page["allowed"], page["total_fen"], page["remark"]) == (
        "unpaid", "待付款", ["pay", "cancel"], 5300, "放门口")
    assert page["address"]["province"] == "浙江省" and page["address"]["district"] == "西湖区"


def test_the_cart_becomes_an_order_and_is_empty_then(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li = shopper()
    api.put("/cart", li, json={"lines": [{"sku_id": goods.sku_id, "quantity": 2}]})
    total = api.post("/checkout/preview", li, json={}).get_json()["total_fen"]
    body = {"address_id": li.address_id, "shown_total_fen": total}
    first = api.post("/orders", li, key="key-cart-1", json=body)
    again = api.post("/orders", li, key="key-cart-1", json=body)
    assert (first.status_code, again.status_code, again.headers["Idempotency-Hit"]) == (201, 201, "true")
    assert first.get_data() == again.get_data()
    assert api.get("/cart", li).get_json()["lines"] == []
    assert api.post("/orders", li, key="key-cart-2", json=body).get_json()["code"] == "nothing_to_order"
    other = api.post("/orders", li, key="key-cart-1", json=body | {"remark": "另一个"})
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")


def test_lists_page_by_page(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li = shopper()
    ids = [placed(api, li, goods, quantity)["id"] for quantity in (1, 2, 3)]
    first = api.get("/orders?limit=2", li).get_json()
    second = api.get(f"/orders?limit=2&after={first['next']}", li).get_json()
    assert {item["id"] for item in first["items"] + second["items"]} == set(ids) and second["next"] is None
    assert api.get("/orders?state=paid", li).get_json() == {"items": [], "next": None}
    assert api.get("/orders?limit=101", li).status_code == api.get("/orders?state=none", li).status_code == 422


def test_paying_end_to_end(api: Checked, shopper: Shoppers, goods: Goods, world: FakeWorld) -> None:
    li = shopper()
    order = placed(api, li, goods)
    paying = api.post(f"/orders/{order['id']}/payment", li, key="key-pay-1").get_json()
    assert api.post(f"/orders/{order['id']}/payment", li, key="key-pay-2").get_json() == paying
    trade = world.pay.pay(paying["payment_id"])
    assert api.post(f"/orders/{order['id']}/payment/check", li).get_json() == {"state": "paid"}
    assert confirm_payment(runtime(api.app).context(WECHAT), trade=trade) == "known"
    assert api.post(f"/orders/{order['id']}/payment", li, key="key-pay-3").get_json()["code"] == "already_paid"
    assert api.post(f"/orders/{order['id']}/cancel", li, key="key-cancel", json={}).get_json()["code"] == "not_allowed_now"


def test_t47_no_cost_and_no_stranger_in_an_answer(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li = shopper()
    order = placed(api, li, goods)
    text = api.get(f"/orders/{order['id']}", li).get_data(as_text=True) + api.get("/orders", li).get_data(as_text=True)
    assert "cost" not in text and "openid" not in text and "member_id" not in text


def test_r01_foreign_and_absent_orders_answer_alike(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li, mei = shopper("li"), shopper("mei")
    order = placed(api, li, goods)

    def body_of(path: str) -> dict[str, Any]:
        answer = api.get(path, mei)
        assert answer.status_code == 404
        return {name: value for name, value in answer.get_json().items() if name != "request_id"}

    assert body_of(f"/orders/{order['id']}") == body_of("/orders/ord_01KJPB7WNPMVMNHAY6PJ7ZHS2W")
    assert api.get("/orders", mei).get_json()["items"] == []


def test_r02_nobody_touches_anothers_order(api: Checked, shopper: Shoppers, goods: Goods, snapshot: Callable[[], Any]) -> None:
    li, mei = shopper("li"), shopper("mei")
    order = placed(api, li, goods)
    before = snapshot()
    for path, body in [("cancel", {}), ("payment", None), ("payment/check", None)]:
        more = {} if body is None else {"json": body}
        key = None if path == "payment/check" else "key-foreign"
        for order_id in (order["id"], "ord_none"):
            answer = api.post(f"/orders/{order_id}/{path}", mei, key=key, **more)
            assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert snapshot() == before


@pytest.mark.parametrize("quantity", [-5, 0, 1.5, "2", True, 2147483648, "１２", None, [], "1e3"])
def test_r04_quantities_that_are_none(api: Checked, shopper: Shoppers, goods: Goods, snapshot: Callable[[], Any],
                                      quantity: Any) -> None:
    li = shopper()
    before = snapshot()
    items = [{"sku_id": goods.sku_id, "quantity": quantity}, {"sku_id": goods.sku_id, "quantity": 1}]
    answer = api.post("/orders", li, key="key-bad-1", json={"items": items, "address_id": li.address_id, "shown_total_fen": 5300})
    assert answer.status_code == 422
    assert api.post("/checkout/preview", li, json={"items": items}).status_code == 422
    assert snapshot() == before


@pytest.mark.parametrize("extra", [{"pay_amount": 1}, {"price": 1}, {"discount": 99999}, {"freight": -100}, {"status": "paid"},
                                   {"total_fen": 1}, {"member_id": "mem_x"}, {"state": "paid"}, {"leader_id": "l"}])
def test_r05_t21_no_field_makes_it_cheaper(api: Checked, shopper: Shoppers, goods: Goods, snapshot: Callable[[], Any],
                                           extra: dict[str, Any]) -> None:
    li = shopper()
    before = snapshot()
    body = {"items": [{"sku_id": goods.sku_id, "quantity": 1}], "address_id": li.address_id, "shown_total_fen": 5300} | extra
    assert api.post("/orders", li, key="key-extra", json=body).status_code == 422
    assert snapshot() == before


def test_t20_no_route_but_wechats_word_pays(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li = shopper()
    order = placed(api, li, goods)
    api.post(f"/orders/{order['id']}/payment", li, key="key-pay-1")
    for path in ("payments", "refunds"):
        answer = api.client.post(f"/callbacks/wechat-pay/{path}", json={"id": order["id"]}, headers=li.headers)
        assert answer.status_code in (401, 422)
    assert api.post(f"/orders/{order['id']}/payment/check", li).get_json() == {"state": "unpaid"}


def test_a_moved_price_is_told(api: Checked, shopper: Shoppers, goods: Goods) -> None:
    li = shopper()
    answer = api.post("/orders", li, key="key-moved", json={
        "items": [{"sku_id": goods.sku_id, "quantity": 1}], "address_id": li.address_id, "shown_total_fen": 5299})
    assert answer.status_code == 409
    assert answer.get_json()["details"] == {"shown_total_fen": 5299, "total_fen": 5300, "goods_fen": 4500, "freight_fen": 800}
