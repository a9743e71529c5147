"""Paying: starting, confirming, closing, and everything that may cross on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.wechat_pay_closing import StillOpen
from backend.infra.db import write_engine
from backend.kernel.actors import ANONYMOUS, EVERYTHING, Actor, shopper, staff
from backend.kernel.errors import Refused
from backend.usecases.cancel_order import cancel_order
from backend.usecases.check_order_payment import check_order_payment
from backend.usecases.check_payment import check_payment
from backend.usecases.close_order import close_order
from backend.usecases.close_payment import close_payment
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.query_open_money import query_open_money
from backend.usecases.send_refund import send_refund
from backend.usecases.start_payment import start_payment
from tests.fakes import LOST
from tests.given_orders import Shop

Later = Callable[..., datetime]


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


def test_a_payment_is_booked_with_its_order(shop: Shop) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id, payment_id = shop.paid(li, (apples, 1))
    assert shop.one("select state, paid_fen, moves from orders") == {"state": "paid", "paid_fen": 5800, "moves": 2}
    assert shop.one("select id, state, amount_fen from payments") == {"id": payment_id, "state": "succeeded", "amount_fen": 5800}
    assert shop.balances() == {"wechat": 5800, "sales:goods": -5000, "sales:freight": -800}
    assert "OrderPaid" in shop.events() and shop.levels(apples) == (10, 1)


def test_starting_again_goes_on_with_the_same_attempt(shop: Shop) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    first = start_payment(li, order_id=order_id)
    assert start_payment(li, order_id=order_id) == first
    assert [name for name, _ in shop.world.pay.calls] == ["prepay"]
    assert len(shop.rows("select id from payments")) == 1


def test_f34_a_lost_prepay_answer_keeps_its_number(shop: Shop) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    shop.world.pay.after["prepay"] = [LOST]
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "wechat_busy"
    [waiting] = shop.rows("select id, state from payments")
    assert waiting["state"] == "asked"
    assert start_payment(li, order_id=order_id)["payment_id"] == waiting["id"]
    assert shop.world.pay.calls == [("prepay", waiting["id"])] * 2


def test_a_refused_prepay_makes_room_for_a_new_attempt(shop: Shop) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    shop.world.pay.fail["prepay"] = [WeChatRefused("PARAM_ERROR", "no")]
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "payment_refused"
    assert shop.begin(li, order_id) and [row["state"] for row in shop.rows("select state from payments order by created_at")] == [
        "closed", "open"]


def test_r11_fifty_notifications_at_once_are_one_payment(app: Flask, shop: Shop) -> None:
    li = shop.shopper()
    trade = shop.world.pay.pay(shop.begin(li, shop.place(li, (shop.goods(), 1))))
    barrier, outcomes = Barrier(25), []

    def deliver() -> None:
        with app.app_context():
            barrier.wait()
            outcomes.extend(shop.notify(trade) for _ in range(2))

    threads = [Thread(target=deliver) for _ in range(25)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["known"] * 49 + ["succeeded"]
    assert len(shop.rows("select id from ledger_transactions")) == 1 and shop.events().count("OrderPaid") == 1


@pytest.mark.parametrize(("change", "kind"), [
    ({"total_fen": 5799}, "wrong_amount"), ({"total_fen": 5801}, "wrong_amount"), ({"currency": "USD"}, "wrong_currency"),
    ({"appid": "wxother"}, "wrong_appid"), ({"mchid": "1"}, "wrong_mchid"), ({"payer_openid": "openid-mei"}, "wrong_payer")])
def test_r10_t17_what_does_not_fit_is_put_aside_once(shop: Shop, change: dict[str, Any], kind: str) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 1))
    trade = shop.world.pay.pay(shop.begin(li, order_id), **change)
    assert [shop.notify(trade), shop.notify(trade)] == [kind, kind]
    assert shop.state(order_id) == "unpaid" and shop.balances() == {}
    [kept] = shop.rows("select kind, number, state from payment_exceptions")
    assert kept == {"kind": kind, "number": trade.out_trade_no, "state": "open"}
    assert shop.events().count("PaymentQuarantined") == 1


def test_r10_an_unknown_number_is_put_aside(shop: Shop) -> None:
    li = shop.shopper()
    trade = replace(shop.world.pay.pay(shop.begin(li, shop.place(li, (shop.goods(), 1)))), out_trade_no="pay_unknown")
    assert shop.notify(trade) == "unknown_payment"
    assert shop.one("select kind, number from payment_exceptions") == {"kind": "unknown_payment", "number": "pay_unknown"}


def test_an_overdue_order_closes_and_gives_its_stock_back(shop: Shop, later: Later) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 4))
    payment_id = shop.begin(li, order_id)
    close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "unpaid"
    later(minutes=15)
    close_order(shop.ctx(), order_id=order_id)
    close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "closed" and shop.levels(apples) == (10, 0)
    assert shop.one("select state from payments")["state"] == "closed"
    assert [name for name, _ in shop.world.pay.calls] == ["prepay", "close", "query"]
    moves = shop.rows("select to_state from order_moves order by seq")
    assert [move["to_state"] for move in moves] == ["unpaid", "closing", "closed"]
    assert code_of(lambda: start_payment(shop.shopper(), order_id=order_id)) == "not_allowed_now"
    assert payment_id


def test_i13_no_stock_goes_back_before_wechat_has_spoken(shop: Shop, later: Later) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 4))
    shop.begin(li, order_id)
    later(minutes=15)
    for where in ("close", "query"):
        shop.world.pay.fail[where] = [WeChatUnknown("time-out")]
        with pytest.raises(WeChatUnknown):
            close_order(shop.ctx(), order_id=order_id)
        assert shop.state(order_id) == "closing" and shop.levels(apples) == (10, 4)
    close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "closed" and shop.levels(apples) == (10, 0)


def test_i13_no_stock_goes_back_while_wechat_still_takes_the_money(shop: Shop, later: Later) -> None:
    """WeChat says that the attempt is closed, and on the next question that it can be paid."""
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 4))
    payment_id = shop.begin(li, order_id)
    later(minutes=15)
    shop.world.pay.fail["close"] = [WeChatRefused("ORDER_CLOSED", "closed already")]
    with pytest.raises(StillOpen):
        close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "closing" and shop.levels(apples) == (10, 4)
    assert shop.notify(shop.world.pay.pay(payment_id)) == "succeeded" and shop.state(order_id) == "paid"


def test_nothing_is_paid_when_the_time_is_over(shop: Shop, later: Later) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    later(minutes=15)
    assert code_of(lambda: start_payment(shop.shopper(), order_id=order_id)) == "pay_time_over"
    assert shop.rows("select id from payments") == [] and shop.world.pay.calls == []


def test_a_prepay_id_that_wechat_has_forgotten_is_renewed_under_its_number(shop: Shop, later: Later) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    with write_engine().connect() as connection, connection.begin():
        connection.execute(text("update orders set pay_before = '2026-03-03 04:00:00.000000+00:00'"))
    first = start_payment(li, order_id=order_id)
    later(minutes=109)
    assert start_payment(shop.shopper(), order_id=order_id) == first
    later(minutes=1)
    renewed = start_payment(shop.shopper(), order_id=order_id)
    assert renewed["payment_id"] == first["payment_id"] and renewed["params"]["package"] != first["params"]["package"]
    assert shop.world.pay.calls == [("prepay", first["payment_id"])] * 2
    assert shop.notify(shop.world.pay.pay(first["payment_id"])) == "succeeded"


@pytest.mark.parametrize(("actor", "code"), [
    (ANONYMOUS, "login_needed"), (staff("stf_1", EVERYTHING), "forbidden"), (shopper("mem_li"), "forbidden")])
def test_t20_only_wechat_says_that_it_was_paid(shop: Shop, snapshot: Callable[[], Any], actor: Actor, code: str) -> None:
    li = shop.shopper()
    trade = shop.world.pay.pay(shop.begin(li, shop.place(li, (shop.goods(), 1))))
    before = snapshot()
    assert code_of(lambda: confirm_payment(shop.ctx(actor), trade=trade)) == code
    assert snapshot() == before


def test_t11_a_payment_that_wins_the_race_with_closing_counts(shop: Shop, later: Later) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 4))
    shop.begin(li, order_id)
    later(minutes=15)
    shop.world.pay.before_close = lambda number: (shop.world.pay.pay(number), setattr(shop.world.pay, "before_close", None))
    close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "paid" and shop.levels(apples) == (10, 4)


def test_pay_while_closing_by_notification(shop: Shop) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 1))
    payment_id = shop.begin(li, order_id)
    assert cancel_order(li, order_id=order_id) == "closing"
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "not_allowed_now"
    assert shop.notify(shop.world.pay.pay(payment_id)) == "succeeded"
    close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "paid" and shop.levels(apples) == (10, 1)


def test_t14_a_late_payment_goes_back_by_itself(shop: Shop, later: Later) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 1))
    payment_id = shop.begin(li, order_id)
    shop.world.pay.fail["close"] = [WeChatRefused("ORDER_NOT_EXIST")]
    later(minutes=15)
    close_order(shop.ctx(), order_id=order_id)
    assert shop.state(order_id) == "closed"
    trade = shop.world.pay.pay(payment_id)
    assert [shop.notify(trade), shop.notify(trade)] == ["surplus", "known"]
    assert shop.balances() == {"wechat": 5800, "owed:surplus": -5800}
    [refund] = shop.rows("select id, kind, state, amount_fen from refunds")
    assert (refund["kind"], refund["state"], refund["amount_fen"]) == ("surplus", "asked", 5800)
    assert shop.events().count("RefundAsked") == 1
    send_refund(shop.ctx(), refund_id=refund["id"])
    assert shop.balances() == {} and shop.state(order_id) == "closed" and shop.world.pay.refunded_fen() == 5800


def test_t08_two_attempts_paid_is_one_order_paid_and_one_surplus(shop: Shop) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    shop.world.pay.after["prepay"] = [WeChatRefused("SYSTEM", "said no, and yet took it")]
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "payment_refused"
    [first] = shop.rows("select id from payments")
    second = shop.begin(li, order_id)
    assert shop.notify(shop.world.pay.pay(first["id"])) == "succeeded"
    assert "PaymentSuperseded" in shop.events()
    assert shop.notify(shop.world.pay.pay(second)) == "surplus"
    assert [row["state"] for row in shop.rows("select state from payments order by created_at, id")] == ["succeeded", "surplus"]
    assert shop.balances() == {"wechat": 11_600, "sales:goods": -5000, "sales:freight": -800, "owed:surplus": -5800}


def test_a_superseded_attempt_is_closed_at_wechat(shop: Shop) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    shop.world.pay.after["prepay"] = [WeChatRefused("SYSTEM", "said no, and yet took it")]
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "payment_refused"
    [first] = shop.rows("select id from payments")
    second = shop.begin(li, order_id)
    shop.notify(shop.world.pay.pay(first["id"]))
    close_payment(shop.ctx(), payment_id=second)
    assert shop.one("select state from payments where id = :id", id=second)["state"] == "closed"


def test_f29_a_lost_notification_is_found_by_asking(shop: Shop, later: Later) -> None:
    li = shop.shopper()
    order_id = shop.place(li, (shop.goods(), 1))
    payment_id = shop.begin(li, order_id)
    shop.world.pay.pay(payment_id)
    query_open_money(shop.ctx())
    assert "PaymentQueryDue" not in shop.events()
    later(seconds=31)
    query_open_money(shop.ctx())
    query_open_money(shop.ctx())
    assert shop.events().count("PaymentQueryDue") == 1
    assert check_payment(shop.ctx(), payment_id=payment_id) == "succeeded"
    assert check_payment(shop.ctx(), payment_id=payment_id) == "succeeded"
    assert shop.state(order_id) == "paid" and shop.rows("select id from payments where next_query_at is not null") == []


def test_the_phone_may_ask_too(shop: Shop) -> None:
    li, mei = shop.shopper("li"), shop.shopper("mei")
    order_id = shop.place(li, (shop.goods(), 1))
    assert check_order_payment(li, order_id=order_id) == "unpaid"
    payment_id = shop.begin(li, order_id)
    assert check_order_payment(li, order_id=order_id) == "unpaid"
    shop.world.pay.pay(payment_id)
    assert code_of(lambda: check_order_payment(mei, order_id=order_id)) == "not_found"
    assert check_order_payment(li, order_id=order_id) == "paid"


def test_cancel_without_a_payment_closes_at_once(shop: Shop) -> None:
    li, apples, pears = shop.shopper(), shop.goods("A1", 5000, 10), shop.goods("B1", 5000, 10)
    order_id = shop.place(li, (apples, 2), (pears, 3))
    assert [cancel_order(li, order_id=order_id), cancel_order(li, order_id=order_id)] == ["closed", "closed"]
    assert (shop.levels(apples), shop.levels(pears)) == ((10, 0), (10, 0)) and shop.world.pay.calls == []
    assert shop.rows("select quantity - released_qty as held from order_lines") == [{"held": 0}] * 2


def test_t12_a_paid_order_is_not_cancelled(shop: Shop, snapshot: Callable[[], Any]) -> None:
    li, mei = shop.shopper("li"), shop.shopper("mei")
    order_id, _ = shop.paid(li, (shop.goods(), 1))
    before = snapshot()
    assert code_of(lambda: cancel_order(li, order_id=order_id)) == "not_allowed_now"
    assert code_of(lambda: cancel_order(mei, order_id=order_id)) == "not_found"
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "already_paid"
    assert code_of(lambda: start_payment(mei, order_id=order_id)) == "not_found"
    assert snapshot() == before


def test_t10_a_repeat_in_a_later_state_moves_nothing_back(shop: Shop) -> None:
    li = shop.shopper()
    order_id, payment_id = shop.paid(li, (shop.goods(), 1))
    refund = shop.refund(order_id)
    send_refund(shop.ctx(), refund_id=refund["refund_id"])
    assert shop.state(order_id) == "refunded"
    assert shop.notify(shop.world.pay.trades[payment_id]) == "known"
    assert shop.state(order_id) == "refunded" and shop.balances() == {}


def test_an_order_given_up_while_wechat_is_asked_opens_no_cashier(shop: Shop) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id = shop.place(li, (apples, 1))

    def meanwhile(_: str) -> None:
        shop.world.pay.before_prepay = None
        assert cancel_order(li, order_id=order_id) == "closing"
        close_order(shop.ctx(), order_id=order_id)

    shop.world.pay.before_prepay = meanwhile
    assert code_of(lambda: start_payment(li, order_id=order_id)) == "not_allowed_now"
    assert shop.state(order_id) == "closed" and shop.levels(apples) == (10, 0)
    [attempt] = shop.rows("select state, prepay_id from payments")
    assert attempt == {"state": "closed", "prepay_id": None}
