"""The front page: today's figures live, thirty days from the daily count, what waits – each within rights and scope."""

from collections.abc import Callable
from datetime import datetime

import pytest

from backend.gateways.outcomes import WeChatRefused
from backend.infra.uow import transaction
from backend.kernel.actors import SYSTEM, staff
from backend.kernel.calendar import business_day
from backend.payments import store as payments
from backend.queries.front_page import MANY, TO_DO, Figures, front_page, to_do
from backend.usecases.count_sales import count_sales
from backend.usecases.send_refund import send_refund
from tests.counting import counted
from tests.given_orders import STAFF, Shop

Later = Callable[..., datetime]
NOTHING = {each.name: 0 for each in TO_DO}


def test_an_empty_shop_has_an_empty_front_page(shop: Shop) -> None:
    page = front_page(shop.ctx(STAFF))
    assert (page.today, page.yesterday, dict(page.to_do)) == (Figures(), Figures(), NOTHING)
    assert page.days is not None and len(page.days) == 30
    assert page.days[-1][0] == page.day == business_day(shop.ctx().now)


def test_today_is_live_and_yesterday_is_counted(shop: Shop, later: Later) -> None:
    li, goods = shop.shopper(), shop.goods(stock=50)
    order_id, _ = shop.paid(li, (goods, 1))
    count_sales(shop.ctx())
    later(days=1)
    shop.paid(li, (goods, 2))
    shop.place(li, (goods, 1))
    send_refund(shop.ctx(), refund_id=shop.refund(order_id)["refund_id"])
    page = front_page(shop.ctx(STAFF))
    assert page.today == Figures(placed=2, paid=1, paid_fen=10_000, refunds=1, refunded_fen=5800)
    assert page.yesterday == Figures(placed=1, paid=1, paid_fen=5800)
    assert page.days is not None
    assert [figures.paid for _, figures in page.days[-3:]] == [0, 1, 1]
    assert page.days[-1][1] == page.today


def test_what_waits_is_counted(shop: Shop) -> None:
    li, goods = shop.shopper(), shop.goods(stock=11)
    shop.paid(li, (goods, 1))
    order_id, _ = shop.paid(li, (goods, 1))
    refund_id = shop.refund(order_id)["refund_id"]
    shop.world.pay.fail["refund"] = [WeChatRefused("NO_AUTH", "no")]
    send_refund(shop.ctx(), refund_id=refund_id)
    assert to_do(shop.ctx(STAFF)) == NOTHING | {"to_ship": 2, "stuck_refunds": 1, "exceptions": 1, "low_stock": 1}


@pytest.mark.parametrize(("permissions", "seen"), [
    ({"orders.view"}, {"to_ship", "to_hand_over", "uploads_failed"}),
    ({"goods.view"}, {"low_stock"}),
    ({"money.view"}, {"stuck_refunds", "exceptions", "bill_differences"}),
    ({"jobs.view"}, {"dead_deliveries"}),
    (set(), set()),
])
def test_everybody_sees_what_they_may(shop: Shop, permissions: set[str], seen: set[str]) -> None:
    page = front_page(shop.ctx(staff("stf_1", permissions)))
    assert set(page.to_do) == seen
    assert (page.today is None) == (page.days is None) == (not permissions & {"orders.view", "money.view"})


def test_staff_of_a_store_see_their_store(shop: Shop) -> None:
    shop.paid(shop.shopper(), (shop.goods(stock=50), 1))
    count_sales(shop.ctx())
    rights = {"orders.view", "money.view", "jobs.view", "aftersales.view", "tickets.view"}
    here, there = (front_page(shop.ctx(staff("stf_1", rights, [store]))) for store in ("sto_main", "sto_other"))
    assert here.today == Figures(placed=1, paid=1, paid_fen=5800)
    assert there.today == Figures() and there.days is not None and {each for _, each in there.days} == {Figures()}
    assert (here.to_do["to_ship"], there.to_do["to_ship"]) == (1, 0)
    for page in (here, there):
        assert not {"exceptions", "bill_differences", "dead_deliveries"} & set(page.to_do)


def test_the_number_of_statements_does_not_grow(shop: Shop, later: Later) -> None:
    with counted() as few:
        front_page(shop.ctx(STAFF))
    li, goods = shop.shopper(), shop.goods(stock=100)
    for _ in range(5):
        shop.paid(li, (goods, 1))
        later(hours=20)
        count_sales(shop.ctx())
    with counted() as many:
        front_page(shop.ctx(STAFF))
    assert len(many) == len(few) <= 18


def test_many_are_not_counted_to_the_last(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction(shop.ctx(SYSTEM)) as tx:
        for i in range(7):
            payments.quarantine(tx, "wrong_amount", f"pay_{i}", "", {})
    monkeypatch.setattr("backend.queries.front_page.MANY", 5)
    assert to_do(shop.ctx(STAFF))["exceptions"] == 5
    assert MANY == 1000
