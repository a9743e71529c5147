"""Attacks: each is wrong in exactly the way that it says, and in no other."""

import json
import time

import pytest
from cryptography.exceptions import InvalidTag

from tests.wxsim.merchant import Merchant, verifies
from tests.wxsim.shop import Shop
from tests.wxsim_server import ControlRefused, Wxsim


@pytest.fixture
def paid(wx: Wxsim, merchant: Merchant, shop: Shop, request: pytest.FixtureRequest) -> str:
    number = f"attack-{abs(hash(request.node.name)) % 10**12}"
    merchant.paid(number, 500)
    shop.taken.clear()
    return number


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("other-mchid", {"mchid": "1900009999"}),
        ("other-appid", {"appid": "wx0000000000000000"}),
        ("amount", {"amount": {"total": 499, "payer_total": 499, "currency": "CNY", "payer_currency": "CNY"}}),
        ("amount-plus-1", {"amount": {"total": 501, "payer_total": 501, "currency": "CNY", "payer_currency": "CNY"}}),
        ("amount-minus-1", {"amount": {"total": 499, "payer_total": 499, "currency": "CNY", "payer_currency": "CNY"}}),
        ("currency-usd", {"amount": {"total": 500, "payer_total": 500, "currency": "USD", "payer_currency": "CNY"}}),
        ("other-payer", {"payer": {"openid": "oSomebodyElse000000000000000"}}),
        ("trade-state", {"trade_state": "NEW_STATE"}),
    ],
)
def test_rightly_signed_and_wrong_in_one_thing(
    wx: Wxsim, shop: Shop, merchant: Merchant, paid: str, kind: str, changed: dict[str, object]
) -> None:
    answer = wx.attack(kind, paid)
    assert answer["status"] == 200
    [taken] = shop.taken
    told = merchant.open(taken.headers, taken.body)
    right = merchant.query(paid)[1]
    assert {key: value for key, value in told.items() if value != right[key]} == changed


def test_contents_that_cannot_be_named_before(wx: Wxsim, shop: Shop, merchant: Merchant, paid: str) -> None:
    wx.attack("unknown-out-trade-no", paid)
    wx.attack("other-transaction-id", paid)
    wx.attack("missing-amount", paid)
    wx.attack("event-type", paid)
    told = [merchant.open(taken.headers, taken.body) for taken in shop.taken]
    assert told[0]["out_trade_no"] != paid and told[1]["out_trade_no"] == paid
    assert told[1]["transaction_id"] != merchant.query(paid)[1]["transaction_id"] and "amount" not in told[2]
    assert json.loads(shop.taken[3].body)["event_type"] == "TRANSACTION.OF_NEXT_YEAR"


@pytest.mark.parametrize(
    "kind",
    [
        "forged-signature",
        "wrong-serial",
        "merchant-certificate",
        "altered-body",
        "altered-nonce",
        "re-serialised",
        "reordered",
        "signtest",
    ],
)
def test_signatures_that_do_not_hold(wx: Wxsim, shop: Shop, merchant: Merchant, paid: str, kind: str) -> None:
    wx.attack(kind, paid)
    [taken] = shop.taken
    assert not verifies(wx.platform_public_key, taken.headers, taken.body)
    serial = taken.headers["Wechatpay-Serial"]
    known = kind not in ("wrong-serial", "merchant-certificate")
    assert (serial == wx.platform_public_key_id) is known
    assert (serial == wx.merchant_serial) is (kind == "merchant-certificate")
    assert abs(int(taken.headers["Wechatpay-Timestamp"]) - time.time()) < 5
    if kind in ("re-serialised", "reordered"):
        json.loads(taken.body)
        merchant.unseal(json.loads(taken.body)["resource"])


def test_the_same_json_in_other_bytes(wx: Wxsim, shop: Shop, merchant: Merchant, paid: str) -> None:
    wx.attack("duplicate", paid, count=1)
    wx.attack("re-serialised", paid)
    wx.attack("reordered", paid)
    right, spaced, reordered = (taken.body for taken in shop.taken)
    assert json.loads(right) == json.loads(spaced) == json.loads(reordered)
    assert len({right, spaced, reordered}) == 3


