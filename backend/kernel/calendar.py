"""The shop's calendar: business days are those of China, UTC+8 without daylight saving time."""

from datetime import UTC, date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "CST")


def business_day(at: datetime) -> date:
    """The Chinese calendar day of an aware instant."""
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return at.astimezone(CHINA).date()


def day_start(day: date) -> datetime:
    """The first instant (UTC) of a Chinese calendar day."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def at_china_time(day: date, clock: time) -> datetime:
    """The instant (UTC) at which Chinese clocks show `clock` on `day`."""
    return datetime.combine(day, clock, CHINA).astimezone(UTC)


def rfc3339(at: datetime) -> str:
    """An aware instant as the API writes it: UTC with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
