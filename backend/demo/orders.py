"""Days of believable shopping in the demo shop: who orders what at which minute, and what becomes of it.

Pure and repeatable: the same days and seed give the same plan. Households buy again when what they bought runs out,
pick things they fancy by the way, order more on Wednesdays and at weekends, and become more as the weeks pass. Nobody
orders what is not on the shelf that day, and all together never more than the opening stock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from backend.demo.catalogue import Product, Sku, catalogue
from backend.demo.fetching import fetched
from backend.demo.people import PROFILES, Person, people
from backend.demo.planned import DayPlan, Line, PlannedOrder, Refund
from backend.demo.remarks import refund_reason, remark_for
from backend.kernel.calendar import CHINA

T = TypeVar("T")

SEED = 20
FEWEST, MOST = 8, 14
"""Orders a day."""
AVERAGE, GROWTH = 10.6, 0.36
"""Orders a day in the middle of the time, and by how much of it they grow from the first day to the last."""
WEEK = (0.92, 0.9, 1.3, 0.92, 1.02, 1.16, 1.1)
"""Monday to Sunday against the average; Wednesday is the members' day."""
PEAKS = ((7.9, 0.6, 12), (12.3, 0.7, 20), (18.2, 0.9, 18), (21.0, 0.9, 34), (15.0, 3.0, 16))
"""When people shop: hour, spread in hours, weight."""
CANCELLED, ABANDONED, REFUNDED_WHOLE, REFUNDED_LINE = 0.04, 0.04, 0.025, 0.05
"""Shares of the orders; the last two of the paid ones."""
FREE_FREIGHT_FEN, NEARLY_FEN = 8_800, 5_600
"""Who is between the two likes to add something."""


def plan_days(last: date, days: int = 60, seed: int = SEED) -> list[DayPlan]:
    """The `days` days up to and with `last`, oldest first; times are aware and Chinese. The same every time.

    What the catalogue and the people say in "days ago" counts from `last`. A refund never lies after `last`.
    """
    shopping = _Shopping(Random(f"{seed}:{days}"), days)
    return [fetched(shopping.day(last - timedelta(days=ago), ago)) for ago in range(days - 1, -1, -1)]


@dataclass
class _Household:
    """What a member keeps buying (by product) and on which day, in days ago, each thing runs out."""

    person: Person
    pace: float
    staples: dict[str, Sku]
    runs_out: dict[str, float]
    last_order: float = 999


