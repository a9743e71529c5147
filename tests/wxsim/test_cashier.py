"""The phone checks what it is given before it shows a cashier."""

import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim_server import ControlRefused, Wxsim


def refusal(wx: Wxsim, params: dict[str, str], user: str = "甲") -> str | None:
    with pytest.raises(ControlRefused) as refused:
        wx.pay(user, params)
    return refused.value.code


@pytest.mark.parametrize("name", ["timeStamp", "nonceStr", "package", "paySign"])
def test_each_value_is_signed(wx: Wxsim, merchant: Merchant, name: str) -> None:
    number = f"cashier-{name}"
    params = merchant.order(number)
    at = len(params[name]) // 2
    flipped = params[name][:at] + ("1" if params[name][at] != "1" else "2") + params[name][at + 1 :]
    assert refusal(wx, {**params, name: flipped}) == "SIGN_ERROR"
    assert merchant.query(number)[1]["trade_state"] == "NOTPAY"
    assert wx.pay("甲", params)["trade_state"] == "SUCCESS"


def test_other_shapes(wx: Wxsim, merchant: Merchant) -> None:
    params = merchant.order("cashier-shape")
    prepay_id = params["package"].removeprefix("prepay_id=")
    for wrong, code in (
        (merchant.params(prepay_id, appId="wx0000000000000000"), "APPID_MISMATCH"),
        (merchant.params(prepay_id, signType="MD5"), "PARAM_ERROR"),
        (merchant.params(prepay_id, timeStamp="now"), "PARAM_ERROR"),
        (merchant.params(prepay_id, nonceStr="n" * 33), "PARAM_ERROR"),
        (merchant.params(prepay_id, package=prepay_id), "PARAM_ERROR"),
        (merchant.params("wx-nothing"), "PREPAY_UNKNOWN"),
        ({**params, "total": "1"}, "PARAM_ERROR"),
        ({key: value for key, value in params.items() if key != "signType"}, "PARAM_ERROR"),
        ({**params, "timeStamp": int(params["timeStamp"])}, "PARAM_ERROR"),
        ({}, "PARAM_ERROR"),
    ):
        assert refusal(wx, wrong) == code
    assert wx.pay("甲", params)["trade_state"] == "SUCCESS"


def test_only_the_payer_of_the_order_pays_and_only_once(wx: Wxsim, merchant: Merchant) -> None:
    params = merchant.order("cashier-payer")
    wx.login_code("乙")
    assert refusal(wx, params, "乙") == "PAYER_MISMATCH"
    assert refusal(wx, params, "没有这个人") == "USER_UNKNOWN"
    wx.pay("甲", params)
    assert refusal(wx, params) == "ORDERPAID"
    assert refusal(wx, merchant.params(params["package"].removeprefix("prepay_id="))) == "ORDERPAID"


def test_refusing_leaves_the_trade_open(wx: Wxsim, merchant: Merchant) -> None:
    params = merchant.order("cashier-refuse")
    assert wx.refuse("甲", params) == {"out_trade_no": "cashier-refuse", "trade_state": "NOTPAY"}
    assert merchant.query("cashier-refuse")[1]["trade_state"] == "NOTPAY"
    assert wx.pay("甲", params)["trade_state"] == "SUCCESS"


def test_an_older_prepay_id_of_the_same_trade_pays_too(wx: Wxsim, merchant: Merchant) -> None:
    older, newer = merchant.order("cashier-two"), merchant.order("cashier-two")
    wx.pay("甲", older)
    assert refusal(wx, newer) == "ORDERPAID"
