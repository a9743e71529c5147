"""What a plan of shopping is made of: orders, refunds and days as plain values, and their steps in order of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal


@dataclass(frozen=True)
class Line:
    """So many of a SKU, by its code."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Refund:
    """Money back at a time: for these lines, or for the whole order when there are none."""

    at: datetime
    lines: tuple[Line, ...]
    reason: str


@dataclass(frozen=True)
class PlannedOrder:
    """One order; `address` is the place in the member's list. Neither paid nor cancelled: it closes by itself.

    With a `point` it is fetched there, at `fetched_at` or never.
    """

    key: str
    member: str
    address: int
    placed_at: datetime
    lines: tuple[Line, ...]
    remark: str
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    refund: Refund | None = None
    point: str | None = None
    fetched_at: datetime | None = None

    @property
    def ships_at(self) -> datetime | None:
        """The courier comes at half past four for what was paid before eleven; None for what is fetched or not paid."""
        if self.paid_at is None or self.point is not None:
            return None
        return (self.paid_at + timedelta(days=self.paid_at.hour >= 11)).replace(hour=16, minute=30, second=0, microsecond=0)


@dataclass(frozen=True)
class DayPlan:
    """A day's orders in the order of their placing."""

    day: date
    orders: tuple[PlannedOrder, ...]


@dataclass(frozen=True)
class Step:
    """Something that a shopper (or, for refunds and parcels, the shop) does at a time."""

    at: datetime
    kind: Literal["place", "pay", "cancel", "refund", "fetch", "ship"]
    order: PlannedOrder


def steps(plan: Iterable[DayPlan], until: datetime) -> list[Step]:
    """What is done up to a moment (inclusive), in the order of time; what would come later is left out."""
    found = []
    for order in (order for day in plan for order in day.orders):
        found.append(Step(order.placed_at, "place", order))
        if order.paid_at:
            found.append(Step(order.paid_at, "pay", order))
        if order.cancelled_at:
            found.append(Step(order.cancelled_at, "cancel", order))
        if order.fetched_at:
            found.append(Step(order.fetched_at, "fetch", order))
        if order.ships_at:
            found.append(Step(order.ships_at, "ship", order))
        if order.refund:
            found.append(Step(order.refund.at, "refund", order))
    return sorted((step for step in found if step.at <= until), key=lambda step: (step.at, step.order.key))
