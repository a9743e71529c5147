"""Events of the catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DealCountDue:
    """It is time to count what has been sold since the last count."""
