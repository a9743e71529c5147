"""The last fen of an order goes back while an after-sale case is open: nobody waits for what will never come."""

from collections.abc import Callable
from datetime import datetime

import pytest

from backend.aftersales.rules import Asked
from backend.checks.check_books import check_books
from backend.gateways.wechat_pay_answers import RefundState
from backend.kernel.actors import staff
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.change_order_price import change_order_price
from backend.usecases.receive_return import receive_return
from backend.usecases.retry_aftersale_refund import retry_aftersale_refund
from tests.given_aftersales import DESK, Cases
from tests.given_goods import Goods
from tests.given_orders import STAFF, Shop

CLERK = staff("stf_clerk", {"aftersales.decide"})


@pytest.fixture
def cases(shop: Shop) -> Cases:
    return Cases(shop)


@pytest.fixture
def apples(shop: Shop) -> Goods:
    return shop.goods("A1", 9000, 10)


@pytest.fixture
def gift(shop: Shop) -> Goods:
    return shop.goods("G1", 1, 10)


def with_gift(shop: Shop, cases: Cases, apples: Goods, gift: Goods) -> tuple[str, list[str]]:
    """A paid order of apples for 2 fen and of two pieces that cost nothing."""
    order_id = shop.place(cases.who, (apples, 1), (gift, 2))
    assert change_order_price(shop.ctx(STAFF), order_id=order_id, off_goods_fen=9000) == 2
    shop.notify(shop.world.pay.pay(shop.begin(cases.who, order_id)))
    return order_id, shop.lines(order_id)


def gift_line(shop: Shop) -> dict[str, int]:
    return shop.one("select payable_fen, refund_qty, refund_shipped_qty, returned_qty, released_qty from order_lines"
                    " where position = 1")


def test_a_case_about_a_gift_is_granted_with_the_last_fen(shop: Shop, cases: Cases, apples: Goods, gift: Goods) -> None:
    order_id, [paid_line, free_line] = with_gift(shop, cases, apples, gift)
    case_id = cases.ask(order_id, reason="changed_mind", lines=[Asked(free_line, 1)])
    shop.refund(order_id, [(paid_line, 1)])
    assert cases.case(case_id, "state, given_fen, freight_fen, refund_id") == {
        "state": "refunded", "given_fen": 0, "freight_fen": 0, "refund_id": None}
    assert gift_line(shop) == {"payable_fen": 0, "refund_qty": 2, "refund_shipped_qty": 0, "returned_qty": 0, "released_qty": 2}
    assert (shop.levels(apples), shop.levels(gift)) == ((10, 0), (10, 0))
    assert shop.events().count("AftersaleEnded") == 1
    assert shop.one("select actor, action from audit_log where subject = :id", id=case_id) == {
        "actor": str(STAFF), "action": "approve_aftersale"}
    cases.work_off()
    assert shop.state(order_id) == "refunded" and check_books(shop.ctx(), waiting=False) == []


def test_a_case_that_takes_the_last_fen_takes_the_rest_of_its_own_gift_along(shop: Shop, cases: Cases, gift: Goods) -> None:
    order_id = shop.place(cases.who, (gift, 2))
    change_order_price(shop.ctx(STAFF), order_id=order_id, off_goods_fen=2)
    shop.notify(shop.world.pay.pay(shop.begin(cases.who, order_id)))
    [line] = shop.lines(order_id)
    case_id = cases.ask(order_id, reason="changed_mind", lines=[Asked(line, 1)])
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id, freight_fen=800)
    cases.work_off()
    assert shop.one("select quantity, amount_fen from refund_lines") == {"quantity": 2, "amount_fen": 0}
    assert (shop.state(order_id), cases.state(case_id), shop.levels(gift)) == ("refunded", "refunded", (10, 0))
    assert check_books(shop.ctx(), waiting=False) == []


