"""What happens to tickets; each is written in the transaction of its cause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """Somebody complained, or somebody of the shop entered what a member said."""

    ticket_id: str


@dataclass(frozen=True, slots=True)
class TicketAnswered:
    """The shop wrote."""

    ticket_id: str


@dataclass(frozen=True, slots=True)
class TicketClosed:
    """The ticket has an outcome."""

    ticket_id: str


@dataclass(frozen=True, slots=True)
class TicketAnswerDue:
    """The shop's time to answer is over."""

    ticket_id: str


@dataclass(frozen=True, slots=True)
class TicketOverdue:
    """The shop did not answer in time; it was marked."""

    ticket_id: str


@dataclass(frozen=True, slots=True)
class TicketSilenceDue:
    """The shopper's time to react to an answer is over."""

    ticket_id: str
