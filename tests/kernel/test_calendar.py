"""The calendar: business days are China's, across midnight, month, year and leap day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.calendar import CHINA, at_china_time, business_day, day_start

SECOND = timedelta(seconds=1)
days = st.dates(date(1971, 1, 1), date(9998, 12, 31))


@pytest.mark.parametrize(("at", "day"), [
    (datetime(2026, 3, 1, 15, 59, 59, 999999, tzinfo=UTC), date(2026, 3, 1)),
    (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
    (datetime(2026, 1, 31, 16, 0, tzinfo=UTC), date(2026, 2, 1)),
    (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
    (datetime(2028, 2, 28, 16, 0, tzinfo=UTC), date(2028, 2, 29)),
    (datetime(2028, 2, 29, 16, 0, tzinfo=UTC), date(2028, 3, 1)),
    (datetime(2026, 2, 28, 16, 0, tzinfo=UTC), date(2026, 3, 1)),
    (datetime(2026, 3, 2, 0, 0, tzinfo=CHINA), date(2026, 3, 2)),
    (datetime(1988, 7, 1, 15, 30, tzinfo=UTC), date(1988, 7, 1)),  # China's daylight saving time of then is not ours
])
def test_business_days_by_table(at: datetime, day: date) -> None:
    assert business_day(at) == day


@given(days)
def test_a_day_starts_with_its_first_instant(day: date) -> None:
    start = day_start(day)
    assert start.tzinfo is UTC
    assert business_day(start) == day
    assert business_day(start - SECOND) == day - timedelta(days=1)
    assert day_start(day + timedelta(days=1)) - start == timedelta(days=1)


@given(days, st.times())
def test_china_time_is_on_its_day(day: date, clock: time) -> None:
    at = at_china_time(day, clock)
    assert business_day(at) == day
    assert at.astimezone(CHINA).time() == clock


def test_a_time_without_zone_has_no_business_day() -> None:
    with pytest.raises(ValueError):
        business_day(datetime(2026, 3, 2))
