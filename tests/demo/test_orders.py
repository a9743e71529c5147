"""The planned days of shopping are repeatable, in order, possible in the shop, and look like life."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from backend.demo.catalogue import catalogue
from backend.demo.orders import FREE_FREIGHT_FEN, plan_days
from backend.demo.people import people
from backend.demo.planned import DayPlan, PlannedOrder, steps
from backend.demo.points import POINTS
from backend.kernel.calendar import CHINA

LAST = date(2026, 11, 21)
END = datetime(2026, 11, 22, tzinfo=CHINA)
SKUS = {sku.code: sku for product in catalogue().products for sku in product.skus}
PRODUCTS = {sku.code: product for product in catalogue().products for sku in product.skus}
PAYMENT_MINUTES = 15


@pytest.fixture(scope="module")
def plan() -> list[DayPlan]:
    return plan_days(LAST)


@pytest.fixture(scope="module")
def orders(plan: list[DayPlan]) -> list[PlannedOrder]:
    return [order for day in plan for order in day.orders]


def test_the_same_every_time(plan: list[DayPlan]) -> None:
    assert plan_days(LAST) == plan
    assert plan_days(LAST, seed=21) != plan


def test_the_plan_never_changes_unnoticed(plan: list[DayPlan], orders: list[PlannedOrder]) -> None:
    first, last = orders[0], orders[-1]
    assert (len(orders), sum(len(order.lines) for order in orders)) == (656, 1754)
    assert (first.key, first.member, f"{first.placed_at:%m-%d %H:%M:%S}") == ("0923-01", "zhang-wei", "09-23 08:40:40")
    assert (last.key, last.member, last.lines[0].sku) == ("1121-14", "zhou-yan", "SG07-5J")


@pytest.mark.parametrize("days", [1, 7, 60, 120])
def test_so_many_days_up_to_the_last(days: int) -> None:
    plan = plan_days(LAST, days)
    assert [day.day for day in plan] == [LAST - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
    assert all(8 <= len(day.orders) <= 14 for day in plan)


def test_everything_in_the_order_of_time(plan: list[DayPlan], orders: list[PlannedOrder]) -> None:
    assert [order.placed_at for order in orders] == sorted(order.placed_at for order in orders)
    for day in plan:
        for order in day.orders:
            assert order.placed_at.utcoffset() == timedelta(hours=8) and order.placed_at.date() == day.day
            if order.paid_at:
                assert timedelta() < order.paid_at - order.placed_at < timedelta(minutes=PAYMENT_MINUTES)
            if order.cancelled_at:
                assert timedelta() < order.cancelled_at - order.placed_at < timedelta(minutes=PAYMENT_MINUTES)
            if order.refund:
                assert order.paid_at and order.paid_at < order.refund.at < END
            assert not (order.paid_at and order.cancelled_at)
    assert len({order.key for order in orders}) == len(orders)


def test_steps_are_in_the_order_of_time_and_end_at_the_moment(plan: list[DayPlan]) -> None:
    everything = steps(plan, END)
    assert [step.at for step in everything] == sorted(step.at for step in everything)
    noon = datetime(2026, 11, 10, 12, tzinfo=CHINA)
    assert steps(plan, noon) == [step for step in everything if step.at <= noon]
    assert steps(plan, everything[0].at) == everything[:1]
    seen = defaultdict(list)
    for step in everything:
        seen[step.order.key].append(step.kind)
    assert {tuple(kinds) for kinds in seen.values()} == {
        ("place",),
        ("place", "pay"),
        ("place", "cancel"),
        ("place", "pay", "ship"),
        ("place", "pay", "ship", "refund"),
        ("place", "pay", "refund", "ship"),
        ("place", "pay", "fetch"),
        ("place", "pay", "fetch", "refund"),
        ("place", "pay", "refund"),
    }


def test_only_what_is_on_the_shelf_and_in_stock(orders: list[PlannedOrder]) -> None:
    ordered: Counter[str] = Counter()
    for order in orders:
        assert len({line.sku for line in order.lines}) == len(order.lines) >= 1
        for line in order.lines:
            product, ago = PRODUCTS[line.sku], (LAST - order.placed_at.date()).days
            assert product.on_shelf and product.published_days_ago > ago and line.quantity >= 1
            ordered[line.sku] += line.quantity
    assert all(quantity <= SKUS[code].stock for code, quantity in ordered.items())


def test_a_nearly_empty_shop_is_never_oversold(monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(replace(p, skus=tuple(replace(sku, stock=5) for sku in p.skus)) for p in catalogue().products)
    monkeypatch.setattr("backend.demo.orders.catalogue", lambda: replace(catalogue(), products=few))
    ordered: Counter[str] = Counter()
    for order in (order for day in plan_days(LAST, 40) for order in day.orders):
        ordered.update({line.sku: line.quantity for line in order.lines})
    assert max(ordered.values()) == 5
    assert len([code for code, quantity in ordered.items() if quantity == 5]) > 50


def test_only_people_who_have_joined_once_a_day(plan: list[DayPlan]) -> None:
    joined = {person.key: person.joined_days_ago for person in people()}
    for day in plan:
        members = [order.member for order in day.orders]
        assert len(set(members)) == len(members)
        assert all(joined[member] >= (LAST - day.day).days for member in members)
    assert {order.member for day in plan for order in day.orders} == set(joined)


def test_refunds_are_of_what_was_bought(orders: list[PlannedOrder]) -> None:
    for order in orders:
        bought = {line.sku: line.quantity for line in order.lines}
        for line in order.refund.lines if order.refund else ():
            assert 1 <= line.quantity <= bought[line.sku]


def test_all_fates_occur_at_believable_rates(orders: list[PlannedOrder]) -> None:
    cancelled = sum(1 for order in orders if order.cancelled_at)
    abandoned = sum(1 for order in orders if not order.paid_at and not order.cancelled_at)
    whole = sum(1 for order in orders if order.refund and not order.refund.lines)
    lines = sum(1 for order in orders if order.refund and order.refund.lines)
    assert 15 <= cancelled <= 50 and 15 <= abandoned <= 50 and 8 <= whole <= 30 and 15 <= lines <= 50
    assert 60 <= sum(1 for order in orders if order.remark) <= 200
    assert 40 <= sum(1 for order in orders if order.address == 1) <= 140
    assert sum(1 for order in orders if len(order.lines) > 1) > len(orders) / 2
    amounts = [sum(SKUS[line.sku].price.fen * line.quantity for line in order.lines) for order in orders]
    assert 0.45 < sum(1 for amount in amounts if amount >= FREE_FREIGHT_FEN) / len(amounts) < 0.8


def test_wednesdays_are_busy_and_the_shop_grows(plan: list[DayPlan]) -> None:
    by_weekday: dict[int, list[int]] = defaultdict(list)
    for day in plan:
        by_weekday[day.day.weekday()].append(len(day.orders))
    means = {weekday: sum(counts) / len(counts) for weekday, counts in by_weekday.items()}
    assert max(means, key=means.__getitem__) == 2
    assert means[5] > means[1]
    assert sum(len(day.orders) for day in plan[30:]) > 1.1 * sum(len(day.orders) for day in plan[:30])


def test_people_buy_again_about_when_it_runs_out(orders: list[PlannedOrder]) -> None:
    bought: dict[tuple[str, str], list[PlannedOrder]] = defaultdict(list)
    for order in orders:
        if order.paid_at:
            for line in order.lines:
                bought[order.member, line.sku].append(order)
    again = {key: found for key, found in bought.items() if len(found) >= 3}
    assert len(again) >= 100
    near = 0
    for (_, code), found in again.items():
        days = (found[-1].placed_at - found[0].placed_at).days / (len(found) - 1)
        units = sum(line.quantity for order in found for line in order.lines if line.sku == code) / len(found)
        near += 0.6 <= days / ((SKUS[code].cycle_days or 30) * units) <= 2
    assert near > 0.6 * len(again)


def test_some_are_fetched_while_the_point_is_open_and_some_never(orders: list[PlannedOrder]) -> None:
    points = {point.key: point for point in POINTS}
    fetched = [order for order in orders if order.point]
    assert 60 <= len(fetched) <= 120 and {order.point for order in fetched} == set(points)
    for order in orders:
        assert order.fetched_at is None or (order.point and order.paid_at and order.fetched_at > order.paid_at)
        if order.fetched_at and order.point:
            spans = points[order.point].hours[order.fetched_at.weekday()]
            assert any(opens <= f"{order.fetched_at:%H:%M}" < closes for opens, closes in spans)
    assert 3 <= sum(1 for order in fetched if order.paid_at and not order.fetched_at) <= 15


def test_what_can_only_be_fetched_is_fetched(orders: list[PlannedOrder]) -> None:
    alone = {code for code, product in PRODUCTS.items() if product.deliveries == ("pickup",)}
    assert len({PRODUCTS[code].key for code in alone}) == 3
    with_it = [order for order in orders if any(line.sku in alone for line in order.lines)]
    assert len(with_it) >= 10 and all(order.point for order in with_it)
