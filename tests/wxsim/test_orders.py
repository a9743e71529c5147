"""JSAPI orders: what is refused, what a second request gets, and how trades end."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim_server import ControlRefused, Wxsim

ORDER = "/v3/pay/transactions/jsapi"
CHINA = timezone(timedelta(hours=8))


def place(merchant: Merchant, out_trade_no: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return merchant.call("POST", ORDER, merchant.order_body(out_trade_no, **more))


def in_minutes(minutes: float, merchant: Merchant) -> str:
    at = datetime.now(CHINA) + timedelta(seconds=merchant.clock, minutes=minutes)
    return at.isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 1),
        ("appid", None),
        ("description", None),
        ("description", ""),
        ("description", "长" * 128),
        ("description", "行\n行"),
        ("description", 5),
        ("out_trade_no", "short"),
        ("out_trade_no", "n" * 33),
        ("out_trade_no", "with space"),
        ("out_trade_no", "订单号一二三四"),
        ("out_trade_no", "ends-with-line-feed\n"),
        ("notify_url", "http://example.com/x"),
        ("notify_url", "https://example.com/x?a=1"),
        ("notify_url", "https://example.com/x?"),
        ("notify_url", "https://user@example.com/x"),
        ("notify_url", "ftp://127.0.0.1/x"),
        ("notify_url", "https://example.com/" + "x" * 236),
        ("notify_url", "no address"),
        ("amount", {"total": 0}),
        ("amount", {"total": -1}),
        ("amount", {"total": 1.0}),
        ("amount", {"total": "1"}),
        ("amount", {"total": True}),
        ("amount", {"total": 1, "currency": "USD"}),
        ("amount", {"total": 1, "discount": 0}),
        ("amount", {}),
        ("payer", {"openid": "oNobody"}),
        ("payer", {}),
        ("payer", None),
        ("payer", {"openid": "o", "unionid": "o"}),
        ("attach", "长" * 129),
        ("support_fapiao", 1),
        ("settle_info", {"profit_sharing": "yes"}),
        ("detail", {"goods_detail": []}),
        ("detail", {"goods_detail": [{"merchant_goods_id": "1", "quantity": 0, "unit_price": 1}]}),
        ("time_expire", "2030-01-01 00:00:00"),
        ("time_expire", "2030-13-01T00:00:00+08:00"),
        ("time_expire", "2020-01-01T00:00:00+08:00"),
        ("time_expire", "2099-01-01T00:00:00+08:00"),
        ("scene_info", {"device_id": "1"}),
    ],
)
def test_a_wrong_field_is_refused(wx: Wxsim, merchant: Merchant, field: str, value: object) -> None:
    body = merchant.order_body("orders-field-1")
    body[field] = value
    if value is None:
        del body[field]
    status, answer = merchant.call("POST", ORDER, body)
    assert (status, answer["code"]) == (400, "PARAM_ERROR")
    assert wx.trade("orders-field-1") is None


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"appid":"\xff"}', b'{"a":NaN}', b'{"a":1,"a":1}', b"[" * 100_000])
def test_a_body_that_is_no_object(merchant: Merchant, raw: bytes) -> None:
    answer = merchant.send("POST", ORDER, raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")


def test_foreign_appid_and_mchid(merchant: Merchant) -> None:
    for field in ("appid", "mchid"):
        status, answer = merchant.call("POST", ORDER, merchant.order_body("orders-foreign") | {field: "wx1"})
        assert (status, answer["code"]) == (400, "APPID_MCHID_NOT_MATCH")


def test_everything_allowed_is_taken(merchant: Merchant) -> None:
    goods = {"merchant_goods_id": "1", "quantity": 2, "unit_price": 50, "goods_name": "蓝莓", "wechatpay_goods_id": "1"}
    store = {"id": "1", "name": "店", "area_code": "440305", "address": "路"}
    status, answer = place(
        merchant,
        "orders|all*-_",
        description="长" * 127,
        attach="附" * 128,
        goods_tag="WXG",
        support_fapiao=False,
        time_expire=in_minutes(15, merchant),
        detail={"cost_price": 100, "invoice_id": "i", "goods_detail": [goods]},
        scene_info={"payer_client_ip": "14.23.150.211", "device_id": "1", "store_info": store},
        settle_info={"profit_sharing": False},
    )
    assert status == 200 and len(answer["prepay_id"]) == 36
    assert merchant.query("orders%7Call%2A-_")[1]["attach"] == "附" * 128


def test_again_with_equal_and_with_other_parameters(merchant: Merchant) -> None:
    body = merchant.order_body("orders-again")
    first, second = (merchant.call("POST", ORDER, body) for _ in range(2))
    reordered = merchant.call("POST", ORDER, dict(reversed(body.items())))
    assert first[0] == second[0] == reordered[0] == 200
    assert len({first[1]["prepay_id"], second[1]["prepay_id"], reordered[1]["prepay_id"]}) == 3
    for other in ({"description": "别的"}, {"amount": {"total": 101, "currency": "CNY"}}, {"attach": "x"}):
        answer = merchant.send("POST", ORDER, json.dumps(body | other).encode())
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
        assert answer.headers["Request-ID"].endswith("-268498688")


def test_a_paid_and_a_closed_trade_take_no_order(wx: Wxsim, merchant: Merchant) -> None:
    merchant.paid("orders-paid")
    assert place(merchant, "orders-paid")[1]["code"] == "ORDERPAID"
    assert merchant.close("orders-paid")[1]["code"] == "ORDERPAID"
    params = merchant.order("orders-closed")
    merchant.close("orders-closed")
    assert place(merchant, "orders-closed")[1]["code"] == "ORDER_CLOSED"
    with pytest.raises(ControlRefused) as refused:
        wx.pay("甲", params)
    assert refused.value.code == "ORDER_CLOSED"


def test_unknown_trades_and_foreign_mchid(merchant: Merchant) -> None:
    assert merchant.query("orders-unknown")[1]["code"] == "ORDER_NOT_EXIST"
    assert merchant.close("orders-unknown")[1]["code"] == "ORDER_NOT_EXIST"
    assert merchant.call("GET", f"/v3/pay/transactions/id/4200?mchid={merchant.wx.mchid}")[0] == 404
    merchant.order("orders-known")
    for target in ("/v3/pay/transactions/out-trade-no/orders-known", "/v3/pay/transactions/id/4200"):
        assert merchant.call("GET", f"{target}?mchid=1")[1]["code"] == "PARAM_ERROR"
        assert merchant.call("GET", target)[1]["code"] == "PARAM_ERROR"
    close = "/v3/pay/transactions/out-trade-no/orders-known/close"
    for body in ({}, {"mchid": "1"}, {"mchid": merchant.wx.mchid, "reason": "x"}):
        assert merchant.call("POST", close, body)[1]["code"] == "PARAM_ERROR"


def test_query_by_transaction_equals_query_by_our_number(wx: Wxsim, merchant: Merchant) -> None:
    paid = merchant.paid("orders-twoways", 4321, attach="单")
    target = f"/v3/pay/transactions/id/{paid['transaction_id']}?mchid={wx.mchid}"
    answer = merchant.call("GET", target)
    assert answer == merchant.query("orders-twoways")
    assert answer[1]["trade_state"] == "SUCCESS" and answer[1]["attach"] == "单"
    assert answer[1]["amount"] == {"total": 4321, "payer_total": 4321, "currency": "CNY", "payer_currency": "CNY"}
    assert datetime.fromisoformat(answer[1]["success_time"]).utcoffset() == timedelta(hours=8)


def test_a_prepay_id_lives_two_hours_and_a_fresh_one_pays(wx: Wxsim, merchant: Merchant) -> None:
    old = merchant.order("orders-2hours")
    merchant.move(7195)
    assert wx.refuse("甲", old)["trade_state"] == "NOTPAY"
    merchant.move(10)
    with pytest.raises(ControlRefused) as refused:
        wx.pay("甲", old)
    assert refused.value.code == "PREPAY_EXPIRED"
    assert wx.pay("甲", merchant.order("orders-2hours"))["trade_state"] == "SUCCESS"


def test_time_expire_is_the_last_moment_to_pay(wx: Wxsim, merchant: Merchant) -> None:
    more = {"time_expire": in_minutes(15, merchant)}
    params = merchant.order("orders-expiry", **more)
    merchant.move(15 * 60 + 1)
    with pytest.raises(ControlRefused) as refused:
        wx.pay("甲", params)
    assert refused.value.code == "ORDER_EXPIRED"
    assert merchant.query("orders-expiry")[1]["trade_state"] == "NOTPAY"
    assert place(merchant, "orders-expiry", **more)[1]["code"] == "ORDER_CLOSED"
    assert merchant.close("orders-expiry")[0] == 204


def test_a_shorter_life_than_a_minute_becomes_a_minute(wx: Wxsim, merchant: Merchant) -> None:
    params = merchant.order("orders-minute", time_expire=in_minutes(0.1, merchant))
    merchant.move(50)
    assert wx.pay("甲", params)["trade_state"] == "SUCCESS"


def test_unpaid_trades_close_by_themselves_after_a_week(merchant: Merchant) -> None:
    merchant.order("orders-week")
    merchant.move(7 * 86400 - 60)
    assert merchant.query("orders-week")[1]["trade_state"] == "NOTPAY"
    merchant.move(120)
    assert merchant.query("orders-week")[1]["trade_state"] == "CLOSED"
