"""What happens to orders; each is written in the transaction of its cause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order was placed and its stock is reserved."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderPaymentDue:
    """The time to pay is over: whatever is still unpaid closes."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderClosing:
    """Somebody gave the order up while a payment may be on its way."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderClosed:
    """The order is given up; its stock is free again."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """Exactly one payment was applied."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderRefunded:
    """Money of the order has arrived back at the shopper."""

    order_id: str
    refund_id: str


@dataclass(frozen=True, slots=True)
class OrderHandedOver:
    """The shopper took the goods at their pick-up point."""

    order_id: str
