"""Events of the books."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BooksCheckDue:
    """Once a night: all checks are to be made."""


@dataclass(frozen=True, slots=True)
class BooksSliceDue:
    """The next checks of a run are to be made."""

    run_id: str
    step: int
