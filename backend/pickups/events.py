"""What happens to pick-ups; each is written in the transaction of its cause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderReadyForPickup:
    """The goods have arrived at the shopper's pick-up point."""

    order_id: str


@dataclass(frozen=True, slots=True)
class PickupReminderDue:
    """The goods may have waited too long at the point."""

    order_id: str


@dataclass(frozen=True, slots=True)
class PickupOverdue:
    """Nobody fetched the goods in time: the shopper is to be reminded, and staff to decide."""

    order_id: str