class _Shopping:
    def __init__(self, random: Random, days: int) -> None:
        self.random = random
        self.days = days
        self.products = {product.key: product for product in catalogue().products if product.on_shelf}
        self.skus = {sku.code: sku for product in self.products.values() for sku in product.skus}
        self.left = {code: sku.stock for code, sku in self.skus.items()}
        self.households = [self._household(person) for person in people()]

    def day(self, day: date, ago: int) -> DayPlan:
        grown = 1 - GROWTH / 2 + GROWTH * (1 - ago / max(1, self.days - 1))
        count = round(AVERAGE * grown * WEEK[day.weekday()] + self.random.uniform(-1.2, 1.2))
        shoppers = self._shoppers(min(max(count, FEWEST), MOST), ago)
        times = sorted(self._time_of_day(day) for _ in shoppers)
        orders = [
            self._order(f"{day:%m%d}-{number:02}", at, household, ago)
            for number, (at, household) in enumerate(zip(times, shoppers, strict=True), 1)
        ]
        return DayPlan(day, tuple(orders))

    def _household(self, person: Person) -> _Household:
        tastes = PROFILES[person.profile]
        regular = [product for product in self.products.values() if product.category in tastes and _lasting(product)]
        weights = [tastes[product.category] * product.popularity**1.4 for product in regular]
        large = person.profile in ("family", "baby")
        chosen = [self._pick(regular, weights) for _ in range(9)]
        staples = {product.key: self._sku(product, large) for product in chosen}
        pace = self.random.uniform(0.8, 1.25)
        start = min(person.joined_days_ago, self.days)
        runs_out = {key: start - self.random.uniform(0, _cycle(sku) * pace) for key, sku in staples.items()}
        return _Household(person, pace, staples, runs_out)

    def _shoppers(self, count: int, ago: int) -> list[_Household]:
        rest = [household for household in self.households if household.person.joined_days_ago >= ago]
        chosen: list[_Household] = []
        while rest and len(chosen) < count:
            household = self._pick(rest, [_eagerness(household, ago) for household in rest])
            rest.remove(household)
            chosen.append(household)
        return chosen

    def _order(self, key: str, at: datetime, household: _Household, ago: int) -> PlannedOrder:
        person, random = household.person, self.random
        lines = self._basket(household, ago)
        address = 1 if random.random() < 0.12 else 0
        remark = remark_for(random, person.profile, [line.sku for line in lines])
        household.last_order = ago
        fate = random.random()
        if fate < CANCELLED:
            cancelled_at = at + timedelta(seconds=random.randint(40, 700))
            return PlannedOrder(key, person.key, address, at, lines, remark, cancelled_at=cancelled_at)
        if fate < CANCELLED + ABANDONED:
            return PlannedOrder(key, person.key, address, at, lines, remark)
        paid_at = at + timedelta(seconds=random.randint(8, 60) if random.random() < 0.85 else random.randint(60, 420))
        self._stocked_up(household, lines, ago)
        return PlannedOrder(
            key, person.key, address, at, lines, remark, paid_at, refund=self._refund(paid_at, lines, ago)
        )

    def _basket(self, household: _Household, ago: int) -> tuple[Line, ...]:
        random = self.random
        basket: dict[str, int] = {}
        due = [key for key, out in household.runs_out.items() if out >= ago - 2]
        for product in sorted(due, key=lambda key: -household.runs_out[key])[:4]:
            sku = household.staples[product]
            two = random.random() < (0.24 if _cycle(sku) <= 10 else 0.07)
            self._put(basket, self.products[product], sku, 2 if two else 1, ago)
        for _ in range(random.choice((0, 0, 1, 1, 2)) if basket else random.choice((1, 2, 2, 3))):
            self._fancy(basket, household, ago)
        amount = sum(self.skus[code].price.fen * quantity for code, quantity in basket.items())
        if NEARLY_FEN <= amount < FREE_FREIGHT_FEN and random.random() < 0.6:
            self._fancy(basket, household, ago)
        while not basket:
            self._fancy(basket, household, ago)
        for code, quantity in basket.items():
            self.left[code] -= quantity
        return tuple(Line(code, quantity) for code, quantity in basket.items())

    def _fancy(self, basket: dict[str, int], household: _Household, ago: int) -> None:
        tastes = PROFILES[household.person.profile]
        offered = [product for product in self.products.values() if any(sku.stock for sku in product.skus)]
        weights = [(tastes.get(product.category, 0) + 0.6) * product.popularity**1.5 for product in offered]
        product = self._pick(offered, weights)
        self._put(basket, product, self._sku(product, large=False), 1, ago)

    def _put(self, basket: dict[str, int], product: Product, sku: Sku, quantity: int, ago: int) -> None:
        quantity += basket.get(sku.code, 0)
        if product.published_days_ago > ago and self.left[sku.code] >= quantity:
            basket[sku.code] = quantity

    def _stocked_up(self, household: _Household, lines: tuple[Line, ...], ago: int) -> None:
        bought = {line.sku: line.quantity for line in lines}
        for product, sku in household.staples.items():
            if sku.code in bought:
                lasts = _cycle(sku) * bought[sku.code] * household.pace * self.random.uniform(0.9, 1.1)
                household.runs_out[product] = min(household.runs_out[product], ago) - lasts

    def _refund(self, paid_at: datetime, lines: tuple[Line, ...], ago: int) -> Refund | None:
        random = self.random
        chance = random.random()
        if chance >= REFUNDED_WHOLE + REFUNDED_LINE:
            return None
        at = paid_at + timedelta(days=random.randint(0, 4), minutes=random.randint(30, 420))
        at = at.replace(hour=min(max(at.hour, 9), 21))
        if at <= paid_at or (at.date() - paid_at.date()).days > ago:
            return None
        if chance < REFUNDED_WHOLE:
            return Refund(at, (), refund_reason(random, None))
        line = random.choice(lines)
        return Refund(at, (Line(line.sku, random.randint(1, line.quantity)),), refund_reason(random, line.sku))

    def _time_of_day(self, day: date) -> datetime:
        hour, spread, _ = self._pick(PEAKS, [weight for _, _, weight in PEAKS])
        hour = min(max(self.random.gauss(hour, spread), 6.6), 23.3)
        return datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(seconds=round(hour * 3600))

    def _sku(self, product: Product, large: bool) -> Sku:
        offered = [sku for sku in product.skus if sku.stock]
        return offered[-1] if large and self.random.random() < 0.5 else self.random.choice(offered)

    def _pick(self, options: Sequence[T], weights: Sequence[float]) -> T:
        return self.random.choices(options, weights)[0]


def _eagerness(household: _Household, ago: int) -> float:
    run_out = sum(1 for out in household.runs_out.values() if out >= ago - 1)
    return (0.5 + 1.6 * run_out) * (0.15 if household.last_order - ago <= 2 else 1)


def _lasting(product: Product) -> bool:
    return all(sku.cycle_days for sku in product.skus) and any(sku.stock for sku in product.skus)


def _cycle(sku: Sku) -> int:
    return sku.cycle_days or 30
