"""Refunds: exact, never too much, one number for ever."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.wechat_pay_answers import RefundState
from backend.infra.once import ClientKey
from backend.kernel.actors import ANONYMOUS, EVERYTHING, WECHAT, Actor, shopper, staff
from backend.kernel.errors import Refused
from backend.usecases.change_order_price import change_order_price
from backend.usecases.check_refund import check_refund
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.query_open_money import query_open_money
from backend.usecases.refund_order import refund_order
from backend.usecases.send_refund import send_refund
from tests.fakes import LOST, PAID_AT
from tests.given_orders import STAFF, Shop


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def paid(shop: Shop) -> tuple[str, str, list[dict[str, Any]]]:
    """A paid order of 3 × 33.33 and 1 × 10.00: (order id, payment id, lines). Goods 109.99, no freight."""
    li = shop.shopper()
    order_id, payment_id = shop.paid(li, (shop.goods("A1", 3333, 10), 3), (shop.goods("B1", 1000, 10), 1))
    return order_id, payment_id, shop.rows("select * from order_lines order by position")


def test_all_of_an_order(shop: Shop, paid: Any) -> None:
    order_id, _, lines = paid
    refund = shop.refund(order_id)
    assert refund["amount_fen"] == 10_999
    assert shop.state(order_id) == "paid"
    send_refund(shop.ctx(), refund_id=refund["refund_id"])
    send_refund(shop.ctx(), refund_id=refund["refund_id"])
    assert shop.one("select state, refunded_fen, moves from orders") == {"state": "refunded", "refunded_fen": 10_999, "moves": 3}
    assert shop.balances() == {} and shop.world.pay.refunded_fen() == 10_999
    assert [name for name, _ in shop.world.pay.calls].count("refund") == 1
    assert shop.rows("select on_hand, reserved from stock_levels") == [{"on_hand": 10, "reserved": 0}] * 2


def test_freight_apart(shop: Shop) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    order_id, _ = shop.paid(li, (apples, 1))
    [line] = shop.rows("select id from order_lines")
    assert shop.refund(order_id, [(line["id"], 1)])["amount_fen"] == 5000
    assert shop.refund(order_id, [], freight_fen=300)["amount_fen"] == 300
    assert code_of(lambda: shop.refund(order_id, [], freight_fen=501)) == "refund_too_much"
    assert shop.refund(order_id)["amount_fen"] == 500
    assert code_of(lambda: shop.refund(order_id)) == "nothing_to_refund"


def test_what_cost_nothing_goes_with_the_last_fen(shop: Shop) -> None:
    """Nobody may wait for a gift in an order whose money has all gone back."""
    li, apples, gift = shop.shopper(), shop.goods("A1", 9000, 10), shop.goods("G1", 1, 10)
    order_id = shop.place(li, (apples, 1), (gift, 1))
    assert change_order_price(shop.ctx(STAFF), order_id=order_id, off_goods_fen=8999) == 2
    assert shop.notify(shop.world.pay.pay(shop.begin(li, order_id))) == "succeeded"
    refund = shop.refund(order_id, [(shop.lines(order_id)[0], 1)])
    assert refund["amount_fen"] == 2 and (shop.levels(apples), shop.levels(gift)) == ((10, 0), (10, 0))
    send_refund(shop.ctx(), refund_id=refund["refund_id"])
    assert shop.state(order_id) == "refunded"
    assert shop.rows("select payable_fen, refund_qty, released_qty from order_lines order by position") == [
        {"payable_fen": 2, "refund_qty": 1, "released_qty": 1}, {"payable_fen": 0, "refund_qty": 1, "released_qty": 1}]


def test_t31_r12_parallel_refunds_never_exceed_what_was_paid(app: Flask, shop: Shop, paid: Any) -> None:
    order_id, _, lines = paid
    barrier, amounts, codes = Barrier(20), [], []

    def ask() -> None:
        with app.app_context():
            barrier.wait()
            try:
                amounts.append(shop.refund(order_id, [(lines[0]["id"], 2)])["amount_fen"])
            except Refused as no:
                codes.append(no.code)

    threads = [Thread(target=ask) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert amounts == [6666] and codes == ["refund_too_much"] * 19
    assert shop.one("select refund_fen, refunds from payments") == {"refund_fen": 6666, "refunds": 1}


def test_r12_nonsense_is_refused_and_changes_nothing(shop: Shop, paid: Any, snapshot: Callable[[], Any]) -> None:
    order_id, _, lines = paid
    unpaid = shop.place(shop.shopper(), (shop.goods("C1", 9000, 5), 1))
    before = snapshot()
    for order, wanted, freight, code in [
        (order_id, [(lines[0]["id"], 4)], None, "refund_too_much"), (order_id, [(lines[0]["id"], -1)], None, "nothing_to_refund"),
        (order_id, [("oli_none", 1)], None, "line_not_in_order"), (order_id, [], None, "nothing_to_refund"),
        (order_id, [], 1, "refund_too_much"), (order_id, [(lines[0]["id"], 1)], -5, "nothing_to_refund"),
        (unpaid, None, None, "not_allowed_now"), ("ord_none", None, None, "not_found"),
    ]:
        assert code_of(lambda: shop.refund(order, wanted, freight_fen=freight)) == code  # noqa: B023
    li = shop.shopper()
    assert code_of(lambda: refund_order(li, order_id=order_id, reason="给我")) == "forbidden"
    assert snapshot() == before


def test_t40_orders_of_other_stores_are_not_there(shop: Shop, paid: Any, snapshot: Callable[[], Any]) -> None:
    before = snapshot()
    for may, stores, code in [(EVERYTHING, ["sto_other"], "not_found"), ({"orders.view"}, None, "forbidden")]:
        somebody = shop.ctx(staff("stf_1", may, stores))
        assert code_of(lambda: refund_order(somebody, order_id=paid[0], reason="退")) == code  # noqa: B023
    assert snapshot() == before


def test_the_same_key_is_one_refund(shop: Shop, paid: Any) -> None:
    order_id, _, lines = paid
    def ask() -> dict[str, Any]:
        return shop.refund(order_id, [(lines[0]["id"], 1)], key=ClientKey("key-12345", "f"))
    assert ask() == ask()
    assert len(shop.rows("select id from refunds")) == 1


def test_two_refunds_are_a_minute_apart(shop: Shop, paid: Any) -> None:
    order_id, _, lines = paid
    shop.refund(order_id, [(lines[0]["id"], 1)])
    shop.refund(order_id, [(lines[0]["id"], 1)])
    due = [row["due_at"] for row in shop.rows("select due_at from outbox_events where name = 'RefundAsked' order by due_at")]
    first, second = (datetime.fromisoformat(str(each)) for each in due)
    assert (second - first).total_seconds() == 61


@pytest.mark.parametrize("code", ["FREQUENCY_LIMITED", "NOT_ENOUGH"])
def test_f35_too_soon_or_too_poor_waits_with_the_same_number(shop: Shop, paid: Any, code: str) -> None:
    refund_id = shop.refund(paid[0])["refund_id"]
    shop.world.pay.fail["refund"] = [WeChatRefused(code, "wait")]
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state, problem from refunds") == {"state": "asked", "problem": f"{code} wait"}
    assert shop.events().count("RefundAsked") == 2
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state from refunds")["state"] == "succeeded"


def test_f34_a_lost_answer_is_sent_again_under_the_same_number(shop: Shop, paid: Any) -> None:
    refund_id = shop.refund(paid[0])["refund_id"]
    shop.world.pay.after["refund"] = [LOST]
    with pytest.raises(WeChatUnknown):
        send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state from refunds")["state"] == "asked"
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.world.pay.refunded_fen() == 10_999 and len(shop.world.pay.refunds) == 1


def test_a_definite_no_is_listed(shop: Shop, paid: Any) -> None:
    refund_id = shop.refund(paid[0])["refund_id"]
    shop.world.pay.fail["refund"] = [WeChatRefused("USER_ACCOUNT_ABNORMAL", "closed")]
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state from refunds")["state"] == "abnormal"
    assert shop.one("select kind, number from payment_exceptions") == {"kind": "refund_refused", "number": refund_id}


def processing(shop: Shop, order_id: str) -> Any:
    shop.world.pay.settle_refunds = False
    refund_id = shop.refund(order_id)["refund_id"]
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state from refunds")["state"] == "sent"
    return shop.world.pay.refunds[refund_id]


def test_the_result_comes_by_notification_once(shop: Shop, paid: Any) -> None:
    result = replace(processing(shop, paid[0]), state=RefundState.SUCCESS, success_at=PAID_AT)
    assert [confirm_refund(shop.ctx(WECHAT), result=result) for _ in range(3)] == ["succeeded", "known", "known"]
    assert shop.state(paid[0]) == "refunded" and shop.balances() == {}


def test_the_result_is_found_by_asking(shop: Shop, paid: Any, later: Callable[..., datetime]) -> None:
    result = processing(shop, paid[0])
    assert check_refund(shop.ctx(), refund_id=result.out_refund_no) == "sent"
    later(minutes=2)
    query_open_money(shop.ctx())
    assert "RefundQueryDue" in shop.events()
    shop.world.pay.refunds[result.out_refund_no] = replace(result, state=RefundState.SUCCESS, success_at=PAID_AT)
    assert check_refund(shop.ctx(), refund_id=result.out_refund_no) == "succeeded"
    assert check_refund(shop.ctx(), refund_id=result.out_refund_no) == "succeeded"


def test_f30_refund_news_before_its_own_answer(shop: Shop, paid: Any) -> None:
    refund_id = shop.refund(paid[0])["refund_id"]
    shop.world.pay.after["refund"] = [LOST]
    with pytest.raises(WeChatUnknown):
        send_refund(shop.ctx(), refund_id=refund_id)
    assert confirm_refund(shop.ctx(WECHAT), result=shop.world.pay.refunds[refund_id]) == "succeeded"
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.state(paid[0]) == "refunded"


def test_a_closed_refund_can_be_asked_for_anew(shop: Shop, paid: Any) -> None:
    result = replace(processing(shop, paid[0]), state=RefundState.CLOSED)
    assert confirm_refund(shop.ctx(WECHAT), result=result) == "closed"
    assert shop.one("select refund_fen from payments")["refund_fen"] == 0
    assert shop.rows("select refund_qty, refund_fen from order_lines") == [{"refund_qty": 0, "refund_fen": 0}] * 2
    shop.world.pay.settle_refunds = True
    released = shop.rows("select * from stock_moves where kind = 'release'")
    assert shop.refund(paid[0])["amount_fen"] == 10_999
    assert shop.rows("select * from stock_moves where kind = 'release'") == released, "the goods went back on sale once"


def test_an_abnormal_refund_is_listed_and_may_still_arrive(shop: Shop, paid: Any) -> None:
    result = processing(shop, paid[0])
    assert confirm_refund(shop.ctx(WECHAT), result=replace(result, state=RefundState.ABNORMAL)) == "abnormal"
    assert shop.one("select kind from payment_exceptions")["kind"] == "refund_abnormal"
    done = replace(result, state=RefundState.SUCCESS, success_at=PAID_AT)
    assert confirm_refund(shop.ctx(WECHAT), result=done) == "succeeded"
    assert shop.state(paid[0]) == "refunded"


def test_t15_older_news_sets_nothing_back(shop: Shop, paid: Any) -> None:
    result = replace(processing(shop, paid[0]), state=RefundState.SUCCESS, success_at=PAID_AT)
    assert confirm_refund(shop.ctx(WECHAT), result=result) == "succeeded"
    for older in (RefundState.ABNORMAL, RefundState.CLOSED):
        assert confirm_refund(shop.ctx(WECHAT), result=replace(result, state=older, success_at=None)) == "known"
    assert shop.one("select state from refunds")["state"] == "succeeded" and shop.state(paid[0]) == "refunded"
    assert shop.balances() == {} and shop.one("select refund_fen from payments")["refund_fen"] == 10_999
    assert [row["kind"] for row in shop.rows("select kind from payment_exceptions order by at, id")] == [
        "refund_succeeded_then_abnormal", "refund_succeeded_then_closed"]


@pytest.mark.parametrize(("actor", "code"), [
    (ANONYMOUS, "login_needed"), (staff("stf_1", EVERYTHING), "forbidden"), (shopper("mem_li"), "forbidden")])
def test_t20_only_wechat_says_that_the_money_is_back(shop: Shop, paid: Any, snapshot: Callable[[], Any], actor: Actor,
                                                     code: str) -> None:
    result = replace(processing(shop, paid[0]), state=RefundState.SUCCESS, success_at=PAID_AT)
    before = snapshot()
    assert code_of(lambda: confirm_refund(shop.ctx(actor), result=result)) == code
    assert snapshot() == before


def test_another_amount_is_put_aside(shop: Shop, paid: Any) -> None:
    result = replace(processing(shop, paid[0]), state=RefundState.SUCCESS, success_at=PAID_AT, refund_fen=1)
    assert confirm_refund(shop.ctx(WECHAT), result=result) == "wrong_refund"
    assert shop.one("select state from refunds")["state"] == "sent"
    assert confirm_refund(shop.ctx(WECHAT), result=replace(result, out_refund_no="ref_unknown")) == "unknown_refund"
    kinds = [row["kind"] for row in shop.rows("select kind from payment_exceptions order by at, id")]
    assert kinds == ["wrong_refund", "unknown_refund"]


def test_fifty_refunds_are_the_most(shop: Shop) -> None:
    li = shop.shopper()
    order_id, _ = shop.paid(li, (shop.goods("A1", 200, 100), 60))
    [line] = shop.rows("select id from order_lines")
    for _ in range(50):
        shop.refund(order_id, [(line["id"], 1)])
    assert code_of(lambda: shop.refund(order_id, [(line["id"], 1)])) == "too_many_refunds"
    assert STAFF.kind == "staff"
