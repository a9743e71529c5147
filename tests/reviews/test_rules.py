"""Rules of the reviews: what is kept of a text, who may write and edit, how names are shown and stars add up."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kernel.errors import Refused
from backend.reviews import rules
from backend.reviews.rules import Rating
from backend.reviews.states import CHECKING, HELD, HIDDEN, REJECTED, SHOWN

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def code(call) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("很甜\r\n会再买", "很甜\n会再买"),
        ("a\x00b\u202ec\u200b", "abc"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("𠮷野家的米" * 100, "𠮷野家的米" * 100),
        ("", ""),
    ],
)
def test_a_text_is_kept_without_what_cannot_be_seen(typed, kept):
    assert rules.content(typed, []) == kept


def test_texts_and_pictures_are_bounded():
    assert len(rules.content("好" * 500, list("abcdefghi"))) == 500
    assert code(lambda: rules.content("好" * 501, [])) == "review_text"
    assert code(lambda: rules.content("", list("abcdefghij"))) == "review_pictures"
    assert code(lambda: rules.content("", ["a", "a"])) == "review_pictures"
    assert code(lambda: rules.content("\u200b \n", [], needed=True)) == "review_empty"
    assert rules.content("", ["a"], needed=True) == ""
    for stars in (0, 6, -1):
        assert code(lambda stars=stars: rules.must_be_stars(5, stars)) == "review_stars"
    rules.must_be_stars(1, 5)


@pytest.mark.parametrize("text", ["", " ", "短", "x" * 201])
def test_a_reason_is_said_in_words(text):
    assert code(lambda: rules.reason(text)) == "review_reason"


def test_only_what_was_received_is_reviewed_and_not_for_ever():
    rules.must_be_received(True, NOW - timedelta(days=30) + timedelta(seconds=1), NOW, 30)
    assert code(lambda: rules.must_be_received(True, NOW - timedelta(days=30), NOW, 30)) == "review_too_late"
    assert code(lambda: rules.must_be_received(False, NOW, NOW, 30)) == "review_not_received"
    assert code(lambda: rules.must_be_received(True, None, NOW, 30)) == "review_not_received"


@pytest.mark.parametrize(
    ("state", "revision", "answered", "in_time", "refused"),
    [
        (SHOWN, 1, False, True, None),
        (CHECKING, 1, False, True, None),
        (HELD, 19, False, True, None),
        (SHOWN, 1, True, True, "review_answered"),
        (SHOWN, 1, False, False, "review_too_late"),
        (REJECTED, 1, True, False, None),
        (REJECTED, 20, False, True, "review_edited_too_often"),
        (SHOWN, 20, False, True, "review_edited_too_often"),
        (HIDDEN, 1, False, True, "review_hidden"),
    ],
)
def test_who_may_edit(state, revision, answered, in_time, refused):
    def edit() -> None:
        rules.must_be_editable(state, revision, answered=answered, in_time=in_time, days=30)

    if refused is None:
        edit()
    else:
        assert code(edit) == refused


@pytest.mark.parametrize(
    ("nickname", "more", "shown"),
    [
        ("王小满", {}, "王小满"),
        ("王小满", {"anonymous": True}, "王**"),
        ("王小满", {"checked": False}, "王**"),
        ("王小满", {"closed": True}, "已注销用户"),
        ("王小满", {"closed": True, "anonymous": True}, "已注销用户"),
        ("王", {"anonymous": True}, "王**"),
        (" ", {}, "匿**"),
    ],
)
def test_names(nickname, more, shown):
    given_words = {"anonymous": False, "closed": False, "checked": True} | more
    assert rules.shown_name(nickname, **given_words) == shown


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(*[st.integers(0, 10**6)] * 5))
def test_the_average_is_the_mean_to_the_tenth(stars):
    rating = Rating(stars, 0)
    if not sum(stars):
        assert rating.average_tenths is None
        return
    mean = Fraction(sum(place * count for place, count in enumerate(stars, 1)), sum(stars))
    assert abs(Fraction(rating.average_tenths, 10) - mean) <= Fraction(1, 20) and 10 <= rating.average_tenths <= 50


@pytest.mark.parametrize(
    ("stars", "tenths"), [((0, 0, 0, 0, 1), 50), ((0, 0, 0, 3, 1), 43), ((1, 0, 0, 0, 1), 30), ((0,) * 5, None)])
def test_averages(stars, tenths):
    assert Rating(stars, 0).average_tenths == tenths


@pytest.mark.parametrize("version", ["", "a" * 33, "v 1", "版本"])
def test_versions(version):
    assert code(lambda: rules.must_be_version(version)) == "reuse_version"
