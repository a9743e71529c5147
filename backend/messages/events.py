"""What happens to messages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageAsked:
    """A message waits to be sent."""

    message_id: str
