"""When the demo shop opened."""

from datetime import date, datetime, time, timedelta

from backend.kernel.calendar import at_china_time

DAYS = 60
"""So many days of orders it has, today included."""


def opening(today: date) -> datetime:
    """Early on its first day."""
    return at_china_time(today - timedelta(days=DAYS - 1), time(6))
