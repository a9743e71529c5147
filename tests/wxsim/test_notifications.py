"""Notifications: at once, repeated on the platform's schedule, and odd in each way that a fault can make them."""

import base64
import json
import threading

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.x509 import load_pem_x509_certificate

from tests.wxsim.merchant import Merchant, verifies
from tests.wxsim.shop import Shop, Taken
from tests.wxsim_server import Wxsim

SCHEDULE = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600]


def test_the_schedule_on_the_shared_clock(own: Wxsim, shop: Shop) -> None:
    merchant = Merchant(own, shop.url)
    shop.answer = lambda taken: 500
    assert merchant.paid("notify-plan")["delivered"] is False
    for number, seconds in enumerate(SCHEDULE, 1):
        assert len(shop.taken) == number and own.status()["to_deliver"] == 1
        merchant.move(seconds - 2)
        own.deliver()
        assert len(shop.taken) == number, f"repetition {number} came early"
        merchant.move(2.5)
        own.deliver()
        assert len(shop.taken) == number + 1
    assert sum(SCHEDULE) == 24 * 3600 + 4 * 60
    merchant.move(7 * 86400)
    assert own.deliver() == {"delivered": 0, "failed": 0} and own.status()["to_deliver"] == 0
    assert own.trade("notify-plan")["notifications"][0]["state"] == "given_up"
    bodies = {taken.body for taken in shop.taken}
    assert len(shop.taken) == 16 and len(bodies) == 1
    assert len({taken.headers["Wechatpay-Signature"] for taken in shop.taken}) == 16
    assert all(verifies(own.platform_public_key, taken.headers, taken.body) for taken in shop.taken)


@pytest.mark.parametrize("status", [201, 302, 400, 401, 404, 500, 503])
def test_only_200_and_204_are_taken_as_yes(wx: Wxsim, shop: Shop, merchant: Merchant, status: int) -> None:
    number = f"notify-no-{status}"
    shop.answer = lambda taken: status
    assert merchant.paid(number)["delivered"] is False
    shop.answer = lambda taken: 204
    merchant.move(16)
    shop.wait_for(2)
    wx.deliver()
    assert wx.trade(number)["notifications"][0]["state"] == "delivered"
    signed_at = [int(taken.headers["Wechatpay-Timestamp"]) for taken in shop.taken]
    assert signed_at[1] - signed_at[0] >= 15


