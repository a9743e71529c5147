"""What goes out to WeChat Pay: the right place, bytes and signature; and what we never even ask."""

import base64
import re
from datetime import datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from backend.kernel.money import LIMIT_FEN
from tests.gateways.playing_wechat import (
    APPID,
    MCHID,
    MERCHANT_SERIAL,
    NOW,
    PAID,
    REFUNDED,
    SERIAL,
    Script,
    client,
    key,
    says,
)

NOTIFY = "https://shop.example/callbacks/wechat-pay/payments"
ACCEPTED = {name: value for name, value in REFUNDED.items() if name not in ("refund_status", "success_time")} | {
    "status": "PROCESSING"
}


def verify(request) -> None:
    """The request is signed by the merchant over exactly its own bytes, now."""
    scheme, _, rest = request.headers["Authorization"].partition(" ")
    part = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    assert (part["mchid"], part["serial_no"], part["timestamp"]) == (MCHID, MERCHANT_SERIAL, str(int(NOW.timestamp())))
    lines = [
        request.method,
        request.url.raw_path.decode(),
        part["timestamp"],
        part["nonce_str"],
        request.content.decode(),
    ]
    text = "".join(f"{line}\n" for line in lines).encode()
    key("merchant").public_key().verify(base64.b64decode(part["signature"]), text, padding.PKCS1v15(), SHA256())
    assert request.headers["Wechatpay-Serial"] == SERIAL
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"]


def prepay(script: Script, **changes):
    arguments = {
        "out_trade_no": "pay_01", "description": "红富士苹果 5 斤", "total_fen": 1234, "openid": "oUpF8uMuAJO",
        "expires_at": NOW + timedelta(minutes=15, microseconds=999_999), "notify_url": NOTIFY,
    }  # fmt: skip
    return client(script).prepay(**arguments | changes)


def test_prepay():
    script = Script(says(200, {"prepay_id": "wx26112221580621e9b071c00d9e093b0000"}))
    assert prepay(script) == "wx26112221580621e9b071c00d9e093b0000"
    verify(script.asked[0])
    assert str(script.asked[0].url) == "https://api.mch.weixin.qq.com/v3/pay/transactions/jsapi"
    assert script.asked[0].headers["Content-Type"].startswith("application/json")
    assert script.sent == {
        "appid": APPID, "mchid": MCHID, "description": "红富士苹果 5 斤", "out_trade_no": "pay_01",
        "time_expire": "2026-03-02T12:15:00+08:00", "notify_url": NOTIFY,
        "amount": {"total": 1234, "currency": "CNY"}, "payer": {"openid": "oUpF8uMuAJO"},
    }  # fmt: skip


def test_a_signature_over_other_bytes_would_be_noticed():
    script = Script(says(200, {"prepay_id": "wx1"}))
    prepay(script)
    request = script.asked[0]
    request.headers["Authorization"] = request.headers["Authorization"].replace('nonce_str="', 'nonce_str="0')
    with pytest.raises(InvalidSignature):
        verify(request)


def test_query_and_close_and_refund():
    script = Script(says(200, PAID))
    client(script).query("pay_01")
    script.reply = says(204)
    client(script).close("pay_01")
    script.reply = says(200, ACCEPTED)
    client(script).refund("pay_01", "ref_01", 234, 1234, "商品退款", NOTIFY)
    client(script).query_refund("ref_01")
    for request in script.asked:
        verify(request)
    assert [(request.method, request.url.raw_path.decode()) for request in script.asked] == [
        ("GET", f"/v3/pay/transactions/out-trade-no/pay_01?mchid={MCHID}"),
        ("POST", "/v3/pay/transactions/out-trade-no/pay_01/close"),
        ("POST", "/v3/refund/domestic/refunds"),
        ("GET", "/v3/refund/domestic/refunds/ref_01"),
    ]
    assert script.asked[1].content == f'{{"mchid":"{MCHID}"}}'.encode()
    assert script.asked[2].content.decode() == (
        '{"out_trade_no":"pay_01","out_refund_no":"ref_01","notify_url":"' + NOTIFY + '",'
        '"amount":{"refund":234,"total":1234,"currency":"CNY"},"reason":"商品退款"}'
    )


def test_numbers_with_signs_stay_inside_the_path():
    script = Script(says(200, PAID | {"out_trade_no": "a|b*c-d_"}))
    client(script).query("a|b*c-d_")
    verify(script.asked[0])
    assert script.asked[0].url.raw_path.decode().startswith("/v3/pay/transactions/out-trade-no/a%7Cb%2Ac-d_?")


@pytest.mark.parametrize(
    ("given", "sent"),
    [("苹" * 60, "苹" * 42), ("a" * 200, "a" * 127), ("两\r\n行\u202e", "两  行"), ("", "pay_01"), ("\n", "pay_01"),
     ("好\ud800", "好")],
)  # fmt: skip
def test_description_is_made_to_fit(given, sent):
    script = Script(says(200, {"prepay_id": "wx1"}))
    prepay(script, description=given)
    assert script.sent["description"] == sent


def test_reason_is_made_to_fit_or_left_out():
    script = Script(says(200, ACCEPTED))
    client(script).refund("pay_01", "ref_01", 234, 1234, "退" * 50, NOTIFY)
    assert script.sent["reason"] == "退" * 26
    client(script).refund("pay_01", "ref_01", 234, 1234, " ", NOTIFY)
    assert "reason" not in script.sent


@pytest.mark.parametrize(
    "changes",
    [{"total_fen": 0}, {"total_fen": -1}, {"total_fen": 1.0}, {"total_fen": True}, {"total_fen": LIMIT_FEN + 1},
     {"out_trade_no": "short"}, {"out_trade_no": "x" * 33}, {"out_trade_no": "pay/../x"}, {"out_trade_no": "pay_01\n"},
     {"expires_at": datetime(2026, 3, 2)}, {"notify_url": "http://shop.example/x"}, {"notify_url": NOTIFY + "?a=1"},
     {"notify_url": "https://shop.example/" + "x" * 255}, {"notify_url": "ftp://127.0.0.1/x"}],
)  # fmt: skip
def test_what_cannot_be_right_is_never_sent(changes):
    script = Script()
    with pytest.raises((ValueError, TypeError)):
        prepay(script, **changes)
    assert script.asked == []


@pytest.mark.parametrize(
    "changes",
    [{"refund_fen": 0}, {"refund_fen": 1235}, {"refund_fen": 1.5}, {"out_refund_no": ""}, {"out_refund_no": "a/b"}],
)
def test_impossible_refunds_are_never_sent(changes):
    script = Script()
    arguments = {"out_trade_no": "pay_01", "out_refund_no": "ref_01", "refund_fen": 1, "total_fen": 1234, "reason": "",
                 "notify_url": NOTIFY}  # fmt: skip
    with pytest.raises((ValueError, TypeError)):
        client(script).refund(**arguments | changes)
    assert script.asked == []


def test_loopback_may_be_plain_http():
    script = Script(says(200, {"prepay_id": "wx1"}))
    prepay(script, notify_url="http://127.0.0.1:8000/callbacks/wechat-pay/payments")
    assert script.sent["notify_url"].startswith("http://127.0.0.1:8000/")
