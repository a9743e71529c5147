"""Refunds: limits, repetition, what they become and what is told."""

import json

import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim.shop import Shop
from tests.wxsim_server import Wxsim

REFUNDS = "/v3/refund/domestic/refunds"


def test_repeated_with_equal_parameters_and_with_others(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("refund-again", 1000)
    first = merchant.refund("refund-again", "refund-again-1", 400, 1000, reason="少发")
    wx.settled()
    again = merchant.refund("refund-again", "refund-again-1", 400, 1000, reason="少发")
    assert first[0] == again[0] == 200 and first[1]["refund_id"] == again[1]["refund_id"]
    assert (first[1]["status"], again[1]["status"]) == ("PROCESSING", "SUCCESS")
    assert merchant.refund("refund-again", "refund-again-1", 401, 1000, reason="少发")[1]["code"] == "INVALID_REQUEST"
    assert merchant.refund("refund-again", "refund-again-1", 400, 1000)[1]["code"] == "INVALID_REQUEST"
    assert len(wx.refunds("refund-again")) == 1


def test_never_more_than_was_paid_and_a_minute_apart(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("refund-parts", 1000)
    assert merchant.refund("refund-parts", "refund-parts-0", 1001, 1000)[1]["code"] == "INVALID_REQUEST"
    assert merchant.refund("refund-parts", "refund-parts-1", 600, 1000)[0] == 200
    status, answer = merchant.refund("refund-parts", "refund-parts-2", 400, 1000)
    assert (status, answer["code"]) == (429, "FREQUENCY_LIMITED")
    merchant.move(61)
    assert merchant.refund("refund-parts", "refund-parts-2", 401, 1000)[1]["code"] == "INVALID_REQUEST"
    assert merchant.refund("refund-parts", "refund-parts-2", 400, 1000)[0] == 200
    merchant.move(61)
    assert merchant.refund("refund-parts", "refund-parts-3", 1, 1000)[1]["code"] == "INVALID_REQUEST"
    assert sum(refund["amount"] for refund in wx.refunds("refund-parts")) == 1000


def test_fifty_parts_within_a_year(merchant: Merchant) -> None:
    merchant.paid("refund-fifty", 100)
    for part in range(50):
        assert merchant.refund("refund-fifty", f"refund-fifty-{part}", 1, 100)[0] == 200
        merchant.move(61)
    assert merchant.refund("refund-fifty", "refund-fifty-50", 1, 100)[1]["message"] == "同一笔订单最多支持50次部分退款"
    merchant.paid("refund-year", 100)
    merchant.move(365 * 86400 + 1)
    assert merchant.refund("refund-year", "refund-year-1", 1, 100)[1]["message"] == "交易时间超过一年的订单无法提交退款"


@pytest.mark.parametrize(
    "change",
    [
        {"out_refund_no": "n" * 65},
        {"out_refund_no": "空格 "},
        {"reason": "因" * 81},
        {"unknown": 1},
        {"notify_url": "http://example.com/x"},
        {"amount": {"refund": 1, "total": 100}},
        {"amount": {"refund": 1, "total": 100, "currency": "USD"}},
        {"amount": {"refund": 0, "total": 100, "currency": "CNY"}},
        {"amount": {"refund": 1.5, "total": 100, "currency": "CNY"}},
        {"amount": {"refund": 1, "total": 99, "currency": "CNY"}},
        {"amount": {"refund": 2, "total": 100, "currency": "CNY", "from": [{"account": "AVAILABLE", "amount": 1}]}},
        {"out_trade_no": "refund-unknown"},
        {"transaction_id": "4200"},
    ],
)
def test_wrong_parameters(wx: Wxsim, merchant: Merchant, change: dict[str, object]) -> None:
    if wx.trade("refund-fields") is None:
        merchant.paid("refund-fields", 100)
    amount = {"refund": 1, "total": 100, "currency": "CNY"}
    body = {"out_trade_no": "refund-fields", "out_refund_no": "refund-fields-1", "amount": amount} | change
    status, answer = merchant.call("POST", REFUNDS, body)
    assert status in (400, 404) and answer["code"] in ("PARAM_ERROR", "INVALID_REQUEST", "ORDER_NOT_EXIST")
    assert wx.refunds("refund-fields") == []


def test_unpaid_trades_and_unknown_refunds(merchant: Merchant) -> None:
    merchant.order("refund-unpaid")
    assert merchant.refund("refund-unpaid", "refund-unpaid-1", 1)[1]["code"] == "INVALID_REQUEST"
    assert merchant.call("GET", f"{REFUNDS}/refund-none")[1]["code"] == "RESOURCE_NOT_EXISTS"


def test_by_transaction_id(merchant: Merchant) -> None:
    paid = merchant.paid("refund-by-id", 100)
    amount = {"refund": 100, "total": 100, "currency": "CNY"}
    body = {"transaction_id": paid["transaction_id"], "out_refund_no": "refund-by-id-1", "amount": amount}
    assert merchant.call("POST", REFUNDS, body)[1]["out_trade_no"] == "refund-by-id"


@pytest.mark.parametrize(("fault", "status"), [("refund-abnormal", "ABNORMAL"), ("refund-closed", "CLOSED")])
def test_what_else_a_refund_becomes(wx: Wxsim, shop: Shop, merchant: Merchant, fault: str, status: str) -> None:
    number = f"{fault}-1"
    merchant.paid(number, 100)
    wx.fault(fault, out_trade_no=number)
    asked = merchant.refund(number, f"{number}-r", 100, notify_url=shop.url)[1]
    assert asked["status"] == "PROCESSING"
    told = shop.wait_for(2)[1]
    assert json.loads(told.body)["event_type"] == f"REFUND.{status}"
    assert merchant.open(told.headers, told.body)["refund_status"] == status
    found = merchant.call("GET", f"{REFUNDS}/{number}-r")[1]
    assert found["status"] == status and "success_time" not in found


def test_a_closed_refund_frees_its_amount_and_an_abnormal_one_is_sent_again(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("refund-freed", 100)
    wx.fault("refund-closed")
    merchant.refund("refund-freed", "refund-freed-1", 100)
    wx.settled()
    merchant.move(61)
    wx.fault("refund-abnormal")
    refund_id = merchant.refund("refund-freed", "refund-freed-2", 100)[1]["refund_id"]
    wx.settled()
    again = {"out_refund_no": "refund-freed-2", "type": "MERCHANT_BANK_CARD"}
    target = f"{REFUNDS}/{refund_id}/apply-abnormal-refund"
    assert merchant.call("POST", target, again)[1]["status"] == "PROCESSING"
    wx.settled()
    assert merchant.call("GET", f"{REFUNDS}/refund-freed-2")[1]["status"] == "SUCCESS"
    assert merchant.call("POST", target, again)[1]["code"] == "INVALID_REQUEST"


def test_processing_for_an_hour(wx: Wxsim, merchant: Merchant, shop: Shop) -> None:
    merchant.paid("refund-slow", 100)
    wx.fault("refund-processing", seconds=3600)
    merchant.refund("refund-slow", "refund-slow-1", 100, notify_url=shop.url)
    merchant.move(3590)
    wx.deliver()
    assert merchant.call("GET", f"{REFUNDS}/refund-slow-1")[1]["status"] == "PROCESSING"
    assert wx.status()["processing_refunds"] == 1
    merchant.move(11)
    assert wx.deliver()["delivered"] <= 1
    wx.settled()
    assert merchant.call("GET", f"{REFUNDS}/refund-slow-1")[1]["status"] == "SUCCESS" and len(shop.taken) == 2


def test_a_short_balance_refuses_and_the_same_number_works_later(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("refund-short", 100)
    wx.fault("refund-not-enough")
    assert merchant.refund("refund-short", "refund-short-1", 100)[1]["code"] == "NOT_ENOUGH"
    assert wx.refunds("refund-short") == []
    assert merchant.refund("refund-short", "refund-short-1", 100)[0] == 200


def test_without_a_notify_url_nothing_is_told(wx: Wxsim, merchant: Merchant, shop: Shop) -> None:
    merchant.paid("refund-quiet", 100)
    merchant.refund("refund-quiet", "refund-quiet-1", 100)
    wx.settled()
    assert len(shop.taken) == 1
