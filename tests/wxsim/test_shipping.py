"""Shipping info: what the platform checks, one correction, and when the money is set free."""

import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim.mini_program import MiniProgram
from tests.wxsim.shop import Shop
from tests.wxsim_server import Wxsim

UPLOAD, GET, LIST = "/wxa/sec/order/upload_shipping_info", "/wxa/sec/order/get_order", "/wxa/sec/order/get_order_list"
NUMBERS = itertools.count(1)
CHINA = timezone(timedelta(hours=8))
SF = {"tracking_no": "SF0000000001", "express_company": "SF", "item_desc": "苹果×2", "contact": {"receiver_contact": "138****8000"}}
ZTO = {"tracking_no": "75000000001", "express_company": "ZTO", "item_desc": "梨×1"}


class Payments:
    """Paid trades of one payer, and uploads that get later and later."""

    def __init__(self, merchant: Merchant, mini: MiniProgram, payer: str = "甲") -> None:
        self.merchant, self.mini, self.payer, self.seconds = merchant, mini, payer, 0

    def paid(self) -> str:
        return self.merchant.paid(f"ship{next(NUMBERS):08d}", user=self.payer)["transaction_id"]

    def body(self, transaction_id: str, **instead: Any) -> dict[str, Any]:
        self.seconds += 1
        at = datetime.now(UTC).astimezone(CHINA) + timedelta(seconds=self.seconds)
        return {
            "order_key": {"order_number_type": 2, "transaction_id": transaction_id}, "logistics_type": 1, "delivery_mode": 1,
            "shipping_list": [SF], "upload_time": at.isoformat(timespec="milliseconds"),
            "payer": {"openid": self.merchant.wx.openid(self.payer)}} | instead

    def upload(self, transaction_id: str, **instead: Any) -> int:
        return self.mini.post(UPLOAD, self.body(transaction_id, **instead)).json()["errcode"]

    def order(self, transaction_id: str) -> dict[str, Any]:
        return self.mini.post(GET, {"transaction_id": transaction_id}).json()["order"]

    def split(self, transaction_id: str, complete: bool, *parcels: Any) -> int:
        return self.upload(transaction_id, delivery_mode=2, is_all_delivered=complete, shipping_list=list(parcels))


@pytest.fixture
def payments(merchant: Merchant, mini: MiniProgram) -> Payments:
    return Payments(merchant, mini)


def test_one_parcel(payments: Payments) -> None:
    paid = payments.paid()
    before = payments.order(paid)
    assert (before["order_state"], before["is_frozen"], before["shipping"]["finish_shipping_count"]) == (1, True, 0)
    assert payments.upload(paid) == 0
    after = payments.order(paid)
    assert (after["order_state"], after["is_frozen"]) == (2, True)
    shipping = after["shipping"]
    assert (shipping["finish_shipping"], shipping["finish_shipping_count"], shipping["delivery_mode"]) == (True, 1, 1)
    [parcel] = shipping["shipping_list"]
    assert (parcel["tracking_no"], parcel["express_company"], parcel["goods_desc"]) == ("SF0000000001", "SF", "苹果×2")


def test_split_parcels_until_all_have_left(payments: Payments) -> None:
    paid = payments.paid()
    assert payments.split(paid, False, SF) == 0
    assert payments.order(paid)["order_state"] == 1
    assert payments.split(paid, True, SF, ZTO) == 0
    order = payments.order(paid)
    assert order["order_state"] == 2 and len(order["shipping"]["shipping_list"]) == 2


def test_scenario_25_one_correction_and_no_more(payments: Payments) -> None:
    paid = payments.paid()
    assert payments.upload(paid) == 0
    assert payments.upload(paid) == 10060023
    assert payments.split(paid, False, ZTO) == 10060002
    assert payments.upload(paid, shipping_list=[ZTO]) == 0
    assert [one["tracking_no"] for one in payments.order(paid)["shipping"]["shipping_list"]] == ["75000000001"]
    assert payments.order(paid)["shipping"]["finish_shipping_count"] == 2
    assert payments.upload(paid, shipping_list=[SF]) == 10060003


def test_pick_up_has_no_number(payments: Payments) -> None:
    paid = payments.paid()
    assert payments.upload(paid, logistics_type=4, shipping_list=[{"item_desc": "苹果"}], delivery_mode=2,
                           is_all_delivered=True) == 10060006
    assert payments.upload(paid, logistics_type=4, shipping_list=[{"item_desc": "苹果"}]) == 0
    assert payments.order(paid)["order_state"] == 2


