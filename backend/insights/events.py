"""What makes the insights work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SalesCountDue:
    """Time to count the sales of these days anew."""
