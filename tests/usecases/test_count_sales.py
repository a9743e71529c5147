"""Sales by day and store converge: late, twice or after a clock that was set back, they are what orders and refunds say."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.infra.clock import FileClock
from backend.infra.uow import reading
from backend.steps.gather_sales import gather_sales
from backend.usecases.count_sales import count_sales
from backend.usecases.send_refund import send_refund
from tests.conftest import NOON
from tests.given_orders import Shop

Later = Callable[..., datetime]


def figures(shop: Shop) -> list[tuple[Any, ...]]:
    return [(str(row["day"]), row["placed"], row["paid"], row["paid_fen"], row["refunds"], row["refunded_fen"])
            for row in shop.rows("select * from sales_days order by day")]


def test_sales_count_on_their_chinese_days(shop: Shop, later: Later) -> None:
    li, goods = shop.shopper(), shop.goods(price_fen=5000, stock=50)
    order_id, _ = shop.paid(li, (goods, 1))
    shop.place(li, (goods, 1))
    later(hours=11, minutes=59)  # 23:59 in China
    shop.paid(li, (goods, 2))
    later(minutes=2)
    send_refund(shop.ctx(), refund_id=shop.refund(order_id)["refund_id"])
    later(days=1)
    shop.paid(li, (goods, 1))
    assert count_sales(shop.ctx()) == 3
    assert figures(shop) == [("2026-03-02", 3, 2, 15_800, 0, 0), ("2026-03-03", 0, 0, 0, 1, 5800), ("2026-03-04", 1, 1, 5800, 0, 0)]


def test_counting_again_changes_nothing(shop: Shop, snapshot: Callable[[], Any]) -> None:
    shop.paid(shop.shopper(), (shop.goods(), 1))
    count_sales(shop.ctx())
    first = snapshot()["sales_days"]
    count_sales(shop.ctx())
    count_sales(shop.ctx(), since=date(2000, 1, 1))
    assert snapshot()["sales_days"] == first != []


def test_only_the_last_days_are_counted_and_a_clock_set_back_does_no_harm(shop: Shop, later: Later, clock: FileClock) -> None:
    li, goods = shop.shopper(), shop.goods(stock=100)
    for _ in range(4):
        shop.paid(li, (goods, 1))
        count_sales(shop.ctx())
        later(days=1)
    assert [row[2] for row in figures(shop)] == [1, 1, 1, 1]
    clock.move_to(NOON + timedelta(days=1))
    shop.paid(li, (goods, 1))
    count_sales(shop.ctx())
    assert [row[2] for row in figures(shop)] == [1, 2, 1, 1]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["place", "pay", "refund", "day", "count"]), max_size=12))
def test_whenever_it_was_counted_the_end_is_the_same(shop: Shop, later: Later, steps: list[str]) -> None:
    li, goods = shop.shopper(), shop.goods(f"G{len(shop.rows('select id from skus'))}", stock=1000)
    for step in steps:
        if step == "place" and len(shop.rows("select id from orders where state = 'unpaid'")) < 5:
            shop.place(li, (goods, 1))
        elif step == "pay":
            shop.paid(li, (goods, 1)) if len(shop.rows("select id from orders where state = 'unpaid'")) < 5 else None
        elif step == "refund":
            for row in shop.rows("select id from orders where state = 'paid' order by id limit 1"):
                send_refund(shop.ctx(), refund_id=shop.refund(row["id"])["refund_id"])
        elif step == "day":
            later(days=1)
        else:
            count_sales(shop.ctx())
    count_sales(shop.ctx())
    with reading(shop.ctx()) as rd:
        anew = gather_sales(rd, date(2000, 1, 1))
    nothing = dict.fromkeys(("placed", "paid", "paid_fen", "refunds", "refunded_fen"), 0)
    kept = {(str(row["day"]), row["store_id"]): {name: row[name] for name in nothing}
            for row in shop.rows("select * from sales_days")}
    assert kept == {(day.isoformat(), store): nothing | found for (day, store), found in anew.items()}
