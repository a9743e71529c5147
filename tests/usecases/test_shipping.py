"""Shipping: what leaves, in which parcels, and what refunds before and after it do to goods and order."""

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask

from backend.checks.check_books import check_books
from backend.gateways.wechat_pay_answers import RefundState
from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, WECHAT, staff
from backend.kernel.errors import Refused
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.send_refund import send_refund
from backend.usecases.ship_order import ship_order
from tests.given_goods import Goods
from tests.given_orders import Shop


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def goods(shop: Shop) -> tuple[Goods, Goods]:
    return shop.goods("A1", 3333, 10), shop.goods("B1", 1000, 10)


@pytest.fixture
def order(shop: Shop, goods: tuple[Goods, Goods]) -> str:
    """A paid order of 3 × 33.33 and 1 × 10.00, freight free."""
    return shop.paid(shop.shopper(), (goods[0], 3), (goods[1], 1))[0]


def broken(shop: Shop) -> list[Any]:
    """Faults of the books, save what is late: nobody works here."""
    return check_books(shop.ctx(), waiting=False)


def send(shop: Shop, refund: dict[str, Any], ends: RefundState = RefundState.SUCCESS) -> None:
    shop.world.pay.settle_refunds = ends is RefundState.SUCCESS
    send_refund(shop.ctx(), refund_id=refund["refund_id"])


def test_all_of_it_in_one_parcel(shop: Shop, order: str, goods: tuple[Goods, Goods], clock: Any) -> None:
    sent = shop.ship(order, number=" sf 123-4567 ", courier="顺丰", note="易碎")
    assert sent["state"] == "shipped"
    assert shop.one("select state, moves, shipped_at is not null as at from orders") == {"state": "shipped", "moves": 3, "at": True}
    assert shop.one("select id, order_id, seq, courier, tracking_number, state, note, shipped_by from parcels") == {
        "id": sent["parcel_id"], "order_id": order, "seq": 1, "courier": "SF", "tracking_number": "SF123-4567",
        "state": "underway", "note": "易碎", "shipped_by": "staff:stf_test"}
    assert [row["quantity"] for row in shop.rows("select quantity from parcel_lines order by quantity")] == [1, 3]
    assert [shop.levels(each) for each in goods] == [(7, 0), (9, 0)]
    assert shop.one("select actor, action, subject from audit_log where subject = :id", id=order) == {
        "actor": "staff:stf_test", "action": "ship_order", "subject": order}
    assert {"ParcelShipped", "OrderShipped", "OrderReceiptDue", "ShippingUploadDue"} <= set(shop.events())
    assert broken(shop) == []


def test_split_over_parcels(shop: Shop, order: str, goods: tuple[Goods, Goods]) -> None:
    first, second = shop.lines(order)
    assert shop.ship(order, [(first, 1)])["state"] == "paid"
    assert shop.levels(goods[0]) == (9, 2)
    assert code_of(lambda: shop.ship(order, [(first, 3)])) == "ship_too_much"
    assert shop.ship(order, [(first, 1), (second, 1)])["state"] == "paid"
    assert shop.ship(order)["state"] == "shipped"
    assert [row["seq"] for row in shop.rows("select seq from parcels order by seq")] == [1, 2, 3]
    assert shop.events().count("OrderShipped") == 1 and shop.events().count("ParcelShipped") == 3
    assert shop.one("select state, wanted from shipping_uploads") == {"state": "due", "wanted": 3}
    assert code_of(lambda: shop.ship(order)) == "not_allowed_now"
    assert broken(shop) == []


def test_nonsense_is_refused_and_changes_nothing(shop: Shop, order: str, snapshot: Callable[[], Any]) -> None:
    first, _ = shop.lines(order)
    shop.ship(order, [(first, 1)], number="SF0000001")
    li = shop.shopper()
    unpaid = shop.place(li, (shop.goods("C1", 9000, 5), 1))
    before = snapshot()
    for number, (of, lines, more, code) in enumerate([
        (order, None, {"courier": "飞鸽"}, "courier_unknown"), (order, None, {"number": "1"}, "tracking_number"),
        (order, None, {"number": "sf 0000001"}, "parcel_known"), (order, [(first, 9)], {}, "ship_too_much"),
        (order, [("oli_none", 1)], {}, "ship_line"), (order, [(first, 0)], {}, "ship_quantity"), (order, [], {}, "nothing_to_ship"),
        (unpaid, None, {}, "not_allowed_now"), ("ord_none", None, {}, "not_found"),
    ]):
        assert code_of(lambda: shop.ship(of, lines, **{"number": f"SF999999{number}"} | more)) == code  # noqa: B023
    for who, code in ((li.actor, "forbidden"), (staff("stf_x", ["orders.view"]), "forbidden"),
                      (staff("stf_y", EVERYTHING, store_ids=["sto_other"]), "not_found")):
        assert code_of(lambda: ship_order(shop.ctx(who), order_id=order, courier="SF", tracking_number="SF7654321")) == code  # noqa: B023
    assert snapshot() == before


