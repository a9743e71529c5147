"""Faults of answers: performed and lost, refused by a gateway, cut, unsigned, odd; each once, then all is well."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.wxsim.merchant import Merchant, verifies
from tests.wxsim_server import ControlRefused, Wxsim

ORDER = "/v3/pay/transactions/jsapi"


def send_order(merchant: Merchant, number: str) -> httpx.Response:
    return merchant.send("POST", ORDER, json.dumps(merchant.order_body(number)).encode())


def send_query(merchant: Merchant, number: str) -> httpx.Response:
    return merchant.send("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid={merchant.wx.mchid}")


def test_performed_but_the_answer_is_lost(wx: Wxsim, merchant: Merchant) -> None:
    wx.fault("answer-lost", call="order")
    with pytest.raises(httpx.RemoteProtocolError):
        send_order(merchant, "lost-answer")
    assert merchant.query("lost-answer")[1]["trade_state"] == "NOTPAY"
    merchant.paid("lost-answer")
    wx.fault("answer-lost", call="refund")
    with pytest.raises(httpx.RemoteProtocolError):
        merchant.refund("lost-answer", "lost-answer-r", 100)
    wx.settled()
    assert merchant.refund("lost-answer", "lost-answer-r", 100)[1]["status"] == "SUCCESS"
    merchant.order("lost-close")
    wx.fault("answer-lost", call="close")
    with pytest.raises(httpx.RemoteProtocolError):
        merchant.close("lost-close")
    assert merchant.query("lost-close")[1]["trade_state"] == "CLOSED"
    wx.fault("answer-lost", call="query")
    with pytest.raises(httpx.RemoteProtocolError):
        merchant.query("lost-close")
    assert merchant.query("lost-close")[0] == 200


def test_dropped_before_any_effect(wx: Wxsim, merchant: Merchant) -> None:
    wx.fault("connection-dropped", call="order")
    with pytest.raises(httpx.RemoteProtocolError):
        send_order(merchant, "dropped-order")
    assert merchant.query("dropped-order")[0] == 404


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_gateway_answers(wx: Wxsim, merchant: Merchant, status: int, after_effect: bool) -> None:
    number = f"gateway-{status}-{after_effect}"
    wx.fault(f"answer-{status}", after_effect=after_effect, out_trade_no=number)
    answer = send_order(merchant, number)
    assert answer.status_code == status
    if status == 500:
        assert answer.json()["code"] == "SYSTEM_ERROR"
        assert verifies(wx.platform_public_key, answer.headers, answer.content)
    else:
        assert "Wechatpay-Signature" not in answer.headers
    assert merchant.query(number)[0] == (200 if after_effect else 404)
    assert send_order(merchant, number).status_code == 200


@pytest.mark.parametrize(
    "fault", ["answer-html", "answer-empty", "answer-truncated", "answer-altered", "answer-forged", "answer-gzip-bomb"]
)
def test_answers_whose_signature_cannot_be_right(wx: Wxsim, merchant: Merchant, fault: str) -> None:
    merchant.order(f"spoilt-{fault}")
    wx.fault(fault, call="query")
    answer = send_query(merchant, f"spoilt-{fault}")
    assert answer.status_code == 200
    if fault == "answer-gzip-bomb":
        assert len(answer.content) == 64 << 20 and int(answer.headers["Content-Length"]) < 400_000
    else:
        assert not verifies(wx.platform_public_key, answer.headers, answer.content)


@pytest.mark.parametrize("fault", ["answer-html", "answer-altered", "answer-truncated", "answer-empty"])
def test_a_spoilt_close_keeps_the_connection_usable(wx: Wxsim, merchant: Merchant, fault: str) -> None:
    merchant.order(f"spoilt-close-{fault}")
    wx.fault(fault, call="close")
    target = f"/v3/pay/transactions/out-trade-no/spoilt-close-{fault}/close"
    answer = merchant.send("POST", target, json.dumps({"mchid": wx.mchid}).encode())
    assert answer.status_code == (200 if answer.content else 204)
    assert merchant.query(f"spoilt-close-{fault}")[1]["trade_state"] == "CLOSED"


def test_unsigned_and_stale(wx: Wxsim, merchant: Merchant) -> None:
    merchant.order("spoilt-rest")
    wx.fault("answer-unsigned")
    answer = send_query(merchant, "spoilt-rest")
    assert not [name for name in answer.headers if name.startswith("wechatpay-")] and answer.json()
    wx.fault("answer-stale")
    answer = send_query(merchant, "spoilt-rest")
    assert verifies(wx.platform_public_key, answer.headers, answer.content)
    assert 595 <= time.time() - int(answer.headers["Wechatpay-Timestamp"]) <= 605


def test_unknown_fields_and_states_are_rightly_signed(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("odd-query")
    wx.fault("answer-unknown-field", call="query")
    assert "a_field_of_next_year" in merchant.query("odd-query")[1]
    wx.fault("answer-unknown-state", call="query", state="ACCEPT")
    assert merchant.query("odd-query")[1]["trade_state"] == "ACCEPT"
    wx.fault("answer-unknown-state", call="refund")
    assert merchant.refund("odd-query", "odd-query-r", 100)[1]["status"] == "NEW_STATE"
    wx.fault("answer-error", call="query", status=403, code="NO_AUTH", message="没有权限")
    assert merchant.query("odd-query") == (403, {"code": "NO_AUTH", "message": "没有权限"})


def test_frequency(wx: Wxsim, merchant: Merchant) -> None:
    wx.fault("frequency", times=2, call="query")
    assert [merchant.query("freq-none")[0] for _ in range(3)] == [429, 429, 404]


def test_slow_before_and_after(wx: Wxsim, merchant: Merchant) -> None:
    for fault in ("slow", "slow-answer"):
        wx.fault(fault, call="query", seconds=0.3)
        started = time.monotonic()
        merchant.query("slow-none")
        assert 0.3 <= time.monotonic() - started < 2


def test_our_clock_is_six_minutes_wrong(wx: Wxsim, merchant: Merchant) -> None:
    wx.fault("clock-skew", call="query", seconds=360)
    answer = send_query(merchant, "skew-none")
    assert answer.json()["code"] == "SIGN_ERROR"
    assert int(answer.headers["Wechatpay-Timestamp"]) - time.time() > 355


def test_close_and_pay_race_both_ways(wx: Wxsim, merchant: Merchant) -> None:
    merchant.order("race-close-loses")
    wx.fault("close-loses")
    assert merchant.close("race-close-loses")[1]["code"] == "ORDERPAID"
    assert merchant.query("race-close-loses")[1]["trade_state"] == "SUCCESS"
    params = merchant.order("race-close-wins")
    wx.fault("close-wins")
    with pytest.raises(ControlRefused) as refused:
        wx.pay("甲", params)
    assert refused.value.code == "ORDER_CLOSED"
    assert merchant.query("race-close-wins")[1]["trade_state"] == "CLOSED"


@pytest.mark.parametrize("seconds", [0, 120])
def test_closed_and_yet_paid(wx: Wxsim, merchant: Merchant, shop: Any, seconds: int) -> None:
    number = f"race-after-{seconds}"
    merchant.order(number)
    wx.fault("payment-after-close", seconds=seconds)
    assert merchant.close(number)[0] == 204
    if seconds:
        assert merchant.query(number)[1]["trade_state"] == "CLOSED"
        merchant.move(seconds + 1)
    shop.wait_for(1)
    wx.settled()
    assert merchant.query(number)[1]["trade_state"] == "SUCCESS"


def test_an_expired_prepay_by_fault(wx: Wxsim, merchant: Merchant) -> None:
    params = merchant.order("fault-prepay")
    wx.fault("prepay-expired")
    with pytest.raises(ControlRefused) as refused:
        wx.pay("甲", params)
    assert refused.value.code == "PREPAY_EXPIRED"
    assert wx.pay("甲", params)["trade_state"] == "SUCCESS"