@pytest.mark.parametrize(("kind", "seconds"), [("stale-timestamp", -600), ("future-timestamp", 600)])
def test_out_of_time_but_rightly_signed(wx: Wxsim, shop: Shop, paid: str, kind: str, seconds: int) -> None:
    wx.attack(kind, paid)
    [taken] = shop.taken
    assert verifies(wx.platform_public_key, taken.headers, taken.body)
    assert abs(int(taken.headers["Wechatpay-Timestamp"]) - time.time() - seconds) < 5
    wx.attack(kind, paid, seconds=301)
    assert 299 < abs(int(shop.taken[1].headers["Wechatpay-Timestamp"]) - time.time()) < 305


@pytest.mark.parametrize("kind", ["bad-ciphertext", "wrong-api-key"])
def test_rightly_signed_but_not_to_be_opened(wx: Wxsim, shop: Shop, merchant: Merchant, paid: str, kind: str) -> None:
    wx.attack(kind, paid)
    [taken] = shop.taken
    assert verifies(wx.platform_public_key, taken.headers, taken.body)
    with pytest.raises(InvalidTag):
        merchant.open(taken.headers, taken.body)


def test_not_json_empty_unsigned(wx: Wxsim, shop: Shop, paid: str) -> None:
    wx.attack("not-json", paid)
    wx.attack("empty", paid)
    wx.attack("unsigned", paid)
    for taken in shop.taken[:2]:
        assert verifies(wx.platform_public_key, taken.headers, taken.body)
    assert shop.taken[1].body == b""
    assert not [name for name in shop.taken[2].headers if name.lower().startswith("wechatpay-")]


def test_a_recorded_notification_comes_again_a_day_later(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    merchant.paid("attack-replay")
    merchant.move(86400)
    shop.answer = lambda taken: 401
    answer = wx.attack("replay", "attack-replay")
    first, again = shop.taken
    assert answer["status"] == 401 and "FAIL" in answer["body"]
    assert again.body == first.body
    names = [name for name in first.headers if name.startswith("Wechatpay-")]
    assert len(names) == 5 and all(first.headers[name] == again.headers[name] for name in names)


@pytest.mark.parametrize("parallel", [True, False])
def test_fifty_at_once(wx: Wxsim, shop: Shop, merchant: Merchant, paid: str, parallel: bool) -> None:
    answer = wx.attack("duplicate", paid, count=50, parallel=parallel)
    assert [one["status"] for one in answer["answers"]] == [200] * 50 == [answer["status"]] * 50
    assert len(shop.taken) == 50 and len({taken.headers["Wechatpay-Nonce"] for taken in shop.taken}) == 50
    assert merchant.open(shop.taken[0].headers, shop.taken[0].body)["out_trade_no"] == paid


def test_an_unpaid_trade_is_told_as_paid(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    merchant.order("attack-unpaid", 500)
    wx.attack("amount-minus-1", "attack-unpaid", forged=True)
    [taken] = shop.taken
    assert not verifies(wx.platform_public_key, taken.headers, taken.body)
    told = json.loads(merchant.unseal(json.loads(taken.body)["resource"]))
    assert (told["trade_state"], told["amount"]["total"]) == ("SUCCESS", 499)
    assert merchant.query("attack-unpaid")[1]["trade_state"] == "NOTPAY"


def test_refunds_are_attacked_too(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    merchant.paid("attack-refund", 500)
    merchant.refund("attack-refund", "attack-refund-r", 200, 500, notify_url=shop.url)
    shop.wait_for(2)
    wx.attack("amount-plus-1", "attack-refund", out_refund_no="attack-refund-r")
    told = merchant.open(shop.taken[2].headers, shop.taken[2].body)
    assert told["amount"] == {"total": 500, "refund": 201, "payer_total": 500, "payer_refund": 201}


def test_what_cannot_be_attacked(wx: Wxsim, merchant: Merchant) -> None:
    merchant.order("attack-nothing")
    for kind, number, code in (
        ("other-mchid", "attack-unknown", "CANNOT_ATTACK"),
        ("replay", "attack-nothing", "CANNOT_ATTACK"),
        ("no-such-kind", "attack-nothing", "UNKNOWN_ATTACK"),
    ):
        with pytest.raises(ControlRefused) as refused:
            wx.attack(kind, number)
        assert refused.value.code == code
