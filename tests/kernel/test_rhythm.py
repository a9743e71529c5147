"""Timetables."""

from datetime import UTC, datetime, time, timedelta

from backend.kernel.rhythm import AHEAD, STILL_SECONDS, Ahead, Daily, Every

NOW = datetime(2026, 3, 2, 4, 0, 17, tzinfo=UTC)


def test_every_collapses_what_was_missed() -> None:
    assert Every(30).due(None, NOW) == [NOW.replace(second=0)]
    assert Every(30).due(NOW - timedelta(days=3), NOW) == [NOW.replace(second=0)]
    assert Every(30).due(NOW.replace(second=0), NOW) == []


def test_daily_catches_up_by_the_chinese_calendar() -> None:
    rhythm = Daily(time(10, 30))
    today = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
    assert rhythm.due(None, NOW) == [today]
    assert rhythm.due(today, NOW) == []
    assert rhythm.due(today - timedelta(days=3), NOW) == [today - timedelta(days=back) for back in (2, 1, 0)]
    assert rhythm.due(today - timedelta(days=1), today - timedelta(seconds=1)) == []
    assert len(Daily(time(10, 30), catch_up=0).due(today - timedelta(days=9), NOW)) == 1


def test_the_next_moment_is_later_than_now() -> None:
    at = Every(600).after(NOW)
    assert at > NOW and at - NOW <= timedelta(seconds=600) and Every(600).due(None, at) == [at]
    daily = Daily(time(10, 30))
    [today] = daily.due(None, NOW)
    assert daily.after(today) == today + timedelta(days=1)
    assert daily.after(today - timedelta(seconds=1)) == today


def test_what_is_left_of_the_future_stands_still() -> None:
    ahead, future = Ahead(), NOW + timedelta(hours=1)
    assert not ahead.left_behind(None, NOW, 0) and not ahead.left_behind(NOW, NOW, 1e9)
    assert not ahead.left_behind(NOW + AHEAD, NOW, 2e9), "as much as clocks of two hosts may differ"
    assert not ahead.left_behind(future, NOW, 0), "seen for the first time"
    assert not ahead.left_behind(future, NOW, STILL_SECONDS - 0.1)
    assert ahead.left_behind(future, NOW, STILL_SECONDS) and ahead.left_behind(future, NOW, STILL_SECONDS + 10)


def test_what_goes_on_is_a_host_that_is_ahead() -> None:
    ahead = Ahead()
    for number in range(100):
        assert not ahead.left_behind(NOW + timedelta(hours=1, seconds=30 * number), NOW, number * (STILL_SECONDS - 1))


def test_the_wait_begins_anew_when_the_future_has_passed() -> None:
    ahead, future = Ahead(), NOW + timedelta(hours=1)
    assert not ahead.left_behind(future, NOW, 0) and not ahead.left_behind(future, future, STILL_SECONDS)
    assert not ahead.left_behind(future, NOW, STILL_SECONDS + 1)
    assert ahead.left_behind(future, NOW, 2 * STILL_SECONDS + 1)
