"""Events of the house itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HousekeepingDue:
    """Once a day: forget what need not be kept."""


@dataclass(frozen=True, slots=True)
class IndexingDue:
    """Rows from before an index column came still lack their index."""