@pytest.mark.parametrize(("instead", "errcode"), [
    ({"shipping_list": SF}, 47001), ({"shipping_list": []}, 47001), ({"upload_time": "2026-03-02 12:00:00"}, 47001),
    ({"upload_time": "2026-03-02T12:00:00+08:00"}, 47001), ({"upload_time": 1772424000}, 47001), ({"payer": {}}, 47001),
    ({"order_key": []}, 47001), ({"order_key": {"order_number_type": 2}}, 47001),
    ({"order_key": {"order_number_type": 3}}, 10060014), ({"logistics_type": 5}, 10060005), ({"delivery_mode": 3}, 268485226),
    ({"delivery_mode": 2}, 10060007), ({"shipping_list": [SF, ZTO]}, 10060024),
    ({"delivery_mode": 2, "is_all_delivered": True,
      "shipping_list": [ZTO | {"tracking_no": f"7500{number}"} for number in range(16)]}, 10060024),
    ({"shipping_list": [SF | {"item_desc": ""}]}, 10060008), ({"shipping_list": [SF | {"item_desc": "长" * 121}]}, 10060009),
    ({"shipping_list": [SF | {"tracking_no": ""}]}, 10060026), ({"shipping_list": [SF | {"express_company": "顺丰"}]}, 10060025),
    ({"shipping_list": [{key: value for key, value in SF.items() if key != "contact"}]}, 268485228),
    ({"shipping_list": [SF | {"contact": {"receiver_contact": "13800138000"}}]}, 268485228),
    ({"order_key": {"order_number_type": 2, "transaction_id": "4200000000"}}, 10060001),
    ({"payer": {"openid": "somebody-else"}}, 10060031),
])
def test_what_is_wrong_changes_nothing(payments: Payments, instead: dict[str, Any], errcode: int) -> None:
    paid = payments.paid()
    assert payments.upload(paid, **instead) == errcode
    assert payments.order(paid)["shipping"]["finish_shipping_count"] == 0
    assert payments.upload(paid) == 0


def test_each_upload_is_later_than_the_one_before(payments: Payments) -> None:
    paid = payments.paid()
    late = payments.body(paid)["upload_time"]
    assert payments.split(paid, False, SF) == 0
    assert payments.upload(paid, delivery_mode=2, is_all_delivered=True, shipping_list=[SF, ZTO], upload_time=late) == 268485216


def test_refunded_money_needs_no_goods(payments: Payments) -> None:
    number = f"ship{next(NUMBERS):08d}"
    paid = payments.merchant.paid(number)["transaction_id"]
    assert payments.merchant.refund(number, f"r{number}"[:32], 100)[0] == 200
    payments.merchant.wx.control("POST", "/deliver")
    assert payments.order(paid)["order_state"] == 5
    assert payments.upload(paid) == 10060004


@pytest.mark.parametrize(("fault", "options", "errcode"), [
    ("shipping-refused", {"errcode": 10060003, "errmsg": "支付单已使用重新发货机会"}, 10060003), ("shipping-refused", {}, 10060004),
    ("busy", {"call": "shipping-upload"}, -1), ("frequency", {"call": "shipping-upload"}, 45011),
])
def test_faults(payments: Payments, fault: str, options: dict[str, Any], errcode: int) -> None:
    paid = payments.paid()
    payments.merchant.wx.fault(fault, **options)
    assert payments.upload(paid) == errcode
    assert payments.upload(paid) == 0


def test_a_lost_answer_has_its_effect(payments: Payments) -> None:
    paid = payments.paid()
    payments.merchant.wx.fault("answer-lost", call="shipping-upload")
    with pytest.raises(httpx.RemoteProtocolError):
        payments.upload(paid)
    assert payments.order(paid)["order_state"] == 2


def test_lists_reminders_and_the_switch(merchant: Merchant, mini: MiniProgram) -> None:
    payments = Payments(merchant, mini, "a payer whom no test that moved the clock has let pay in the future")
    first, second = payments.paid(), payments.paid()
    assert payments.upload(second) == 0
    openid = merchant.wx.openid(payments.payer)
    page = mini.post(LIST, {"openid": openid, "page_size": 1}).json()
    assert page["has_more"] and page["order_list"][0]["transaction_id"] == second
    following = mini.post(LIST, {"openid": openid, "page_size": 1, "last_index": page["last_index"]}).json()
    assert following["order_list"][0]["transaction_id"] == first and not following["has_more"]
    shipped = mini.post(LIST, {"openid": openid, "order_state": 2}).json()["order_list"]
    assert second in [one["transaction_id"] for one in shipped] and first not in [one["transaction_id"] for one in shipped]
    assert mini.post(LIST, {"page_size": 1000}).json()["errcode"] == 10060014
    remind = {"transaction_id": second, "received_time": 1772424000}
    assert [mini.post("/wxa/sec/order/notify_confirm_receive", remind).json()["errcode"] for _ in range(2)] == [0, 10060014]
    assert mini.post("/wxa/sec/order/notify_confirm_receive", remind | {"transaction_id": first}).json()["errcode"] == 10060004
    assert mini.post("/wxa/sec/order/is_trade_managed", {"appid": mini.wx.appid}).json()["is_trade_managed"] is True
    assert mini.post(UPLOAD, {}, token="nonsense").json()["errcode"] == 40001


def test_the_money_is_free_a_day_after_receipt(own: Wxsim, shop: Shop, http: httpx.Client) -> None:
    payments = Payments(Merchant(own, shop.url), MiniProgram(own, http))
    tapped, waiting = payments.paid(), payments.paid()
    for each in (tapped, waiting):
        assert payments.upload(each) == 0
    number = payments.order(tapped)["merchant_trade_no"]
    own.control("POST", "/receive", {"out_trade_no": number})
    assert [payments.order(each)["order_state"] for each in (tapped, waiting)] == [3, 2]
    own.move_clock(86400 + 60)
    assert (payments.order(tapped)["order_state"], payments.order(tapped)["is_frozen"]) == (4, False)
    own.move_clock(9 * 86400)
    assert payments.order(waiting)["order_state"] == 3
    own.move_clock(86400)
    assert payments.order(waiting)["is_frozen"] is False
    told = own.control("GET", "/shipping", out_trade_no=number)["shipping"]
    assert [(one["order_state"], one["finished"], len(one["parcels"])) for one in told] == [(4, 1, 1)]
