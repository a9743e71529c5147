"""The only place that reads the time: the system's clock, or one shifted by a file so that a story can move on."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

FARTHEST_SECONDS = 100 * 366 * 86_400
"""No story goes farther than a century: an offset beyond that, or one that is no number, is a broken file."""


class Clock(Protocol):
    """Business time. `now()` is aware and in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """The machine's time plus the offset in seconds that stands as text in a file (absent or broken: 0).

    API, worker, cron and the emulator share the file, so all of them move together. Refused in production.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def offset(self) -> float:
        try:
            seconds = float(self.path.read_text("ascii") or 0)
        except (OSError, ValueError):
            return 0.0
        return seconds if abs(seconds) <= FARTHEST_SECONDS else 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset())

    def move_to(self, at: datetime) -> None:
        """Set the offset so that it is `at` now; written whole or not at all, for its owner only."""
        offset = (at - datetime.now(UTC)).total_seconds()
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        temporary.touch(mode=0o600)
        temporary.write_text(f"{offset:.6f}", "ascii")
        temporary.replace(self.path)


def make_clock(setting: str) -> Clock:
    """`system`, or `file:PATH`; ValueError for anything else."""
    if setting == "system":
        return SystemClock()
    if setting.startswith("file:"):
        return FileClock(Path(setting.removeprefix("file:")))
    raise ValueError(f"clock must be system or file:PATH, not {setting!r}")


def real_now() -> datetime:
    """Real elapsed time for leases, retries and "overdue": moving the business clock does not touch it."""
    return datetime.now(UTC)


def ticks() -> float:
    """Monotonic seconds, for measuring how long something took."""
    return time.monotonic()
