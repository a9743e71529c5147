"""Log-in, phone number and token against the stand-in process (F36, F38, R24)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.wechat_shipping import Consignment, Shipped, Shipping, ShippingRefused
from backend.kernel.errors import Refused

SECOND = timedelta(seconds=1)
BROKEN = ["answer-lost", "connection-dropped", "answer-500", "answer-502", "answer-503", "answer-html", "answer-empty",
          "answer-truncated", "busy", "daily-quota"]  # fmt: skip


def refused(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def test_log_in_once(seller):
    mini, code = seller.gateways.mini, seller.wx.login_code("buyer")
    session = mini.session(code)
    assert session.openid == seller.wx.openid("buyer") and session.unionid
    assert refused(lambda: mini.session(code)) == "login_code_refused"
    assert mini.session(seller.wx.login_code("buyer")) == session
    assert mini.session(seller.wx.login_code("another")).openid != session.openid


def test_log_in_without_unionid(seller):
    seller.wx.fault("login-without-unionid")
    assert seller.gateways.mini.session(seller.wx.login_code("buyer")).unionid is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [("login-code-used", "login_code_refused"), ("login-code-bad", "login_code_refused"),
     ("login-blocked", "login_blocked"), ("frequency", "wechat_too_many"), *((name, "wechat_busy") for name in BROKEN)],
)  # fmt: skip
def test_log_in_noes(seller, fault, code):
    login = seller.wx.login_code("buyer")
    seller.wx.fault(fault, call="login")
    assert refused(lambda: seller.gateways.mini.session(login)) == code


def test_log_in_with_an_invented_code_or_an_old_one(own, sell):
    seller = sell(own)
    assert refused(lambda: seller.gateways.mini.session("invented")) == "login_code_refused"
    code = own.login_code("buyer")
    own.move_clock(301)
    assert refused(lambda: seller.gateways.mini.session(code)) == "login_code_refused"


def test_wrong_settings_are_a_matter_for_the_merchant(running, sell, seller):
    with pytest.raises(WeChatRefused) as caught:
        sell(running, wechat_app_secret="wrong").gateways.mini.session(seller.wx.login_code("buyer"))
    assert caught.value.code == "40125"


def test_phone_number_once(seller):
    mini, code, openid = seller.gateways.mini, seller.wx.phone_code("buyer", "13800138000"), seller.wx.openid("buyer")
    assert mini.phone(code, openid) == "13800138000"
    assert refused(lambda: mini.phone(code, openid)) == "phone_code_refused"


def test_somebody_else_s_phone_code_is_refused(seller):
    code = seller.wx.phone_code("buyer", "13800138000")
    assert refused(lambda: seller.gateways.mini.phone(code, seller.wx.openid("thief"))) == "phone_code_refused"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("phone-other-appid", "phone_code_refused"), ("frequency", "wechat_too_many"),
     *((name, "wechat_busy") for name in BROKEN)],
)  # fmt: skip
def test_phone_number_noes(seller, fault, code):
    phone = seller.wx.phone_code("buyer", "13800138000")
    seller.wx.fault(fault, call="phone")
    assert refused(lambda: seller.gateways.mini.phone(phone, seller.wx.openid("buyer"))) == code


@pytest.mark.parametrize("fault", ["token-invalidated", "token-expired"])
def test_a_token_that_died_early_is_replaced_without_the_shopper_noticing(seller, fault):
    openid = seller.wx.openid("buyer")
    seller.gateways.mini.phone(seller.wx.phone_code("buyer", "13800138000"), openid)
    seller.wx.fault(fault)
    assert seller.gateways.mini.phone(seller.wx.phone_code("buyer", "13900139000"), openid) == "13900139000"


def test_a_token_is_kept_and_renewed_by_the_shop_s_clock(own, sell):
    seller = sell(own)
    openid = own.openid("buyer")
    for seconds in (0, 60, 7000, 120, 86_400):
        own.move_clock(seconds)
        assert seller.gateways.mini.phone(own.phone_code("buyer", "13800138000"), openid) == "13800138000"
    tokens = [entry for entry in own.log(1000) if "/cgi-bin/stable_token" in str(entry)]
    assert len(tokens) == 3


@pytest.mark.parametrize("fault", ["answer-lost", "answer-500", "busy", "answer-empty"])
def test_no_token_is_busy(own, sell, fault):
    seller = sell(own)
    own.fault(fault, call="token")
    phone, openid = own.phone_code("buyer", "13800138000"), own.openid("buyer")
    assert refused(lambda: seller.gateways.mini.phone(phone, openid)) == "wechat_busy"
    assert seller.gateways.mini.phone(phone, openid) == "13800138000"


def shipping(seller, number: str, **changes) -> Shipping:
    """All of a paid order in one parcel of SF, told at this moment."""
    trade = seller.gateways.pay.query(number)
    parcel = Consignment("SF", "SF0000000001", "苹果×2", "138****8000")
    told = Shipping(trade.transaction_id, seller.wx.openid("buyer"), 1, [parcel], False, True, seller.now)
    return replace(told, **changes)


def test_what_left_is_told_and_known(seller):
    mini, told = seller.gateways.mini, shipping(seller, seller.paid())
    assert not mini.shipping_of(told.transaction_id).covers(told, 0)
    mini.upload_shipping(told)
    known = mini.shipping_of(told.transaction_id)
    assert known == Shipped(2, 1, frozenset({("SF", "SF0000000001")})) and known.covers(told, 0)
    assert not known.covers(told, 1)


def test_parcels_add_up_until_all_have_left(seller):
    mini, told = seller.gateways.mini, shipping(seller, seller.paid())
    first = replace(told, split=True, complete=False)
    mini.upload_shipping(first)
    assert mini.shipping_of(told.transaction_id).covers(first, 0)
    both = replace(told, split=True, parcels=[*told.parcels, Consignment("ZTO", "7500000001", "梨×1")], at=told.at + SECOND)
    mini.upload_shipping(both)
    assert mini.shipping_of(told.transaction_id).covers(both, 0)


def test_scenario_25_noes_are_told_apart(seller):
    mini, told = seller.gateways.mini, shipping(seller, seller.paid())
    mini.upload_shipping(told)
    for parcel, seconds, kind in ((told.parcels[0], 1, "nothing_new"), (Consignment("ZTO", "7500000001", "梨"), 2, ""),
                                  (told.parcels[0], 3, "correction_used")):
        again = replace(told, parcels=[parcel], at=told.at + seconds * SECOND)
        if not kind:
            mini.upload_shipping(again)
            continue
        with pytest.raises(ShippingRefused) as caught:
            mini.upload_shipping(again)
        assert getattr(caught.value, kind) and not caught.value.try_later
    with pytest.raises(ShippingRefused) as caught:
        mini.upload_shipping(replace(told, transaction_id="4200000000"))
    assert caught.value.try_later, "a payment so fresh that nobody knows it"


@pytest.mark.parametrize("fault", ["answer-lost", "connection-dropped", "answer-502", "answer-html", "answer-empty",
                                   "answer-truncated", "busy"])
def test_nobody_knows_whether_it_was_told(seller, fault):
    mini, told = seller.gateways.mini, shipping(seller, seller.paid())
    seller.wx.fault(fault, call="shipping-upload")
    with pytest.raises(WeChatUnknown):
        mini.upload_shipping(told)
    done = mini.shipping_of(told.transaction_id).covers(told, 0)
    assert done == (fault in ("answer-lost", "answer-html", "answer-empty", "answer-truncated"))


def test_too_many_calls_are_for_later_and_an_old_token_is_renewed(seller):
    mini, told = seller.gateways.mini, shipping(seller, seller.paid())
    seller.wx.fault("frequency", call="shipping-upload")
    with pytest.raises(ShippingRefused) as caught:
        mini.upload_shipping(told)
    assert caught.value.try_later
    seller.wx.fault("token-invalidated", call="shipping-upload")
    mini.upload_shipping(told)
    assert mini.shipping_of(told.transaction_id).completions == 1
