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
class OrderShipped:
    """Everything that was still owed has left."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderHandedOver:
    """The shopper took everything at a pick-up point."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderReceiptDue:
    """The time to say that nothing came is over: what is still on its way counts as received."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderCompleted:
    """The shopper has the goods: they said so, took them at a pick-up point, or did not object in time."""

    order_id: str