def test_it_stays_granted_when_the_last_fen_does_not_arrive(shop: Shop, cases: Cases, apples: Goods, gift: Goods) -> None:
    order_id, [paid_line, free_line] = with_gift(shop, cases, apples, gift)
    case_id = cases.ask(order_id, reason="changed_mind", lines=[Asked(free_line, 1)])
    dear = cases.ask(order_id, reason="changed_mind", lines=[Asked(paid_line, 1)])
    approve_aftersale(shop.ctx(CLERK), aftersale_id=dear)
    assert (cases.state(dear), cases.state(case_id)) == ("refunding", "refunded")
    shop.world.pay.settle_refunds = False
    cases.work_off()
    cases.close_refund(dear)
    assert gift_line(shop)["refund_qty"] == 1 and gift_line(shop)["released_qty"] == 2
    assert check_books(shop.ctx(), waiting=False) == []
    shop.world.pay.settle_refunds = True
    retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=dear)
    cases.work_off(minutes=2)
    assert cases.state(dear) == "refunded" and shop.state(order_id) == "refunded"
    assert shop.levels(gift) == (10, 0) and check_books(shop.ctx(), waiting=False) == []


def test_the_timer_grants_both(shop: Shop, cases: Cases, apples: Goods, gift: Goods, later: Callable[..., datetime]) -> None:
    order_id, lines = with_gift(shop, cases, apples, gift)
    free, dear = (cases.ask(order_id, reason="changed_mind", lines=[Asked(line, 1)]) for line in reversed(lines))
    later(hours=48)
    for case_id in (dear, free):
        approve_aftersale(shop.ctx(), aftersale_id=case_id)
    cases.work_off()
    assert (cases.state(dear), cases.state(free), shop.state(order_id)) == ("refunded", "refunded", "refunded")
    assert check_books(shop.ctx(), waiting=False) == []


def test_a_gift_comes_back_after_its_order_was_refunded(shop: Shop, cases: Cases, apples: Goods, gift: Goods) -> None:
    order_id, [paid_line, free_line] = with_gift(shop, cases, apples, gift)
    cases.ship(order_id)
    kept = cases.ask(order_id, reason="damaged", lines=[Asked(free_line, 1)])
    shop.refund(order_id, [(paid_line, 1)])
    cases.work_off()
    assert shop.state(order_id) == "refunded" and cases.state(kept) == "asked"
    approve_aftersale(shop.ctx(CLERK), aftersale_id=kept)
    assert cases.state(kept) == "refunded" and gift_line(shop)["refund_qty"] == 1
    assert check_books(shop.ctx(), waiting=False) == []


def test_a_return_that_is_on_its_way_is_received_after_that(shop: Shop, cases: Cases, apples: Goods, gift: Goods) -> None:
    order_id, [paid_line, free_line] = with_gift(shop, cases, apples, gift)
    cases.ship(order_id)
    case_id = cases.returning(order_id, lines=[Asked(free_line, 2)])
    shop.refund(order_id, [(paid_line, 1)])
    cases.work_off()
    receive_return(shop.ctx(CLERK), aftersale_id=case_id, restock=[free_line])
    assert cases.state(case_id) == "refunded" and shop.levels(gift) == (10, 0) and shop.levels(apples) == (9, 0)
    assert gift_line(shop)["returned_qty"] == 2 and check_books(shop.ctx(), waiting=False) == []


def failed(shop: Shop, cases: Cases, order_id: str, lines: list[Asked]) -> str:
    """A case whose refund WeChat has closed."""
    case_id = cases.ask(order_id, reason="changed_mind", lines=lines)
    approve_aftersale(shop.ctx(DESK), aftersale_id=case_id)
    shop.world.pay.settle_refunds = False
    cases.work_off()
    cases.close_refund(case_id)
    shop.world.pay.settle_refunds = True
    return case_id


def test_a_failed_refund_gives_what_is_left_of_the_freight(shop: Shop, cases: Cases) -> None:
    pears = shop.goods("P1", 3000, 10)
    order_id, [line] = cases.paid((pears, 2))
    case_id = failed(shop, cases, order_id, [Asked(line, 2)])
    shop.refund(order_id, [], freight_fen=300)
    cases.work_off(minutes=2)
    retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=case_id)
    assert cases.case(case_id, "state, freight_fen, given_fen") == {"state": "refunding", "freight_fen": 500, "given_fen": 6000}
    cases.work_off(minutes=4)
    assert cases.state(case_id) == "refunded" and shop.state(order_id) == "refunded"
    assert shop.world.pay.refunded_fen() == 6800 and shop.levels(pears) == (10, 0)
    assert check_books(shop.ctx(), waiting=False) == []


