"""Content checks, messages, code pictures and pushed events against the stand-in process."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from backend.gateways.outcomes import BadSignature, WeChatRefused, WeChatUnknown
from backend.gateways.wechat_mini import COMMENT, PROFILE
from tests.wxsim.mini_program import AES_KEY, FIELDS, TEMPLATE, TOKEN
from tests.wxsim.test_content_check import drawn

TOLD = {"character_string1": "24030212345678", "thing2": "苹果", "amount3": "¥1.00", "time4": "2026年3月2日 12:00",
        "phrase5": "已发货"}  # fmt: skip
UNKNOWN = ["answer-lost", "connection-dropped", "answer-500", "answer-502", "answer-503", "answer-html", "answer-empty",
           "answer-truncated", "busy"]  # fmt: skip


def test_texts(seller):
    mini, openid = seller.gateways.mini, seller.wx.openid("buyer")
    assert mini.check_text(openid, "很甜，会再买", COMMENT).suggest == "pass"
    assert mini.check_text(openid, "加微信返现", PROFILE).suggest == "review"
    assert mini.check_text(openid, "赌博平台", COMMENT).suggest == "risky"
    seller.wx.fault("check-inactive", openid=openid)
    with pytest.raises(WeChatRefused, match="61010"):
        mini.check_text(openid, "好吃", COMMENT)


def test_messages(seller):
    wx, mini, openid = seller.wx, seller.gateways.mini, seller.wx.openid("buyer")
    wx.control("POST", "/templates", {"template_id": TEMPLATE, "title": "发货通知", "fields": FIELDS})
    with pytest.raises(WeChatRefused) as caught:
        mini.send_message(openid, TEMPLATE, "pages/order/index?id=ord_1", TOLD)
    assert caught.value.no_consent
    wx.control("POST", "/subscribe", {"user": "buyer", "answers": {TEMPLATE: "accept"}})
    with pytest.raises(WeChatRefused, match="47003"):
        mini.send_message(openid, TEMPLATE, "pages/order/index?id=ord_1", TOLD | {"thing2": "果" * 21})
    mini.send_message(openid, TEMPLATE, "pages/order/index?id=ord_1", TOLD)
    [message] = wx.control("POST", "/inbox", {"user": "buyer"})["messages"]
    assert ["商品名称", "苹果"] in message["fields"]


@pytest.mark.parametrize("fault", UNKNOWN)
def test_nobody_knows(seller, fault):
    openid = seller.wx.openid("buyer")
    seller.gateways.mini.check_text(openid, "好吃", COMMENT)
    seller.wx.fault(fault, call="text-check")
    with pytest.raises(WeChatUnknown):
        seller.gateways.mini.check_text(openid, "好吃", COMMENT)


@pytest.mark.parametrize(("fault", "trait"), [("frequency", "try_later"), ("daily-quota", "daily_quota")])
def test_limits(seller, fault, trait):
    openid = seller.wx.openid("buyer")
    seller.wx.fault(fault, call="text-check")
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.mini.check_text(openid, "好吃", COMMENT)
    assert getattr(caught.value, trait)


def test_code_pictures(seller):
    picture = seller.gateways.mini.program_code("pages/product/index", "g=1&l=2", 600)
    assert picture.startswith(b"\xff\xd8\xff")
    with pytest.raises(WeChatRefused, match="40169"):
        seller.gateways.mini.program_code("pages/product/index", "团长")


@pytest.mark.parametrize("aes_key", [None, AES_KEY])
def test_a_picture_s_verdict_is_pushed(running, sell, aes_key):
    more = {"push_token": TOKEN} | ({"push_aes_key": aes_key} if aes_key else {})
    running.clear_faults()
    seller = sell(running, **more)
    running.control("POST", "/message-push", {"url": seller.shop.url, "token": TOKEN, "aes_key": aes_key})
    seller.shop.files["/a.png"] = drawn()
    url = seller.shop.url.replace("/callbacks/wechat-pay/payments", "/a.png")
    trace_id = seller.gateways.mini.check_picture(running.openid("buyer"), url, COMMENT)
    [taken] = seller.shop.wait_for(1)
    query = dict(parse_qsl(urlsplit(taken.path).query))
    pushed = seller.gateways.push.read(query, taken.body, seller.now)
    assert pushed.picture is not None
    assert (pushed.picture.trace_id, pushed.picture.suggest) == (trace_id, "pass")
    for number, fault in enumerate(("push-forged", "push-stale"), 2):
        running.fault(fault)
        running.control("POST", "/push", {"user": "buyer", "event": {"Event": "x"}})
        taken = seller.shop.wait_for(number)[number - 1]
        with pytest.raises(BadSignature):
            seller.gateways.push.read(dict(parse_qsl(urlsplit(taken.path).query)), taken.body, seller.now)
