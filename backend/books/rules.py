"""How long a run of the checks may take, how much of it is kept, and which faults last. Pure."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TypeVar

Fault = TypeVar("Fault")

TOLD = 20
"""Faults kept of each check; all are counted."""
SLICE_SECONDS = 5
CHECK_SECONDS = 18
"""A job is killed after 25 seconds: a check that needs longer than this is unjudged; `check-books` by hand waits for it."""
GIVEN_UP_AFTER = 3
"""A check at which the worker died twice is unjudged: the third try goes on without it."""
LOOK_AGAIN = timedelta(seconds=60)
STALE = timedelta(hours=3)
"""A run of which nothing was heard for so long (real time) is over: its chain broke."""
KEPT = timedelta(days=90)


def lasting(second: Sequence[tuple[object, Fault]], counted: int, seen: Collection[object], before: int) -> tuple[int, list[Fault]]:
    """Of the faults at the second look, [(key, fault)] and `counted` in all, those that the first look saw: (how many, which).

    `seen` are the keys that were kept of the first look's `before` faults. When there were more than it kept, nobody can say
    which of them are new: all of the second look last.
    """
    if before > len(seen):
        return counted, [fault for _, fault in second]
    kept = [fault for key, fault in second if key in seen]
    return len(kept), kept