def test_a_failed_refund_of_which_nothing_is_left_is_over(shop: Shop, cases: Cases, gift: Goods) -> None:
    """Its goods were a gift and its freight was given back by hand: the case ends with that."""
    order_id = shop.place(cases.who, (gift, 2))
    change_order_price(shop.ctx(STAFF), order_id=order_id, off_goods_fen=2)
    shop.notify(shop.world.pay.pay(shop.begin(cases.who, order_id)))
    [line] = shop.lines(order_id)
    case_id = failed(shop, cases, order_id, [Asked(line, 2)])
    shop.refund(order_id, [], freight_fen=800)
    cases.work_off(minutes=2)
    assert cases.case(case_id, "state, freight_fen, refund_id") == {"state": "refunded", "freight_fen": 0, "refund_id": None}
    assert shop.state(order_id) == "refunded" and shop.levels(gift) == (10, 0) and check_books(shop.ctx(), waiting=False) == []


def test_a_return_of_which_nothing_is_left_to_pay_is_over_when_it_is_tried_again(shop: Shop, cases: Cases, apples: Goods,
                                                                                gift: Goods) -> None:
    order_id = shop.place(cases.who, (gift, 2))
    change_order_price(shop.ctx(STAFF), order_id=order_id, off_goods_fen=2)
    shop.notify(shop.world.pay.pay(shop.begin(cases.who, order_id)))
    [line] = shop.lines(order_id)
    cases.ship(order_id)
    case_id = cases.ask(order_id, reason="damaged", lines=[Asked(line, 2)])
    approve_aftersale(shop.ctx(DESK), aftersale_id=case_id, freight_fen=800)
    shop.world.pay.settle_refunds = False
    cases.work_off()
    cases.close_refund(case_id)
    shop.world.pay.settle_refunds = True
    shop.refund(order_id, [], freight_fen=800)
    cases.work_off(minutes=2)
    assert (shop.state(order_id), cases.state(case_id)) == ("refunded", "refund_failed")
    retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=case_id)
    assert cases.case(case_id, "state, freight_fen, refund_id") == {"state": "refunded", "freight_fen": 0, "refund_id": None}
    assert shop.events().count("AftersaleEnded") == 1 and check_books(shop.ctx(), waiting=False) == []


def test_money_that_is_on_its_way_stays_with_its_case(shop: Shop, cases: Cases) -> None:
    """An abnormal refund still counts: the case keeps it, whatever else goes back."""
    order_id, [pears, plums] = cases.paid((shop.goods("P1", 3000, 10), 1), (shop.goods("P2", 2000, 10), 1))
    case_id = cases.ask(order_id, reason="changed_mind", lines=[Asked(pears, 1)])
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    shop.world.pay.settle_refunds = False
    cases.work_off()
    cases.end_refund(case_id, RefundState.ABNORMAL)
    cases.work_off()
    before = cases.case(case_id, "state, given_fen, refund_id")
    shop.refund(order_id, [(plums, 1)], freight_fen=800)
    assert before == cases.case(case_id, "state, given_fen, refund_id")
    assert before["state"] == "refund_failed" and before["refund_id"] and check_books(shop.ctx(), waiting=False) == []


def test_a_case_says_what_its_units_are_still_worth(shop: Shop, cases: Cases, gift: Goods) -> None:
    """Asked for while another refund had counted its unit, granted when WeChat had closed that: the fen goes to the last unit."""
    order_id = shop.place(cases.who, (gift, 3))
    assert change_order_price(shop.ctx(STAFF), order_id=order_id, off_goods_fen=2) == 801
    shop.notify(shop.world.pay.pay(shop.begin(cases.who, order_id)))
    [line] = shop.lines(order_id)
    cases.ship(order_id, (line, 2))
    shop.world.pay.settle_refunds = False
    first = shop.refund(order_id, [(line, 1)], freight_fen=800)["refund_id"]
    cases.send(first)
    case_id = cases.ask(order_id, reason="damaged", lines=[Asked(line, 2)])
    assert cases.case(case_id, "asked_fen") == {"asked_fen": 1}
    cases.end(first)
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert cases.case(case_id, "state, given_fen, refund_id") == {"state": "refunded", "given_fen": 0, "refund_id": None}
    assert shop.one("select given_fen from aftersale_lines") == {"given_fen": 0}
    assert check_books(shop.ctx(), waiting=False) == []
