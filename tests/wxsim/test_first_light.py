"""From log-in to paid, refunded and closed, with every signature checked."""

import json

import httpx

from tests.wxsim.merchant import Merchant
from tests.wxsim.shop import Shop
from tests.wxsim_server import Wxsim


def test_order_pay_notify_query_refund(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    params = merchant.order("first-001", 8800)
    assert merchant.query("first-001")[1]["trade_state"] == "NOTPAY"
    paid = wx.pay("甲", params)
    assert paid["delivered"] is True and paid["trade_state"] == "SUCCESS"
    [taken] = shop.taken
    assert json.loads(taken.body)["event_type"] == "TRANSACTION.SUCCESS"
    told = merchant.open(taken.headers, taken.body)
    status, asked = merchant.query("first-001")
    assert status == 200 and {key: asked[key] for key in told} == told
    assert told["transaction_id"] == paid["transaction_id"] and told["amount"]["total"] == 8800
    assert told["payer"] == {"openid": wx.openid("甲")} and told["mchid"] == wx.mchid and told["appid"] == wx.appid

    status, answer = merchant.refund("first-001", "first-001-r", 8800, 8800, notify_url=shop.url)
    assert (status, answer["status"]) == (200, "PROCESSING")
    told = merchant.open(shop.wait_for(2)[1].headers, shop.taken[1].body)
    assert told["refund_status"] == "SUCCESS" and told["amount"]["refund"] == 8800
    assert merchant.call("GET", "/v3/refund/domestic/refunds/first-001-r")[1]["status"] == "SUCCESS"
    assert merchant.query("first-001")[1]["trade_state"] == "REFUND"


def test_close(wx: Wxsim, merchant: Merchant) -> None:
    merchant.order("first-002")
    assert merchant.close("first-002") == (204, {})
    assert merchant.close("first-002") == (204, {})
    assert merchant.query("first-002")[1]["trade_state"] == "CLOSED"


def test_login(wx: Wxsim) -> None:
    query = {"appid": wx.appid, "secret": wx.app_secret, "js_code": wx.login_code("乙")}
    target = f"{wx.url}/sns/jscode2session"
    answer = httpx.get(target, params={**query, "grant_type": "authorization_code"}).json()
    assert answer["openid"] == wx.openid("乙") and len(answer["session_key"]) == 24
