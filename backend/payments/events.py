"""What happens to payments and refunds; each is written in the transaction of its cause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaymentSuperseded:
    """Another attempt paid the order: this one must be closed at WeChat."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class PaymentQueryDue:
    """Nobody told us how this attempt ended: WeChat is asked."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """A refund is written and may be sent."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """WeChat said no to a refund, or gave it up: nothing has gone back (yet)."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class RefundQueryDue:
    """Nobody told us how this refund ended: WeChat is asked."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class PaymentQuarantined:
    """Money news that does not fit our books was put aside for a person."""

    exception_id: str


@dataclass(frozen=True, slots=True)
class OpenMoneyQueryDue:
    """Time to look for payments and refunds of which nobody has told us."""


@dataclass(frozen=True, slots=True)
class BillDue:
    """WeChat's bill of a China day (ISO date) is ready."""

    day: str