def test_the_background_sends_too(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    answer = wx.pay("甲", merchant.order("notify-background"), wait=False)
    assert answer["delivered"] is False
    shop.wait_for(1)
    wx.settled()
    assert wx.trade("notify-background")["notifications"][0]["state"] == "delivered"


def test_a_slow_shop_is_given_up_after_five_seconds_and_others_do_not_wait(
    wx: Wxsim, shop: Shop, merchant: Merchant
) -> None:
    slow, answered = "notify-slow", threading.Event()

    def answer(taken: Taken) -> int:
        if merchant.open(taken.headers, taken.body)["out_trade_no"] == slow:
            answered.wait(8)
        return 200

    shop.answer = answer
    wx.pay("甲", merchant.order(slow), wait=False)
    shop.wait_for(1)
    assert merchant.paid("notify-quick")["delivered"] is True
    assert wx.trade(slow)["notifications"][0]["state"] == "sending"
    while wx.trade(slow)["notifications"][0]["state"] == "sending":
        threading.Event().wait(0.1)
    answered.set()
    told = wx.trade(slow)["notifications"][0]
    assert (told["state"], told["attempts"], told["last_status"]) == ("pending", 1, None)
    assert "timed out" in told["last_error"] or "Timeout" in told["last_error"]
    merchant.move(16)
    wx.settled()


def test_nobody_listening(wx: Wxsim, merchant: Merchant) -> None:
    merchant.notify_url = "http://127.0.0.1:9/none"
    assert merchant.paid("notify-nobody")["delivered"] is False
    assert wx.trade("notify-nobody")["notifications"][0]["attempts"] == 1
    assert wx.status()["to_deliver"] == 1
    assert wx.control("DELETE", "/deliveries", out_trade_no="notify-nobody") == {"given_up": 1}
    assert wx.status()["to_deliver"] == 0


def test_lost_for_ever_and_found_by_query(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    wx.fault("callback-lost")
    assert merchant.paid("notify-lost")["delivered"] is False
    assert wx.status()["to_deliver"] == 0 and shop.taken == []
    assert merchant.query("notify-lost")[1]["trade_state"] == "SUCCESS"


@pytest.mark.parametrize("fault", ["callback-lost", "callback-delayed"])
def test_a_day_late(wx: Wxsim, shop: Shop, merchant: Merchant, fault: str) -> None:
    wx.fault(fault, seconds=86400)
    merchant.paid(f"late-{fault}")
    merchant.move(86390)
    wx.deliver()
    assert shop.taken == [] and wx.status()["to_deliver"] == 1
    merchant.move(11)
    [taken] = shop.wait_for(1)
    assert merchant.open(taken.headers, taken.body)["out_trade_no"] == f"late-{fault}"
    wx.settled()


@pytest.mark.parametrize("parallel", [True, False])
def test_fifteen_times(wx: Wxsim, shop: Shop, merchant: Merchant, parallel: bool) -> None:
    wx.fault("callback-duplicated", count=15, parallel=parallel)
    assert merchant.paid(f"notify-15-{parallel}")["delivered"] is True
    assert len(shop.taken) == 15 and len({taken.body for taken in shop.taken}) == 1
    assert len({taken.headers["Wechatpay-Nonce"] for taken in shop.taken}) == 15
    for taken in shop.taken:
        merchant.open(taken.headers, taken.body)


def test_before_the_answer_of_the_order(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    order_answered = threading.Event()
    early: list[bool] = []
    shop.answer = lambda taken: early.append(not order_answered.is_set()) or 200
    wx.fault("callback-before-answer", out_trade_no="notify-early")
    merchant.order("notify-early")
    order_answered.set()
    assert early == [True] and merchant.query("notify-early")[1]["trade_state"] == "SUCCESS"


def test_the_refund_is_told_before_the_payment(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    wx.fault("callback-out-of-order", event_type="TRANSACTION.SUCCESS", seconds=600)
    merchant.paid("notify-order")
    assert shop.taken == [] and wx.status()["to_deliver"] == 1
    merchant.refund("notify-order", "notify-order-r", 100, notify_url=shop.url)
    events = [json.loads(taken.body)["event_type"] for taken in shop.wait_for(2)]
    assert events == ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]
    wx.settled()


def test_a_probe_first(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    shop.answer = lambda taken: 401 if "SIGNTEST" in taken.headers["Wechatpay-Signature"] else 200
    wx.fault("callback-signtest")
    assert merchant.paid("notify-probe")["delivered"] is True
    probe, right = shop.taken
    assert probe.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    assert probe.headers["Wechatpay-Serial"] == wx.platform_public_key_id and probe.body == right.body
    merchant.open(right.headers, right.body)


def certificates(merchant: Merchant) -> dict[str, str]:
    """Serial → certificate PEM, opened as a merchant opens them."""
    status, answer = merchant.call("GET", "/v3/certificates")
    assert status == 200
    found = {}
    for one in answer["data"]:
        pem = merchant.unseal(one["encrypt_certificate"]).decode()
        certificate = load_pem_x509_certificate(pem.encode())
        assert f"{certificate.serial_number:040X}" == one["serial_no"]
        found[one["serial_no"]] = pem
    return found


def test_signed_by_the_certificate_while_keys_change(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    pems = certificates(merchant)
    keys = wx.control("GET", "/keys")["public_keys"]
    wx.fault("callback-other-key")
    merchant.paid("notify-otherkey")
    [taken] = shop.taken
    serial = taken.headers["Wechatpay-Serial"]
    assert serial in pems and verifies(keys[serial], taken.headers, taken.body)
    assert not verifies(wx.platform_public_key, taken.headers, taken.body)
    assert keys[wx.platform_public_key_id].strip() == wx.platform_public_key.strip()


def test_answers_follow_the_serial_that_we_send(wx: Wxsim, merchant: Merchant) -> None:
    serial = wx.control("POST", "/certificates", {"valid_from_days": -1})["serial"]
    target = f"/v3/pay/transactions/out-trade-no/notify-none?mchid={wx.mchid}"
    answer = merchant.send("GET", target, Wechatpay_Serial=serial)
    assert answer.headers["Wechatpay-Serial"] == serial
    assert verifies(wx.control("GET", "/keys")["public_keys"][serial], answer.headers, answer.content)
    assert serial in certificates(merchant)


def test_an_expired_certificate_is_not_listed(wx: Wxsim, merchant: Merchant) -> None:
    serial = wx.control("POST", "/certificates", {"valid_from_days": -10, "valid_days": 5})["serial"]
    assert serial not in certificates(merchant)
    wx.control("POST", "/certificates", {"valid_from_days": -1})


def test_rollout_moves_callbacks_by_percent(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    wx.fault("callback-rollout", times=None, percent=50)
    for number in range(24):
        merchant.paid(f"notify-rollout-{number:02d}")
    public = [taken.headers["Wechatpay-Serial"] == wx.platform_public_key_id for taken in shop.taken]
    assert 4 <= sum(public) <= 20 and len(public) == 24


def test_keys_that_nobody_knows(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    wx.fault("callback-unknown-key")
    merchant.paid("notify-stranger")
    assert shop.taken[0].headers["Wechatpay-Serial"] not in wx.control("GET", "/keys")["public_keys"]
    assert not verifies(wx.platform_public_key, shop.taken[0].headers, shop.taken[0].body)
    wx.fault("callback-old-api-key")
    merchant.paid("notify-oldkey")
    with pytest.raises(InvalidTag):
        merchant.open(shop.taken[1].headers, shop.taken[1].body)


def test_unknown_fields_and_a_wrong_clock(wx: Wxsim, shop: Shop, merchant: Merchant) -> None:
    wx.fault("callback-unknown-field")
    merchant.paid("notify-fields")
    told = merchant.open(shop.taken[0].headers, shop.taken[0].body)
    assert "a_field_of_next_year" in told and "another_field_of_next_year" in json.loads(shop.taken[0].body)
    wx.fault("clock-skew", call="callback", seconds=360)
    merchant.paid("notify-skew")
    headers = shop.taken[1].headers
    assert verifies(wx.platform_public_key, headers, shop.taken[1].body)
    first = int(shop.taken[0].headers["Wechatpay-Timestamp"])
    assert 359 <= int(headers["Wechatpay-Timestamp"]) - first <= 364


def test_the_seal_is_fresh_for_each_notification(shop: Shop, merchant: Merchant) -> None:
    merchant.paid("notify-seal-1")
    merchant.paid("notify-seal-2")
    first, second = (json.loads(taken.body) for taken in shop.taken)
    assert first["resource"]["nonce"] != second["resource"]["nonce"] and len(first["resource"]["nonce"]) == 12
    assert first["resource"]["associated_data"] == first["resource"]["original_type"] == "transaction"
    assert first["resource"]["algorithm"] == "AEAD_AES_256_GCM" and first["resource_type"] == "encrypt-resource"
    assert len(base64.b64decode(first["resource"]["ciphertext"])) > 200 and first["id"] != second["id"]
