"""The whole route through the real doors: log in, order, pay, notification, refund, closing, bill – over wxsim."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from backend.kernel.actors import EVERYTHING, staff
from backend.reactions import TIMETABLE
from backend.usecases.refund_order import refund_order
from backend.usecases.start_due_slots import start_due_slots
from tests.given_goods import given_product
from tests.stories.conftest import Live
from wxsim.attacks import KINDS

Rows = Callable[..., list[dict[str, Any]]]


def test_from_log_in_to_paid_and_refunded(live: Live, rows_of: Rows) -> None:
    apples = given_product(live.ctx, "A1", 1990, 100)
    li = live.visitor()
    order = li.order([(apples.sku_id, 3)], li.address())
    assert order["total_fen"] == 6770 and li.state(order["id"]) == "unpaid"

    paid = li.pay(order["id"])
    assert (paid["trade_state"], paid["delivered"]) == ("SUCCESS", True)
    assert li.state(order["id"]) == "paid"

    [line] = li.call("GET", f"/orders/{order['id']}")["lines"]
    refund = refund_order(live.ctx(staff("stf_1", EVERYTHING)), order_id=order["id"], lines=[(line["id"], 1)], reason="少发一件")
    live.work()
    page = li.call("GET", f"/orders/{order['id']}")
    assert (page["state"], page["refunded_fen"], page["refunds"][0]["state"]) == ("paid", 1990, "succeeded")
    assert refund["amount_fen"] == 1990

    refund_order(live.ctx(staff("stf_1", EVERYTHING)), order_id=order["id"], reason="全部退回")
    live.work()
    assert li.call("GET", f"/orders/{order['id']}")["refunded_fen"] == 1990, "WeChat wants a minute between two refunds"
    live.clock.move_to(live.clock.now() + timedelta(seconds=62))
    live.work()
    page = li.call("GET", f"/orders/{order['id']}")
    assert (page["state"], page["refunded_fen"]) == ("refunded", 6770)
    assert rows_of("select on_hand, reserved from stock_levels") == [{"on_hand": 100, "reserved": 0}]
    assert rows_of("select * from payment_exceptions") == []
    assert live.wxsim.status()["to_deliver"] == 0


def test_an_unpaid_order_closes_by_itself_and_a_lost_notification_is_found(live: Live, rows_of: Rows) -> None:
    apples = given_product(live.ctx, "A1", 9000, 10)
    li = live.visitor()
    address = li.address()
    left, lost = li.order([(apples.sku_id, 2)], address), li.order([(apples.sku_id, 3)], address)
    li.call("POST", f"/orders/{left['id']}/payment")
    live.wxsim.fault("callback-lost", times=None)
    assert li.pay(lost["id"])["delivered"] is False
    assert (li.state(left["id"]), li.state(lost["id"])) == ("unpaid", "unpaid")

    live.clock.move_to(live.clock.now() + timedelta(seconds=40))
    start_due_slots(live.ctx(), timetable=TIMETABLE)
    live.work()
    assert (li.state(left["id"]), li.state(lost["id"])) == ("unpaid", "paid")

    live.clock.move_to(live.clock.now() + timedelta(minutes=15))
    live.work()
    assert (li.state(left["id"]), li.state(lost["id"])) == ("closed", "paid")
    assert rows_of("select on_hand, reserved from stock_levels") == [{"on_hand": 10, "reserved": 3}]


def test_a_payment_without_any_word_is_found_when_the_order_closes(live: Live) -> None:
    apples = given_product(live.ctx, "A1", 9000, 10)
    li = live.visitor()
    order = li.order([(apples.sku_id, 1)], li.address())
    live.wxsim.fault("callback-lost", times=None)
    li.pay(order["id"])
    live.clock.move_to(live.clock.now() + timedelta(minutes=15, seconds=1))
    live.work()
    assert li.state(order["id"]) == "paid"


def test_r09_r10_nothing_but_wechats_own_word_pays_an_order(live: Live, rows_of: Rows) -> None:
    apples = given_product(live.ctx, "A1", 9000, 10)
    li = live.visitor()
    address = li.address()
    order = li.order([(apples.sku_id, 1)], address)
    number = li.call("POST", f"/orders/{order['id']}/payment")["payment_id"]
    for kind in KINDS.keys() - {"other-transaction-id", "replay", "duplicate"}:
        answer = live.wxsim.attack(kind, number)
        assert answer["status"] in (204, 401, 422), (kind, answer)
        assert li.state(order["id"]) == "unpaid", kind
    assert rows_of("select id from ledger_transactions") == []
    quarantined = {row["kind"] for row in rows_of("select kind from payment_exceptions")}
    assert {"wrong_amount", "wrong_mchid", "wrong_appid", "wrong_currency", "wrong_payer", "unknown_payment"} <= quarantined


def test_the_last_units_go_to_whoever_is_first(live: Live, rows_of: Rows) -> None:
    apples = given_product(live.ctx, "A1", 9000, 3)
    people = [live.visitor(f"p{index}") for index in range(8)]
    addresses = [person.address() for person in people]

    def buy(index: int) -> int:
        body = {"items": [{"sku_id": apples.sku_id, "quantity": 1}], "address_id": addresses[index], "shown_total_fen": 9000}
        answer = people[index].http.post(f"{live.url}/api/v1/orders", json=body, headers={
            "Authorization": f"Bearer {people[index].token}", "Idempotency-Key": f"key-{index}-123"})
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(buy, range(8))) == [201] * 3 + [409] * 5
    assert rows_of("select on_hand, reserved from stock_levels") == [{"on_hand": 3, "reserved": 3}]


def test_the_bill_of_the_day_agrees_and_differences_are_listed(live: Live, rows_of: Rows) -> None:
    apples = given_product(live.ctx, "A1", 9000, 10)
    li = live.visitor()
    address = li.address()
    for _ in range(3):
        li.pay(li.order([(apples.sku_id, 1)], address)["id"])
    [first, *_] = rows_of("select order_id from payments order by created_at, id")
    refund_order(live.ctx(staff("stf_1", EVERYTHING)), order_id=first["order_id"], reason="不要了")
    live.work()
    live.clock.move_to(live.clock.now() + timedelta(hours=22, minutes=31))
    start_due_slots(live.ctx(), timetable=TIMETABLE)
    live.work()
    assert rows_of("select payments, refunds, payments_fen, refunds_fen, differences from bills") == [
        {"payments": 3, "refunds": 1, "payments_fen": 27_000, "refunds_fen": 9000, "differences": 0}]
