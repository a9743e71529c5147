"""Timetables: the moments at which something recurring is due, and those that a wrong clock has left behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from backend.kernel.calendar import CHINA, at_china_time


@dataclass(frozen=True, slots=True)
class Every:
    """Every `seconds`; missed moments collapse into the latest one."""

    seconds: int

    def due(self, last: datetime | None, now: datetime) -> list[datetime]:
        """The latest moment ≤ `now` that is later than `last`; at most one."""
        moment = datetime.fromtimestamp(now.timestamp() // self.seconds * self.seconds, now.tzinfo)
        return [moment] if last is None or moment > last else []

    def after(self, now: datetime) -> datetime:
        """The first moment later than `now`."""
        return datetime.fromtimestamp((now.timestamp() // self.seconds + 1) * self.seconds, now.tzinfo)


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a China day at `at`; every missed day is caught up, at most `catch_up` of them."""

    at: time
    catch_up: int = 31

    def due(self, last: datetime | None, now: datetime) -> list[datetime]:
        """All moments later than `last` and ≤ `now`, oldest first; only the latest one when there was none before."""
        today = now.astimezone(CHINA).date()
        moments = [at_china_time(today - timedelta(days=back), self.at) for back in range(self.catch_up, -1, -1)]
        passed = [moment for moment in moments if moment <= now]
        return passed[-1:] if last is None else [moment for moment in passed if moment > last]

    def after(self, now: datetime) -> datetime:
        """The first moment later than `now`."""
        today = now.astimezone(CHINA).date()
        return next(moment for days in (0, 1) if (moment := at_china_time(today + timedelta(days=days), self.at)) > now)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timetable: `event(moment)` is emitted at every moment of `rhythm`."""

    name: str
    rhythm: Every | Daily
    event: Callable[[datetime], Any]


AHEAD = timedelta(seconds=60)
"""How far the clocks of two hosts may differ without a word."""
STILL_SECONDS = 100.0
"""Real seconds without a later moment, after which no clock that goes is ahead: three times the shortest rhythm, and a tick."""


class Ahead:
    """Tells what a clock that was ahead and was set right has left behind from what a host does whose clock is ahead now: its
    moments go on, those that were left do not."""

    def __init__(self) -> None:
        self._latest: datetime | None = None
        self._since = 0.0

    def left_behind(self, latest: datetime | None, now: datetime, ticks: float) -> bool:
        """Whether `latest`, the last moment started, is one of the future that nobody has followed for `STILL_SECONDS`; asked at
        every tick, with the monotonic seconds of it."""
        if latest is None or latest <= now + AHEAD:
            self._latest = None
            return False
        if latest != self._latest:
            self._latest, self._since = latest, ticks
        return ticks - self._since >= STILL_SECONDS
