"""What happens to after-sale cases; each is written in the transaction of its cause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AftersaleAsked:
    """A shopper asked; the merchant's turn."""

    aftersale_id: str


@dataclass(frozen=True, slots=True)
class AftersaleApproved:
    """The merchant agreed, or was silent for too long."""

    aftersale_id: str


@dataclass(frozen=True, slots=True)
class AftersaleEnded:
    """The case is over, one way or another; its lines are free."""

    aftersale_id: str


@dataclass(frozen=True, slots=True)
class AftersaleAnswerDue:
    """The merchant's time to answer is over."""

    aftersale_id: str


@dataclass(frozen=True, slots=True)
class AftersaleParcelDue:
    """The shopper's time to send the parcel is over."""

    aftersale_id: str


@dataclass(frozen=True, slots=True)
class AftersaleReceiptDue:
    """The merchant's time to say that the parcel arrived is over."""

    aftersale_id: str
