"""Rules of pick-ups: distances, opening hours, codes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.calendar import at_china_time
from backend.kernel.errors import Refused
from backend.kernel.ids import HUMAN, human_code
from backend.pickups import rules
from backend.pickups.rules import Place

DEGREES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
MONDAY = date(2026, 3, 2)
WORKDAYS = rules.week([[("09:00", "12:00"), ("14:00", "18:30")]] * 5 + [[("10:00", "24:00")], []])


def at(day: date, clock: str) -> datetime:
    return at_china_time(day, datetime.strptime(clock, "%H:%M").time())


@pytest.mark.parametrize(("a", "b", "metres"), [
    ((120.2108, 30.2459), (120.2108, 30.2459), 0),
    ((121.4737, 31.2304), (116.4074, 39.9042), 1_067_312),  # Shanghai – Beijing by haversine on this sphere
    ((0, 0), (1, 0), 111_195), ((0, 0), (0, 1), 111_195), ((0, 90), (77, 90), 0),
    ((179.9999, 0), (-179.9999, 0), 22), ((0, 0), (180, 0), 20_015_115),
])
def test_distances(a: tuple[float, float], b: tuple[float, float], metres: int) -> None:
    assert abs(rules.distance_m(rules.place(*a), rules.place(*b)) - metres) <= max(1, metres // 10_000)


@given(DEGREES, DEGREES)
def test_distance_is_symmetric_and_never_more_than_half_round(a: tuple[float, float], b: tuple[float, float]) -> None:
    there, here = rules.place(*a), rules.place(*b)
    assert rules.distance_m(there, here) == rules.distance_m(here, there)
    assert 0 <= rules.distance_m(there, here) <= 20_015_115 and rules.distance_m(here, here) == 0


@pytest.mark.parametrize(("longitude", "latitude"), [
    (180.1, 0), (-181, 0), (0, 90.0001), (0, -91), (float("nan"), 0), (0, float("inf"))])
def test_nowhere_is_refused(longitude: float, latitude: float) -> None:
    with pytest.raises(Refused, match="place"):
        rules.place(longitude, latitude)


def test_a_place_is_kept_in_millionths() -> None:
    assert rules.place(120.1234567, -30.1) == Place(120_123_457, -30_100_000)


@pytest.mark.parametrize(("day", "clock", "closes", "opens"), [
    (0, "08:59", None, (0, "09:00")), (0, "09:00", (0, "12:00"), None), (0, "11:59", (0, "12:00"), None),
    (0, "12:00", None, (0, "14:00")), (4, "18:30", None, (5, "10:00")), (5, "23:59", (6, "00:00"), None),
    (6, "00:00", None, (7, "09:00")), (6, "12:00", None, (7, "09:00")),
])
def test_open_and_when_next(day: int, clock: str, closes: tuple[int, str] | None, opens: tuple[int, str] | None) -> None:
    now = at(MONDAY + timedelta(days=day), clock)
    when = [None if each is None else at(MONDAY + timedelta(days=each[0]), each[1]) for each in (closes, opens)]
    assert [rules.closes_at(WORKDAYS, [], now), rules.opens_at(WORKDAYS, [], now)] == when


def test_closed_days_are_skipped() -> None:
    holiday = [MONDAY, MONDAY + timedelta(days=1)]
    noon = at(MONDAY, "10:00")
    assert rules.closes_at(WORKDAYS, holiday, noon) is None
    assert rules.opens_at(WORKDAYS, holiday, noon) == at(MONDAY + timedelta(days=2), "09:00")


def test_open_over_midnight_closes_at_the_end_of_it() -> None:
    always = rules.week([[("00:00", "24:00")]] * 7)
    late = rules.week([[("00:00", "02:00"), ("18:00", "24:00")]] * 7)
    assert rules.closes_at(late, [], at(MONDAY, "23:00")) == at(MONDAY + timedelta(days=1), "02:00")
    assert rules.opens_at(always, [], at(MONDAY, "23:00")) is None
    assert rules.closes_at(always, [], at(MONDAY, "23:00")) > at(MONDAY, "23:00") + timedelta(days=59)


def test_never_open() -> None:
    assert rules.opens_at(rules.week([[]] * 7), [], at(MONDAY, "12:00")) is None
    assert rules.closes_at(rules.week([[]] * 7), [], at(MONDAY, "12:00")) is None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_a_point_is_either_open_or_opens_later(now: datetime) -> None:
    closes, opens = rules.closes_at(WORKDAYS, [], now), rules.opens_at(WORKDAYS, [], now)
    assert (closes is None) != (opens is None)
    assert (closes or opens) > now
    if opens is not None:
        assert rules.closes_at(WORKDAYS, [], opens) is not None


@pytest.mark.parametrize("days", [
    [[]] * 6, [[]] * 8, [[("9:00", "12:00")]] + [[]] * 6, [[("09:00", "24:01")]] + [[]] * 6, [[("12:00", "09:00")]] + [[]] * 6,
    [[("09:00", "09:00")]] + [[]] * 6, [[("09:00", "12:00"), ("11:00", "13:00")]] + [[]] * 6, [[("09:00",)]] + [[]] * 6,
    [[("01:00", "02:00"), ("03:00", "04:00"), ("05:00", "06:00"), ("07:00", "08:00")]] + [[]] * 6,
    [[("09:00", "2x:00")]] + [[]] * 6, [[("０9:00", "12:00")]] + [[]] * 6,
])
def test_wrong_hours_are_refused(days: list[list[tuple[str, ...]]]) -> None:
    with pytest.raises(Refused, match="opening_hours"):
        rules.week(days)


def test_hours_are_read_as_they_are_written() -> None:
    assert rules.week(rules.as_clocks(WORKDAYS)) == WORKDAYS


@pytest.mark.parametrize(("hours", "zh", "en"), [
    (WORKDAYS, ["周一至周五 09:00–12:00、14:00–18:30", "周六 10:00–24:00", "周日 休息"],
     ["Mon–Fri 09:00–12:00, 14:00–18:30", "Sat 10:00–24:00", "Sun closed"]),
    (rules.week([[("08:00", "20:00")]] * 7), ["每天 08:00–20:00"], ["Daily 08:00–20:00"]),
])
def test_hours_in_words(hours: rules.Week, zh: list[str], en: list[str]) -> None:
    assert rules.say_week(hours) == zh and rules.say_week(hours, "en-GB") == en


def test_closed_days_that_passed_are_dropped() -> None:
    yesterday, tomorrow = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
    assert rules.closed_days([tomorrow, yesterday, MONDAY, tomorrow], MONDAY) == [MONDAY, tomorrow]
    with pytest.raises(Refused, match="closed_days"):
        rules.closed_days([MONDAY + timedelta(days=n) for n in range(61)], MONDAY)


@pytest.mark.parametrize(("text", "code"), [
    ("ABCD2345", "ABCD2345"), ("abcd 2345", "ABCD2345"), ("ABCD-2345", "ABCD2345"), ("TM1:ABCD2345", "ABCD2345"),
    (" tm1:abcd2345\n", "ABCD2345"), ("ＡＢＣＤ２３４５", "ABCD2345"), ("ABCD234", None), ("ABCD23456", None), ("ABCD2340", None),
    ("TM2:ABCD2345", None), ("", None), ("取货码", None), ("' or 1=1", None),
])
def test_what_was_typed_or_scanned(text: str, code: str | None) -> None:
    assert rules.read_code(text) == code


def test_a_code_is_read_back_from_every_form() -> None:
    code = human_code(rules.CODE_LENGTH)
    assert set(code) <= set(HUMAN)
    assert rules.read_code(rules.shown_code(code)) == rules.read_code(rules.qr_text(code)) == code


def test_when_goods_have_waited_too_long() -> None:
    paid, ready = at(MONDAY, "10:00"), at(MONDAY, "20:00")
    assert rules.reminder_due(paid, None, 3) == paid + timedelta(days=3)
    assert rules.reminder_due(paid, ready, 3) == ready + timedelta(days=3)


@pytest.mark.parametrize(("change", "code"), [
    ({"kind": "van"}, "point_kind"), ({"name": ""}, "point_name"), ({"name": "长" * 41}, "point_name"),
    ({"detail": ""}, "point_detail"), ({"guide": "x" * 501}, "point_guide"), ({"position": -1}, "point_position"),
    ({"position": 10_000}, "point_position"), ({"position": True}, "point_position")])
def test_what_a_point_cannot_look_like(change: dict, code: str) -> None:
    good = {"kind": "store", "name": "文三路店", "detail": "文三路 100 号", "guide": "", "position": 0}
    rules.check_point(**good)
    with pytest.raises(Refused, match=code):
        rules.check_point(**(good | change))


def test_a_moment_for_staff() -> None:
    assert rules.say_moment(datetime(2026, 3, 2, 10, 5, tzinfo=UTC)) == "03-02 18:05"
