"""The stand-in's own reader of the clock that it shares with the shop."""

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

CHINA = timezone(timedelta(hours=8))


class Clock:
    """Tells the time: this machine's, moved by the seconds that the offset file holds (absent file: 0).

    The file is read on each use, so a move is seen by the next call.
    """

    def __init__(self, offset_file: Path | None) -> None:
        self._offset_file = offset_file

    def now(self) -> float:
        """Seconds since 1970 on the shared clock. A file that holds no number raises ValueError."""
        return time.time() + self.offset()

    def offset(self) -> float:
        """Seconds by which the shared clock is ahead of this machine's (negative: behind)."""
        if self._offset_file is None:
            return 0.0
        try:
            text = self._offset_file.read_text(encoding="ascii")
        except FileNotFoundError:
            return 0.0
        return float(text.strip() or 0)


def rfc3339(at: float) -> str:
    """`at` as China time to the second, the way WeChat writes times."""
    return datetime.fromtimestamp(at, CHINA).isoformat(timespec="seconds")


def utc_iso(at: float) -> str:
    """`at` as UTC to the microsecond, for the control API."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def china(at: float) -> datetime:
    """`at` as an aware China time."""
    return datetime.fromtimestamp(at, CHINA)


def elapsed() -> float:
    """Seconds of a stopwatch that nobody can move; only differences mean anything."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Waits `seconds` of real time."""
    time.sleep(seconds)
