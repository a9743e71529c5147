"""The phone page: closed without the session, and a person's tap pays as the phone would."""

import re

import httpx
import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim.mini_program import TEMPLATE, MiniProgram
from tests.wxsim.shop import Shop
from tests.wxsim_server import Wxsim


@pytest.fixture
def page(wx: Wxsim) -> httpx.Client:
    """A browser that has opened the printed address."""
    browser = httpx.Client(base_url=wx.url, follow_redirects=True, timeout=10, trust_env=False)
    answer = browser.get("/phone", params={"token": wx.control_token})
    assert answer.status_code == 200 and "token" not in str(answer.url)
    return browser


def word(page: httpx.Client) -> str:
    return re.search(r'name="word" value="([0-9a-f]{64})"', page.get("/phone").text)[1]


def test_closed_to_everybody_else(wx: Wxsim, merchant: Merchant) -> None:
    merchant.order("phone-closed")
    browser = httpx.Client(base_url=wx.url, follow_redirects=True, trust_env=False)
    for target in ("/phone", "/phone?token=wrong", "/phone?user=甲", "/phone/enter?token=", "/phone/stamp"):
        assert browser.get(target).status_code == 403
    for target in ("/phone/pay", "/phone/refuse", "/phone/users", "/phone/login-code"):
        form = {"user": "甲", "name": "甲", "out_trade_no": "phone-closed", "word": ""}
        assert browser.post(target, data=form).status_code == 403
    browser.cookies.set("wxsim_phone", wx.control_token)
    assert browser.get("/phone").status_code == 403
    assert merchant.query("phone-closed")[1]["trade_state"] == "NOTPAY"


def test_a_form_without_its_word_is_refused(page: httpx.Client, merchant: Merchant) -> None:
    merchant.order("phone-word")
    for given in ("", "0" * 64, "字"):
        form = {"user": "甲", "out_trade_no": "phone-word", "word": given}
        assert page.post("/phone/pay", data=form).status_code == 403
    assert merchant.query("phone-word")[1]["trade_state"] == "NOTPAY"


def test_a_person_pays(wx: Wxsim, page: httpx.Client, merchant: Merchant, shop: Shop) -> None:
    merchant.order("phone-pay", 8850, "小林", description="蓝莓 <b>四盒</b>")
    shown = page.get("/phone", params={"user": "小林"})
    assert (
        "立即支付" in shown.text and "88.50" in shown.text and "&lt;b&gt;" in shown.text and "<b>四" not in shown.text
    )
    form = {"user": "小林", "out_trade_no": "phone-pay", "word": word(page)}
    paid = page.post("/phone/pay", data=form)
    assert paid.status_code == 200 and "支付成功" in paid.text and "已送达" in paid.text
    assert merchant.open(shop.taken[0].headers, shop.taken[0].body)["out_trade_no"] == "phone-pay"
    again = page.post("/phone/pay", data=form)
    assert again.status_code == 409 and "该订单已支付" in again.text
    assert len(shop.taken) == 1


def test_a_person_refuses_and_pays_later(page: httpx.Client, merchant: Merchant) -> None:
    merchant.order("phone-refuse", 100, "小周")
    form = {"user": "小周", "out_trade_no": "phone-refuse", "word": word(page)}
    assert "还可支付" in page.post("/phone/refuse", data=form).text
    assert merchant.query("phone-refuse")[1]["trade_state"] == "NOTPAY"
    assert "支付成功" in page.post("/phone/pay", data=form).text


def test_nobody_pays_for_somebody_else(wx: Wxsim, page: httpx.Client, merchant: Merchant) -> None:
    merchant.order("phone-other", 100, "小林")
    wx.login_code("小周")
    form = {"user": "小周", "out_trade_no": "phone-other", "word": word(page)}
    assert page.post("/phone/pay", data=form).status_code == 409
    assert page.post("/phone/refuse", data=form).status_code == 409
    assert page.post("/phone/pay", data={**form, "out_trade_no": "phone-none"}).status_code == 409
    assert page.post("/phone/pay", data={**form, "user": "没有"}).status_code == 409
    assert merchant.query("phone-other")[1]["trade_state"] == "NOTPAY"


def test_a_login_code_to_paste(wx: Wxsim, page: httpx.Client) -> None:
    made = page.post("/phone/users", data={"name": " 新 人 ", "word": word(page)})
    assert made.status_code == 200 and "新 人" in made.text
    shown = page.post("/phone/login-code", data={"user": "新 人", "word": word(page)}).text
    code = re.search(r'<code id="code">([0-9A-Za-z]{32})</code>', shown)[1]
    query = {"appid": wx.appid, "secret": wx.app_secret, "js_code": code, "grant_type": "authorization_code"}
    assert page.get("/sns/jscode2session", params=query).json()["openid"] == wx.openid("新 人")
    assert page.post("/phone/users", data={"name": "  ", "word": word(page)}).status_code == 409


def test_the_stamp_changes_with_the_books_and_nothing_comes_from_elsewhere(
    page: httpx.Client, merchant: Merchant
) -> None:
    merchant.order("phone-stamp-0", 100, "小吴")
    first = page.get("/phone/stamp", params={"user": "小吴"}).text
    assert first == page.get("/phone/stamp", params={"user": "小吴"}).text
    merchant.order("phone-stamp", 100, "小吴")
    shown = page.get("/phone", params={"user": "小吴"})
    assert f'data-stamp="{page.get("/phone/stamp", params={"user": "小吴"}).text}"' in shown.text
    assert page.get("/phone/stamp", params={"user": "小吴"}).text != first
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', shown.text)
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    for name in ("phone.css", "phone.js"):
        asset = page.get(f"/phone/static/{name}")
        assert asset.status_code == 200 and not re.search(r"https?://", asset.text)


def test_the_inbox(page: httpx.Client, mini: MiniProgram) -> None:
    mini.wx.login_code("小收")
    form = {"user": "小收", "template_id": TEMPLATE, "answer": "accept", "word": word(page)}
    assert page.post("/phone/subscribe", data={**form, "word": ""}).status_code == 403
    assert "还可接收 1 条" in page.post("/phone/subscribe", data=form).text
    assert page.post("/phone/subscribe", data={**form, "template_id": "none"}).status_code == 409
    assert page.post("/phone/subscribe", data={**form, "user": "没有"}).status_code == 409
    before = page.get("/phone/stamp", params={"user": "小收"}).text
    assert mini.send("小收", {"thing2": "<b>苹果</b>"})["errcode"] == 0
    assert page.get("/phone/stamp", params={"user": "小收"}).text != before
    shown = page.get("/phone", params={"user": "小收"}).text
    assert "订单发货通知" in shown and "&lt;b&gt;苹果" in shown and "<b>苹果" not in shown
    assert "pages/order/index?id=ord_1" in shown and "还可接收 0 条" in shown
    assert "订单发货通知" not in page.get("/phone", params={"user": "小林"}).text.split("订阅消息")[0]
