"""WeChat is told what left: once, whatever happens in between; what it will not hear is listed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from backend.gateways.outcomes import WeChatUnknown
from backend.gateways.wechat_shipping import Shipped, Shipping, ShippingRefused
from backend.infra.outbox import Lease
from backend.kernel.actors import EVERYTHING, staff
from backend.kernel.errors import Refused
from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.hand_over import hand_over
from backend.usecases.plan_shipping_upload import plan_shipping_upload
from backend.usecases.retry_shipping_upload import retry_shipping_upload
from backend.usecases.send_refund import send_refund
from backend.usecases.sweep_shipping_uploads import sweep_shipping_uploads
from backend.usecases.upload_shipping import StillCalling, upload_shipping
from tests.fakes import LOST
from tests.given_orders import STAFF, Shop
from tests.given_pickups import given_clerk, given_pickup, given_point


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Shipping]:
    """Everything that WeChat was told and took."""
    heard: list[Shipping] = []
    upload = shop.world.mini.upload_shipping

    def listen(shipping: Shipping) -> None:
        upload(shipping)
        heard.append(shipping)

    monkeypatch.setattr(shop.world.mini, "upload_shipping", listen)
    return heard


@pytest.fixture
def order(shop: Shop) -> str:
    """A paid order of 2 apples and 1 pear."""
    apples, pears = shop.goods("A1", 5000, 10, title="红富士苹果"), shop.goods("B1", 900, 10, title="梨")
    return shop.paid(shop.shopper(), (apples, 2), (pears, 1))[0]


def upload(shop: Shop, order: str, **more: Any) -> None:
    upload_shipping(shop.ctx(**more), order_id=order)


def row(shop: Shop) -> dict[str, Any]:
    return shop.one("select state, attempts, completions, unsure, problem from shipping_uploads")


DONE = {"state": "sent", "attempts": 1, "completions": 1, "unsure": False, "problem": None}


def test_one_parcel_is_told_whole(shop: Shop, order: str, told: list[Shipping]) -> None:
    shop.ship(order, number="SF0000123", courier="SF")
    upload(shop, order)
    upload(shop, order)
    [shipping] = told
    payment = shop.one("select transaction_id from payments")
    assert (shipping.transaction_id, shipping.openid) == (payment["transaction_id"], "openid-li")
    body = shipping.as_json()
    assert body["upload_time"].startswith("2026-03-02T12:00:0") and body["upload_time"].endswith("+08:00")
    assert body | {"upload_time": ""} == {
        "order_key": {"order_number_type": 2, "transaction_id": payment["transaction_id"]}, "logistics_type": 1,
        "delivery_mode": 1, "upload_time": "", "payer": {"openid": "openid-li"}, "shipping_list": [
            {"tracking_no": "SF0000123", "express_company": "SF", "item_desc": "红富士苹果×2、梨×1",
             "contact": {"receiver_contact": "138****8000"}}]}
    assert row(shop) == DONE


def test_split_parcels_are_told_as_they_leave(shop: Shop, order: str, told: list[Shipping]) -> None:
    first, _ = shop.lines(order)
    shop.ship(order, [(first, 1)], number="ZT0000001", courier="ZTO")
    upload(shop, order)
    assert row(shop) == DONE | {"completions": 0}
    shop.ship(order, number="ZT0000002", courier="ZTO")
    upload(shop, order)
    assert [(each.split, each.complete, [one.number for one in each.parcels]) for each in told] == [
        (True, False, ["ZT0000001"]), (True, True, ["ZT0000001", "ZT0000002"])]
    assert [one.description for one in told[1].parcels] == ["红富士苹果×1", "红富士苹果×1、梨×1"]
    assert [one.contact for one in told[1].parcels] == [None, None]
    assert told[0].at < told[1].at
    assert row(shop) == DONE


def test_refunding_the_rest_tells_that_this_was_all(shop: Shop, order: str, told: list[Shipping]) -> None:
    first, second = shop.lines(order)
    shop.ship(order, [(first, 2)])
    upload(shop, order)
    shop.refund(order, [(second, 1)])
    upload(shop, order)
    assert [(each.split, each.complete) for each in told] == [(True, False), (True, True)]
    assert row(shop) == DONE


def test_a_lost_answer_is_asked_about_and_not_told_twice(shop: Shop, order: str) -> None:
    mini = shop.world.mini
    shop.ship(order)
    mini.after["upload_shipping"] = [LOST]
    with pytest.raises(WeChatUnknown):
        upload(shop, order)
    assert row(shop) == DONE | {"state": "due", "completions": 0, "unsure": True}
    upload(shop, order)
    assert row(shop) == DONE | {"attempts": 2}
    assert [name for name, _ in mini.calls] == ["upload_shipping", "shipping_of"]
    [known] = mini.shipped.values()
    assert known.completions == 1


def test_a_call_that_never_arrived_is_made_again(shop: Shop, order: str, told: list[Shipping]) -> None:
    shop.ship(order)
    shop.world.mini.fail["upload_shipping"] = [LOST]
    with pytest.raises(WeChatUnknown):
        upload(shop, order)
    upload(shop, order)
    assert len(told) == 1 and row(shop) == DONE | {"attempts": 2}


def test_two_workers_do_not_tell_it_at_once(shop: Shop, order: str) -> None:
    shop.ship(order)
    shop.world.mini.fail["upload_shipping"] = [LOST]
    with pytest.raises(WeChatUnknown):
        upload(shop, order, delivery=Lease("evt_1", "upload_shipping", 1))
    with pytest.raises(StillCalling):
        upload(shop, order, delivery=Lease("evt_2", "upload_shipping", 1))


def test_put_off_is_told_later(shop: Shop, order: str, told: list[Shipping], later: Callable[..., datetime]) -> None:
    shop.ship(order)
    shop.world.mini.fail["upload_shipping"] = [ShippingRefused("10060001", "支付单不存在"), ShippingRefused("45011", "slower")]
    upload(shop, order)
    assert row(shop) == DONE | {"state": "due", "completions": 0, "problem": "10060001 支付单不存在"}
    due = shop.rows("select due_at from outbox_events where name = 'ShippingUploadDue' order by due_at")
    assert len(due) == 2
    upload(shop, order)
    upload(shop, order)
    assert len(told) == 1 and row(shop) == DONE | {"attempts": 3}


def test_a_definite_no_is_listed_and_can_be_tried_again(shop: Shop, order: str, told: list[Shipping],
                                                          snapshot: Callable[[], Any]) -> None:
    shop.ship(order)
    shop.world.mini.fail["upload_shipping"] = [ShippingRefused("10060004", "支付单处于不可发货的状态")]
    upload(shop, order)
    assert row(shop) == DONE | {"state": "failed", "completions": 0, "problem": "10060004 支付单处于不可发货的状态"}
    upload(shop, order)
    assert told == []
    before = snapshot()
    for who, code in ((shop.shopper().actor, "forbidden"), (staff("stf_x", ["orders.view"]), "forbidden"),
                      (staff("stf_y", EVERYTHING, store_ids=["sto_other"]), "not_found")):
        assert code_of(lambda: retry_shipping_upload(shop.ctx(who), order_id=order)) == code  # noqa: B023
    assert snapshot() == before
    retry_shipping_upload(shop.ctx(STAFF), order_id=order)
    assert code_of(lambda: retry_shipping_upload(shop.ctx(STAFF), order_id=order)) == "upload_not_stuck"
    upload(shop, order)
    assert len(told) == 1 and row(shop) == DONE


def test_after_twelve_tries_a_person_looks(shop: Shop, order: str) -> None:
    shop.ship(order)
    for _ in range(12):
        shop.world.mini.fail["upload_shipping"] = [ShippingRefused("45009", "quota")]
        upload(shop, order)
    assert row(shop)["state"] == "failed"


def test_nothing_new_is_as_good_as_told(shop: Shop, order: str) -> None:
    shop.ship(order)
    shop.world.mini.fail["upload_shipping"] = [ShippingRefused("10060023", "发货信息未更新")]
    upload(shop, order)
    assert row(shop) == DONE


def correct(shop: Shop, number: str) -> str:
    [parcel] = shop.rows("select id from parcels")
    return correct_parcel(shop.ctx(STAFF), parcel_id=parcel["id"], courier="YTO", tracking_number=number)


def test_scenario_25_one_correction_and_no_second_one(shop: Shop, order: str, told: list[Shipping]) -> None:
    shop.ship(order)
    upload(shop, order)
    correct(shop, "YT7654321")
    upload(shop, order)
    assert [one.number for one in told[1].parcels] == ["YT7654321"] and row(shop) == DONE | {"completions": 2}
    correct(shop, "YT7654322")
    upload(shop, order)
    assert len(told) == 2
    assert row(shop) == {"state": "gave_up", "attempts": 0, "completions": 2, "unsure": False,
                         "problem": "the one correction has been used"}
    assert shop.one("select tracking_number from parcels")["tracking_number"] == "YT7654322", "the shopper sees what is right"
    assert code_of(lambda: retry_shipping_upload(shop.ctx(STAFF), order_id=order)) == "correction_used"


def test_what_wechat_has_counted_itself_is_given_up(shop: Shop, order: str) -> None:
    shop.ship(order)
    payment = shop.one("select transaction_id from payments")
    shop.world.mini.shipped[payment["transaction_id"]] = Shipped(2, 2, frozenset())
    upload(shop, order)
    assert row(shop)["state"] == "gave_up"


def test_a_correction_while_wechat_is_told_is_told_anew(shop: Shop, order: str, told: list[Shipping],
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    shop.ship(order)
    first = shop.world.mini.upload_shipping

    def meanwhile(shipping: Shipping) -> None:
        first(shipping)
        monkeypatch.setattr(shop.world.mini, "upload_shipping", first)
        correct(shop, "YT7654321")

    monkeypatch.setattr(shop.world.mini, "upload_shipping", meanwhile)
    upload(shop, order)
    assert row(shop)["state"] == "due"
    upload(shop, order)
    assert [one.number for one in told[-1].parcels] == ["YT7654321"] and row(shop) == DONE | {"completions": 2}


def test_of_a_refunded_order_nothing_is_told(shop: Shop, order: str, told: list[Shipping]) -> None:
    shop.ship(order)
    send_refund(shop.ctx(), refund_id=shop.refund(order)["refund_id"])
    upload(shop, order)
    assert told == [] and row(shop)["state"] == "gave_up"


def test_the_sweep_finds_what_was_forgotten(shop: Shop, order: str, later: Callable[..., datetime]) -> None:
    shop.ship(order)
    assert sweep_shipping_uploads(shop.ctx()) == 0
    later(seconds=21)
    assert [sweep_shipping_uploads(shop.ctx()) for _ in range(2)] == [1, 0]
    later(minutes=11)
    assert sweep_shipping_uploads(shop.ctx()) == 1
    upload(shop, order)
    later(minutes=11)
    assert sweep_shipping_uploads(shop.ctx()) == 0


def test_a_hand_over_is_told_without_a_number(shop: Shop, told: list[Shipping]) -> None:
    clerk = given_clerk(shop.ctx)
    point = given_point(shop.ctx, clerk)
    order = given_pickup(shop, shop.shopper(), point, (shop.goods("A1", 5000, 10, title="红富士苹果"), 2))
    hand_over(shop.ctx(clerk), order_id=order)
    for _ in range(2):
        plan_shipping_upload(shop.ctx(), order_id=order)
        upload(shop, order)
    [shipping] = told
    body = shipping.as_json()
    assert (body["logistics_type"], body["delivery_mode"], body["shipping_list"]) == (4, 1, [{"item_desc": "红富士苹果×2"}])
    assert row(shop) == DONE
