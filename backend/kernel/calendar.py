"""The shop's calendar: business days are those of China, UTC+8 without daylight saving time."""

from datetime import UTC, date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "CST")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


def quotas_reset(now: datetime) -> datetime:
    """Ten minutes into the next Chinese day, when WeChat's daily quotas are new."""
    return at_china_time(business_day(now) + timedelta(days=1), time(0, 10))


def rfc3339(at: datetime) -> str:
    """An aware instant as the API writes it: UTC with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment_words(at: datetime, language: str = "zh") -> str:
    """An instant as people in China read it, to the minute: "3月2日 12:00", or "2 Mar 12:00" in English."""
    local = at.astimezone(CHINA)
    if language.startswith("en"):
        return f"{local.day} {MONTHS[local.month - 1]} {local:%H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"
