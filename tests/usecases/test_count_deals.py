"""count_deals: what was really paid, by Chinese day; converges however often it runs."""

from datetime import UTC, date, datetime, timedelta

from backend.queries.deals import Deals, price_history
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.count_deals import count_deals
from tests.conftest import NOON

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def test_deals_by_day_and_units_sold(ctx, rows, shop, later, clock):
    apple, pear = shop.goods("A1", 5000, 100), shop.goods("B1", 3000, 100)
    shop.place(shop.shopper(), (apple, 9))
    shop.paid(shop.shopper(), (apple, 2), (pear, 1))
    change_prices(ctx(), changes=[PriceChange("A1", 4500)])
    shop.paid(shop.shopper("han"), (apple, 3))
    assert count_deals(ctx()) == 2
    clock.move_to(datetime(2026, 3, 2, 16, 0, 1, tzinfo=UTC))
    shop.paid(shop.shopper(), (apple, 1))
    assert count_deals(ctx()) == 2
    assert price_history(ctx(), sku_id=apple.sku_id) == [Deals(MONDAY, 4500, 5000, 5), Deals(TUESDAY, 4500, 4500, 1)]
    assert price_history(ctx(), sku_id=pear.sku_id) == [Deals(MONDAY, 3000, 3000, 1)]
    sold = "select s.code, p.sold from products p join skus s on s.product_id = p.id order by s.code"
    assert [tuple(row.values()) for row in rows(sold)] == [("A1", 6), ("B1", 1)]


def test_counting_again_changes_nothing(ctx, shop, snapshot):
    apple = shop.goods("A1", 5000, 100)
    shop.paid(shop.shopper(), (apple, 2))
    now = ctx()
    count_deals(now)
    before = snapshot()
    assert count_deals(now) == 1 and count_deals(now, since=date(2026, 1, 1)) == 1
    assert snapshot() == before


def test_a_refund_does_not_undo_a_deal(ctx, shop):
    apple = shop.goods("A1", 5000, 100)
    order_id, _ = shop.paid(shop.shopper(), (apple, 2))
    shop.refund(order_id)
    count_deals(ctx())
    assert price_history(ctx(), sku_id=apple.sku_id) == [Deals(MONDAY, 5000, 5000, 2)]


def test_the_history_ends_after_its_days(ctx, shop, clock, later):
    apple = shop.goods("A1", 5000, 100)
    shop.paid(shop.shopper(), (apple, 1))
    count_deals(ctx())
    clock.move_to(NOON)
    later(days=89)
    assert len(price_history(ctx(), sku_id=apple.sku_id)) == 1
    later(days=1)
    assert price_history(ctx(), sku_id=apple.sku_id) == []
    assert count_deals(ctx()) == 1, "from the day before the last count"
    assert count_deals(ctx()) == 0 and len(price_history(ctx(), sku_id=apple.sku_id, days=91)) == 1


def test_a_payment_that_came_to_light_after_midnight_counts_for_its_day(ctx, shop, clock):
    apple = shop.goods("A1", 5000, 100)
    clock.move_to(datetime(2026, 3, 2, 16, 0, 1, tzinfo=UTC))
    count_deals(ctx())
    clock.move_to(datetime(2026, 3, 2, 15, 59, 50, tzinfo=UTC))
    shop.paid(shop.shopper(), (apple, 1))
    clock.move_to(datetime(2026, 3, 2, 16, 0, 2, tzinfo=UTC))
    assert count_deals(ctx()) == 1
    assert price_history(ctx(), sku_id=apple.sku_id) == [Deals(MONDAY, 5000, 5000, 1)]


def test_a_clock_that_was_set_back_hides_no_deals(ctx, shop, clock, later):
    apple = shop.goods("A1", 5000, 100)
    later(days=60)
    count_deals(ctx())
    clock.move_to(NOON + timedelta(minutes=1))
    shop.paid(shop.shopper(), (apple, 1))
    assert count_deals(ctx()) == 1
