"""After-sales and complaints over the door: the document is true, strangers learn nothing, nonsense changes nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import EVERYTHING, SYSTEM, WECHAT, staff
from backend.usecases.answer_ticket import answer_ticket
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.ship_order import ship_order
from tests.fakes import FakeWorld
from tests.given_goods import given_product
from tests.given_members import Shopper
from tests.given_uploads import given_picture
from tests.miniprogram_api.checked import Checked

Shoppers = Callable[..., Shopper]
DESK = staff("stf_desk", EVERYTHING)


@pytest.fixture
def desk(api: Checked) -> Callable[..., Context]:
    return lambda actor=DESK: runtime(api.app).context(actor)


@pytest.fixture
def paid(api: Checked, desk: Callable[..., Context], world: FakeWorld) -> Callable[..., Any]:
    goods = given_product(desk(SYSTEM), "A1", 4500, 10)

    def order(who: Shopper, key: str = "key-order-1") -> tuple[str, str]:
        """A paid order of two: (order id, id of its line)."""
        placed = api.post("/orders", who, key=key, json={
            "items": [{"sku_id": goods.sku_id, "quantity": 2}], "address_id": who.address_id, "shown_total_fen": 9000})
        order_id = placed.get_json()["id"]
        paying = api.post(f"/orders/{order_id}/payment", who, key=f"pay-{key}").get_json()
        confirm_payment(desk(WECHAT), trade=world.pay.pay(paying["payment_id"]))
        return order_id, api.get(f"/orders/{order_id}", who).get_json()["lines"][0]["id"]
    return order


def body(line_id: str, **more: Any) -> dict[str, Any]:
    return {"kind": "refund_only", "reason": "changed_mind", "lines": [{"order_line_id": line_id, "quantity": 1}]} | more


def test_asking_and_withdrawing(api: Checked, shopper: Shoppers, paid: Callable[..., Any]) -> None:
    li = shopper()
    order_id, line_id = paid(li)
    assert api.get(f"/orders/{order_id}", li).get_json()["allowed"] == ["ask_aftersale"]
    assert api.get("/orders", li).get_json()["items"][0]["allowed"] == ["ask_aftersale"]
    options = api.get(f"/orders/{order_id}/aftersales/options", li).get_json()
    [line] = options["lines"]
    assert (line["left"], line["unshipped"], line["returnable"], line["worth_fen"], line["kinds"], line["why_not"]) == (
        2, 2, 0, 9000, ["refund_only"], None)
    asked = api.post(f"/orders/{order_id}/aftersales", li, key="key-case-1", json=body(line_id))
    again = api.post(f"/orders/{order_id}/aftersales", li, key="key-case-1", json=body(line_id))
    assert (asked.status_code, asked.get_json(), again.headers["Idempotency-Hit"]) == (201, again.get_json(), "true")
    case = api.get(f"/aftersales/{asked.get_json()['id']}", li).get_json()
    assert (case["state_text"], case["allowed"], case["asked_fen"], case["freight_fen"]) == ("待商家处理", ["cancel"], 4500, 0)
    assert case["next_text"] == "商家会在 3月4日 12:00 前处理，逾期未处理将自动同意。您可以随时撤销申请。"
    assert api.get(f"/orders/{order_id}", li).get_json()["allowed"] == []
    [line] = api.get(f"/orders/{order_id}/aftersales/options", li).get_json()["lines"]
    assert (line["kinds"], line["why_not"]["code"]) == ([], "aftersale_open")
    assert [item["id"] for item in api.get("/aftersales?state=open", li).get_json()["items"]] == [case["id"]]
    cancelled = api.post(f"/aftersales/{case['id']}/cancel", li).get_json()
    assert (cancelled["state"], cancelled["allowed"], [each["state"] for each in cancelled["history"]]) == (
        "cancelled", [], ["asked", "cancelled"])
    assert api.get("/aftersales?state=open", li).get_json()["items"] == []
    assert len(api.get("/aftersales?state=ended", li).get_json()["items"]) == 1


def test_a_return(api: Checked, shopper: Shoppers, paid: Callable[..., Any], desk: Callable[..., Context]) -> None:
    li = shopper()
    order_id, line_id = paid(li)
    ship_order(desk(), order_id=order_id, courier="SF", tracking_number="SF1234567890")
    picture = given_picture(li.ctx, "aftersale")
    case_id = api.post(f"/orders/{order_id}/aftersales", li, key="key-case-1", json=body(
        line_id, kind="return_and_refund", reason="damaged", words="压坏了", pictures=[picture])).get_json()["id"]
    refused = api.post(f"/aftersales/{case_id}/parcel", li, json={"courier": "顺丰", "tracking_number": "SF1234567891"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "aftersale_not_now")
    approve_aftersale(desk(), aftersale_id=case_id)
    case = api.get(f"/aftersales/{case_id}", li, headers={"Accept-Language": "en"}).get_json()
    assert (case["state_text"], case["allowed"], case["given_fen"], case["pictures"], case["return_to"] is not None) == (
        "Please send the goods back", ["send_parcel", "cancel"], 4500, [picture], True)
    sent = api.post(f"/aftersales/{case_id}/parcel", li, json={"courier": "顺丰", "tracking_number": "SF1234567891"}).get_json()
    assert (sent["state"], sent["tracking_number"], sent["allowed"]) == ("returning", "SF1234567891", ["correct_parcel"])
    bad = api.post(f"/aftersales/{case_id}/parcel", li, json={"courier": "顺丰", "tracking_number": "SF 1234567'91"})
    assert bad.get_json()["code"] == "aftersale_parcel"


def test_a_refusal_is_told(api: Checked, shopper: Shoppers, paid: Callable[..., Any], desk: Callable[..., Context]) -> None:
    li = shopper()
    order_id, line_id = paid(li)
    case_id = api.post(f"/orders/{order_id}/aftersales", li, key="key-case-1", json=body(line_id)).get_json()["id"]
    refuse_aftersale(desk(), aftersale_id=case_id, reason="已在打包")
    case = api.get(f"/aftersales/{case_id}", li).get_json()
    assert (case["state_text"], case["answer"], case["allowed"]) == ("商家未同意", "已在打包", ["ask_again", "complain"])


@pytest.mark.parametrize("change", [
    {"lines": []}, {"lines": [{"order_line_id": "oli_none", "quantity": 1}]}, {"kind": "none"}, {"reason": "none"},
    {"reason": "damaged"}, {"reason": "other"}, {"pictures": ["a" * 32]}, {"pictures": ["../etc/passwd"]}, {"words": "字" * 501},
    {"refund_fen": 1}, {"state": "refunded"}, {"member_id": "mem_x"}, {"kind": "return_and_refund"}, {"lines": None},
])
def test_r12_nonsense_is_refused_and_changes_nothing(api: Checked, shopper: Shoppers, paid: Callable[..., Any],
                                                     snapshot: Callable[[], Any], change: dict[str, Any]) -> None:
    li = shopper()
    order_id, line_id = paid(li)
    before = snapshot()
    answer = api.post(f"/orders/{order_id}/aftersales", li, key="key-bad-1", json=body(line_id) | change)
    assert answer.status_code in (404, 409, 422), answer.get_data(as_text=True)
    assert snapshot() == before


@pytest.mark.parametrize(("quantity", "amount"), [
    (0, None), (3, None), (-1, None), (1.5, None), ("1", None), (True, None), (2**31, None), (1, 4501), (1, 1), (1, -1), (1, 0.5),
    (1, "4500")])
def test_r12_amounts_and_quantities_that_are_none(api: Checked, shopper: Shoppers, paid: Callable[..., Any],
                                                  snapshot: Callable[[], Any], quantity: Any, amount: Any) -> None:
    li = shopper()
    order_id, line_id = paid(li)
    before = snapshot()
    line = {"order_line_id": line_id, "quantity": quantity} | ({} if amount is None else {"amount_fen": amount})
    answer = api.post(f"/orders/{order_id}/aftersales", li, key="key-bad-1", json=body(line_id, lines=[line]))
    assert answer.status_code in (409, 422)
    assert snapshot() == before


def test_r02_foreign_is_absent(api: Checked, shopper: Shoppers, paid: Callable[..., Any], snapshot: Callable[[], Any]) -> None:
    li, mei = shopper("li"), shopper("mei")
    order_id, line_id = paid(li)
    case_id = api.post(f"/orders/{order_id}/aftersales", li, key="key-case-1", json=body(line_id)).get_json()["id"]
    ticket_id = api.post("/tickets", li, key="key-tick-1", json={"category": "goods", "words": "坏了"}).get_json()["id"]
    before = snapshot()
    for method, path, sent in [
        ("GET", "/orders/{}/aftersales/options", None), ("POST", "/orders/{}/aftersales", body(line_id)),
        ("GET", "/aftersales/{}", None), ("POST", "/aftersales/{}/cancel", None),
        ("POST", "/aftersales/{}/parcel", {"courier": "顺丰", "tracking_number": "SF123456"}),
        ("GET", "/tickets/{}", None), ("POST", "/tickets/{}/messages", {"words": "我"}), ("POST", "/tickets/{}/close", None),
        ("POST", "/tickets/{}/reopen", {"words": "我"}),
    ]:
        own = {"o": order_id, "a": case_id, "t": ticket_id}[path[1]]
        for target in (own, "none_00000000"):
            answer = api.call(method, path.format(target), mei, key="key-foreign", **({} if sent is None else {"json": sent}))
            assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), path
            assert api.call(method, path.format(target), None, key="key-foreign",
                            **({} if sent is None else {"json": sent})).status_code == 401
    assert api.get("/aftersales", mei).get_json() == api.get("/tickets", mei).get_json() == {"items": [], "next": None}
    assert snapshot() == before


def test_lists_page_by_page(api: Checked, shopper: Shoppers, paid: Callable[..., Any]) -> None:
    li = shopper()
    ids = []
    for number in range(3):
        order_id, line_id = paid(li, f"key-order-{number}")
        ids.append(api.post(f"/orders/{order_id}/aftersales", li, key=f"key-case-{number}", json=body(line_id)).get_json()["id"])
        api.post("/tickets", li, key=f"key-tick-{number}", json={"category": "goods", "words": f"第 {number} 个"})
    for path in ("/aftersales", "/tickets"):
        first = api.get(f"{path}?limit=2", li).get_json()
        second = api.get(f"{path}?limit=2&after={first['next']}", li).get_json()
        assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
        assert api.get(f"{path}?state=none", li).status_code == 422
    assert {item["id"] for item in api.get("/aftersales", li).get_json()["items"]} == set(ids)


def test_a_complaint(api: Checked, shopper: Shoppers, paid: Callable[..., Any], desk: Callable[..., Context],
                     later: Callable[..., datetime]) -> None:
    li = shopper()
    order_id, line_id = paid(li)
    sent = {"category": "goods", "words": "苹果坏了", "order_id": order_id, "order_line_id": line_id}
    ticket_id = api.post("/tickets", li, key="key-tick-1", json=sent).get_json()["id"]
    assert api.post("/tickets", li, key="key-tick-1", json=sent).get_json()["id"] == ticket_id
    ticket = api.get(f"/tickets/{ticket_id}", li).get_json()
    assert (ticket["state"], ticket["allowed"], ticket["next_text"], ticket["owner"]) == (
        "open", ["write", "settle"], "会有专人在 3月3日 12:00 前答复您，您可以继续补充。", None)
    answer_ticket(desk(), ticket_id=ticket_id, words="同事看看", note=True)
    answer_ticket(desk(), ticket_id=ticket_id, words="马上补发")
    thread = api.post(f"/tickets/{ticket_id}/messages", li, key="key-write-1", json={"words": "好的"}).get_json()
    assert [(each["side"], each["words"]) for each in thread["messages"]] == [
        ("member", "苹果坏了"), ("staff", "马上补发"), ("member", "好的")]
    closed = api.post(f"/tickets/{ticket_id}/close", li).get_json()
    assert (closed["state"], closed["outcome"], closed["allowed"]) == (
        "closed", {"code": "settled", "text": "顾客确认解决", "words": ""}, ["reopen"])
    refused = api.post(f"/tickets/{ticket_id}/messages", li, key="key-write-2", json={"words": "等等"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "ticket_not_now")
    assert api.post(f"/tickets/{ticket_id}/reopen", li, key="key-open-1", json={"words": "又坏了"}).get_json()["state"] == "waiting"
    api.post(f"/tickets/{ticket_id}/close", li)
    later(days=8)
    late = api.post(f"/tickets/{ticket_id}/reopen", li, key="key-open-2", json={"words": "太晚"})
    assert late.get_json()["code"] == "ticket_reopen_over" and api.get(f"/tickets/{ticket_id}", li).get_json()["allowed"] == []


@pytest.mark.parametrize("change", [
    {"category": "none"}, {"words": ""}, {"words": "字" * 1001}, {"order_id": "ord_none"}, {"order_line_id": "oli_x"},
    {"pictures": ["a" * 32]}, {"owner": "stf_1"}, {"state": "closed"}, {"words": None}])
def test_a_complaint_that_is_none(api: Checked, shopper: Shoppers, snapshot: Callable[[], Any], change: dict[str, Any]) -> None:
    li, before = shopper(), snapshot()
    answer = api.post("/tickets", li, key="key-bad-1", json={"category": "goods", "words": "坏了"} | change)
    assert answer.status_code in (404, 422)
    assert snapshot() == before
