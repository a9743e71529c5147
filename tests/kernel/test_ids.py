"""Identifiers: sorted by time, unguessable, short enough for every column and every platform number."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.ids import CROCKFORD, HUMAN, first_id, human_code, new_id, plain_id

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
moments = st.datetimes(datetime(2000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


def test_the_time_is_that_of_the_ulid_specification() -> None:
    """Its own example: 1469918176385 is 01ARYZ6S41."""
    assert first_id("ord", datetime.fromtimestamp(1469918176.385, UTC)) == "ord_01ARYZ6S41"
    assert first_id("ord", datetime.fromtimestamp(0, UTC)) == "ord_0000000000"


def test_ids_are_unique_and_carry_80_random_bits() -> None:
    made = [new_id("ord", AT) for _ in range(20_000)]
    assert len(set(made)) == len(made)
    assert {each[:14] for each in made} == {made[0][:14]}
    for place in range(14, 30):
        assert {each[place] for each in made} == set(CROCKFORD)


@given(moments, st.timedeltas(timedelta(milliseconds=1), timedelta(days=3650)))
def test_ids_of_later_things_sort_later(at: datetime, by: timedelta) -> None:
    later = at + min(by, datetime.max.replace(tzinfo=UTC) - at)
    if int(later.timestamp() * 1000) > int(at.timestamp() * 1000):
        assert new_id("ord", at) < new_id("ord", later)


@given(moments)
def test_ids_have_a_fixed_shape_of_at_most_32_characters(at: datetime) -> None:
    assert re.fullmatch(rf"ord_[{CROCKFORD}]{{26}}", new_id("ord", at))
    assert len(new_id("abcde", at)) == 32


def test_plain_ids_have_letters_and_digits_only() -> None:
    assert re.fullmatch(r"wdr[0-9A-Z]{26}", plain_id("wdr", AT))


def test_human_codes_have_no_look_alikes() -> None:
    codes = [human_code(8) for _ in range(5_000)]
    assert len(set(codes)) == len(codes)
    assert set("".join(codes)) == set(HUMAN)
    assert not set("01OIL") & set(HUMAN)
    assert human_code(0) == ""
