"""Which of the planned orders are fetched at a pick-up point, where, and when somebody comes for them.

Pure and repeatable, and drawn apart from the rest of the plan: who orders what does not change by it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from backend.demo.catalogue import catalogue
from backend.demo.people import people
from backend.demo.planned import DayPlan, PlannedOrder
from backend.demo.points import POINTS, Point

SHARE, NEVER = 0.1, 0.06
"""Shares of the orders that are fetched though they could be sent, and of those that nobody comes for."""
ONLY_FETCHED = frozenset(
    sku.code for product in catalogue().products if product.deliveries == ("pickup",) for sku in product.skus)
"""An order with any of these is always fetched."""


def fetched(day: DayPlan) -> DayPlan:
    """The day with its pick-ups."""
    return replace(day, orders=tuple(_fetched(order) for order in day.orders))


def _fetched(order: PlannedOrder) -> PlannedOrder:
    random = Random(f"fetched:{order.key}:{order.member}")
    if random.random() >= SHARE and not any(line.sku in ONLY_FETCHED for line in order.lines):
        return order
    point = _point(order, random)
    if order.paid_at is None or random.random() < NEVER:
        return replace(order, point=point.key)
    wanted = order.paid_at + timedelta(minutes=random.choice((45, 90, 150, 300, 1200, 1500, 2400, 3000)) + random.randrange(40))
    comes = _when_open(point, wanted)
    if order.refund is not None and order.refund.at <= comes and _is_all(order):
        return replace(order, point=point.key)
    return replace(order, point=point.key, fetched_at=comes)


def _point(order: PlannedOrder, random: Random) -> Point:
    [person] = [each for each in people() if each.key == order.member]
    region = person.addresses[order.address].region_code
    return next((point for point in POINTS if region in point.regions), random.choice(POINTS))


def _when_open(point: Point, wanted: datetime) -> datetime:
    """The moment `wanted`, or some minutes after the point opens next."""
    while True:
        for opens, closes in point.hours[wanted.weekday()]:
            if f"{wanted:%H:%M}" < opens:
                hour, minute = map(int, opens.split(":"))
                return wanted.replace(hour=hour, minute=minute) + timedelta(minutes=12)
            if f"{wanted:%H:%M}" < closes:
                return wanted
        wanted = (wanted + timedelta(days=1)).replace(hour=0, minute=0)


def _is_all(order: PlannedOrder) -> bool:
    assert order.refund is not None
    back = {line.sku: line.quantity for line in order.refund.lines}
    return not back or back == {line.sku: line.quantity for line in order.lines}