def test_the_same_key_is_one_parcel(shop: Shop, order: str) -> None:
    first, _ = shop.lines(order)
    answers = [shop.ship(order, [(first, 1)], number="SF1234567", key=ClientKey("key-12345", "f")) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(shop.rows("select id from parcels")) == 1


def test_fifteen_parcels_are_the_most(shop: Shop) -> None:
    order, _ = shop.paid(shop.shopper(), (shop.goods("A1", 1000, 20), 17))
    [line] = shop.lines(order)
    for _ in range(15):
        shop.ship(order, [(line, 1)])
    assert code_of(lambda: shop.ship(order)) == "too_many_parcels"
    assert shop.state(order) == "paid"


def test_what_is_being_refunded_does_not_leave(shop: Shop, order: str, goods: tuple[Goods, Goods]) -> None:
    first, second = shop.lines(order)
    shop.refund(order, [(first, 2)])
    assert code_of(lambda: shop.ship(order, [(first, 2)])) == "ship_too_much"
    assert shop.ship(order)["state"] == "shipped"
    assert shop.rows("select quantity from parcel_lines order by quantity") == [{"quantity": 1}, {"quantity": 1}]
    assert [shop.levels(each) for each in goods] == [(9, 0), (9, 0)]
    assert second
    assert broken(shop) == []


def test_refunding_the_rest_moves_a_partly_shipped_order_on(shop: Shop, order: str) -> None:
    first, second = shop.lines(order)
    shop.ship(order, [(first, 3)])
    assert shop.state(order) == "paid"
    refund = shop.refund(order, [(second, 1)])
    assert shop.state(order) == "shipped"
    assert shop.events().count("OrderReceiptDue") == 1
    assert shop.one("select state, wanted from shipping_uploads") == {"state": "due", "wanted": 2}
    send(shop, refund)
    assert shop.state(order) == "shipped"
    assert broken(shop) == []


def test_i17_goods_all_refunded_and_the_freight_kept_is_completed(shop: Shop) -> None:
    order, _ = shop.paid(shop.shopper(), (shop.goods("A1", 2000, 5), 2))
    [line] = shop.lines(order)
    first = shop.refund(order, [(line, 2)])
    assert shop.state(order) == "paid", "the money has not arrived"
    assert code_of(lambda: shop.ship(order)) == "nothing_to_ship"
    send(shop, first)
    assert shop.one("select state, refunded_fen, completed_at is not null as at from orders") == {
        "state": "completed", "refunded_fen": 4000, "at": True}
    send(shop, shop.refund(order))
    assert shop.one("select state, refunded_fen from orders") == {"state": "refunded", "refunded_fen": 4800}
    assert broken(shop) == []


def test_goods_of_a_refund_that_failed_are_refunded_anew_and_freed_once(shop: Shop) -> None:
    apples = shop.goods("A1", 9000, 5)
    order, _ = shop.paid(shop.shopper(), (apples, 2))
    refund = shop.refund(order)
    send(shop, refund, RefundState.PROCESSING)
    failed = replace(shop.world.pay.refunds[refund["refund_id"]], state=RefundState.CLOSED)
    assert confirm_refund(shop.ctx(WECHAT), result=failed) == "closed"
    assert shop.state(order) == "paid" and code_of(lambda: shop.ship(order)) == "nothing_to_ship"
    send(shop, shop.refund(order))
    assert shop.state(order) == "refunded" and shop.levels(apples) == (5, 0)
    assert broken(shop) == []


def test_goods_of_a_return_that_failed_are_taken_back_once(shop: Shop) -> None:
    apples = shop.goods("A1", 9000, 5)
    order, _ = shop.paid(shop.shopper(), (apples, 2))
    shop.ship(order)
    refund = shop.refund(order, restock=True)
    send(shop, refund, RefundState.PROCESSING)
    failed = replace(shop.world.pay.refunds[refund["refund_id"]], state=RefundState.CLOSED)
    confirm_refund(shop.ctx(WECHAT), result=failed)
    assert shop.levels(apples) == (5, 0)
    send(shop, shop.refund(order, restock=True))
    assert shop.state(order) == "refunded" and shop.levels(apples) == (5, 0)
    assert len(shop.rows("select id from stock_moves where kind = 'restock'")) == 1
    assert broken(shop) == []


def test_i32_goods_that_had_left_are_back_only_when_they_are(shop: Shop, order: str, goods: tuple[Goods, Goods]) -> None:
    first, _ = shop.lines(order)
    shop.ship(order)
    shop.refund(order, [(first, 1)])
    assert shop.levels(goods[0]) == (7, 0)
    back = shop.refund(order, [(first, 1)], restock=True)
    assert shop.levels(goods[0]) == (8, 0)
    assert shop.one("select cause, on_hand_change, reserved_change from stock_moves where kind = 'restock'") == {
        "cause": f"{back['refund_id']}/{first}", "on_hand_change": 1, "reserved_change": 0}
    assert shop.one("select refund_qty, refund_shipped_qty, restocked_qty, released_qty from order_lines where id = :id",
                    id=first) == {
        "refund_qty": 2, "refund_shipped_qty": 2, "restocked_qty": 1, "released_qty": 0}
    assert broken(shop) == []


def test_a_refund_can_say_which_units_it_means(shop: Shop, order: str, goods: tuple[Goods, Goods]) -> None:
    first, _ = shop.lines(order)
    shop.ship(order, [(first, 1)])
    assert code_of(lambda: shop.refund(order, [(first, 2)], shipped=True)) == "refund_too_much"
    shop.refund(order, [(first, 1)], shipped=True, restock=True)
    assert shop.levels(goods[0]) == (10, 2), "the two others are still held for it"
    assert code_of(lambda: shop.refund(order, [(first, 3)], shipped=False)) == "refund_too_much"
    shop.ship(order)
    assert shop.levels(goods[0]) == (8, 0)
    assert broken(shop) == []


def test_all_of_a_half_shipped_order(shop: Shop, order: str, goods: tuple[Goods, Goods]) -> None:
    first, _ = shop.lines(order)
    shop.ship(order, [(first, 2)])
    send(shop, shop.refund(order, restock=True))
    assert shop.state(order) == "refunded"
    assert [shop.levels(each) for each in goods] == [(10, 0), (10, 0)]
    assert broken(shop) == []


def ship_and_refund_at_once(app: Flask, shop: Shop, order: str) -> list[str]:
    """Ship all and refund all of a paid order at the same moment; the codes of what was refused."""
    barrier, codes = Barrier(2), list[str]()

    def act(call: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                call()
            except Refused as no:
                codes.append(no.code)

    calls = (lambda: shop.ship(order, number="SF7777777"), lambda: shop.refund(order))
    threads = [Thread(target=act, args=(call,)) for call in calls]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return codes


def test_shipping_and_refunding_at_once_never_do_both_to_a_held_unit(app: Flask, shop: Shop) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 100)
    for _ in range(5):
        order, _ = shop.paid(li, (apples, 2))
        codes = ship_and_refund_at_once(app, shop, order)
        line = shop.one("select shipped_qty, released_qty, refund_qty, refund_shipped_qty from order_lines where order_id = :id",
                        id=order)
        if codes:
            assert codes == ["nothing_to_ship"]
            assert line == {"shipped_qty": 0, "released_qty": 2, "refund_qty": 2, "refund_shipped_qty": 0}
        else:
            assert line == {"shipped_qty": 2, "released_qty": 0, "refund_qty": 2, "refund_shipped_qty": 2}
        assert broken(shop) == []


def test_two_clerks_ship_the_same_goods_once(app: Flask, shop: Shop) -> None:
    order, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 10), 3))
    barrier, sent, codes = Barrier(4), list[str](), list[str]()

    def ship(number: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                sent.append(shop.ship(order, number=f"SF000000{number}")["state"])
            except Refused as no:
                codes.append(no.code)

    threads = [Thread(target=ship, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sent == ["shipped"] and codes == ["not_allowed_now"] * 3
    assert broken(shop) == []

