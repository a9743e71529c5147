"""The PyPI package wechatpayv3, which knows nothing of us, speaks with the stand-in."""

import gzip
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

from tests.wxsim.merchant import Merchant
from tests.wxsim.shop import Shop
from tests.wxsim_server import Wxsim

CHINA = timezone(timedelta(hours=8))


def library(wx: Wxsim, **more: Any) -> WeChatPay:
    found = WeChatPay.__new__(WeChatPay)
    given = {
        "wechatpay_type": WeChatPayType.MINIPROG,
        "mchid": wx.mchid,
        "private_key": wx.merchant_private_key,
        "cert_serial_no": wx.merchant_serial,
        "apiv3_key": wx.api_v3_key,
        "appid": wx.appid,
        "timeout": (1, 5),
        "public_key": wx.platform_public_key,
        "public_key_id": wx.platform_public_key_id,
    }
    found.__init__(**{**given, **more})
    found._core._gate_way = wx.url
    return found


def test_order_query_pay_callback_refund_close(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    lib = library(wx)
    payer = {"openid": wx.openid("甲")}
    status, text = lib.pay(
        description="第二意见", out_trade_no="lib-001", amount={"total": 990}, payer=payer, notify_url=shop.url
    )
    assert status == 200
    prepay_id = json.loads(text)["prepay_id"]
    params = {"appId": wx.appid, "timeStamp": "1700000000", "nonceStr": "abc", "package": f"prepay_id={prepay_id}"}
    signature = lib.sign(list(params.values()))
    assert signature == merchant.params(prepay_id, timeStamp="1700000000", nonceStr="abc")["paySign"]
    wx.pay("甲", {**params, "signType": "RSA", "paySign": signature})

    told = lib.callback(shop.taken[0].headers, shop.taken[0].body)
    assert told["event_type"] == "TRANSACTION.SUCCESS" and told["resource"]["out_trade_no"] == "lib-001"
    assert lib.callback(shop.taken[0].headers, shop.taken[0].body.replace(b"id", b"ID", 1)) is None
    status, text = lib.query(out_trade_no="lib-001")
    assert status == 200 and json.loads(text)["trade_state"] == "SUCCESS"
    status, text = lib.query(transaction_id=told["resource"]["transaction_id"])
    assert status == 200 and json.loads(text)["amount"]["total"] == 990

    amount = {"refund": 90, "total": 990, "currency": "CNY"}
    status, text = lib.refund(out_refund_no="lib-001-r", amount=amount, out_trade_no="lib-001", notify_url=shop.url)
    assert status == 200 and json.loads(text)["status"] == "PROCESSING"
    told = lib.callback(shop.wait_for(2)[1].headers, shop.taken[1].body)
    assert told["event_type"] == "REFUND.SUCCESS" and told["resource"]["amount"]["refund"] == 90
    status, text = lib.query_refund("lib-001-r")
    assert status == 200 and json.loads(text)["status"] == "SUCCESS"

    assert (
        lib.pay(description="关", out_trade_no="lib-002", amount={"total": 1}, payer=payer, notify_url=shop.url)[0]
        == 200
    )
    assert lib.close("lib-002")[0] == 204
    assert json.loads(lib.query(out_trade_no="lib-002")[1])["trade_state"] == "CLOSED"


def test_certificate_mode_downloads_the_platform_certificates(
    wx: Wxsim, shop: Shop, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    wx.control("POST", "/certificates", {"valid_from_days": -1})
    monkeypatch.setattr("wechatpayv3.core.Core.__setattr__", _to(wx.url), raising=False)
    lib = library(wx, public_key=None, public_key_id=None)
    wx.fault("callback-other-key")
    merchant.paid("lib-cert")
    told = lib.callback(shop.taken[0].headers, shop.taken[0].body)
    assert told["resource"]["out_trade_no"] == "lib-cert"


def _to(url: str) -> Any:
    """An attribute setter that keeps the library's gateway at `url` from its constructor on."""

    def put(core: Any, name: str, value: Any) -> None:
        object.__setattr__(core, name, url if name == "_gate_way" else value)

    return put


def test_an_answer_with_a_wrong_signature_is_noticed(wx: Wxsim, merchant: Merchant) -> None:
    merchant.order("lib-forged")
    wx.fault("answer-forged", call="query")
    with pytest.raises(Exception, match="failed to verify"):
        library(wx).query(out_trade_no="lib-forged")


def test_yesterdays_bill(wx: Wxsim, merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(CHINA)
    noon = (now - timedelta(days=2)).replace(hour=12, minute=0)
    merchant.move((noon - now).total_seconds())
    merchant.paid("lib-bill", 1234)
    merchant.move(-(noon - now).total_seconds())
    lib = library(wx)
    status, text = lib.trade_bill(f"{noon:%Y-%m-%d}")
    offer = json.loads(text)
    assert status == 200
    status, content = lib.download_bill(offer["download_url"])
    plain = gzip.decompress(content)
    assert hashlib.sha1(plain).hexdigest() == offer["hash_value"] and "`lib-bill," in plain.decode()
    assert lib.fundflow_bill(f"{noon:%Y-%m-%d}")[0] == 200
