"""Rules of the screenings: WeChat's words, and what several of them add up to."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.screenings import rules
from backend.screenings.states import DOUBTFUL, DROPPED, OPEN, PASSED, RISKY, SCREENING, SENT, UNJUDGED


@pytest.mark.parametrize(
    ("states", "vouched", "outcome"),
    [
        ([], False, "passed"),
        ([PASSED], False, "passed"),
        ([PASSED, OPEN], False, "waiting"),
        ([PASSED, SENT], False, "waiting"),
        ([RISKY, OPEN], False, "risky"),
        ([UNJUDGED, RISKY], True, "risky"),
        ([DOUBTFUL, PASSED], False, "doubtful"),
        ([DOUBTFUL], True, "doubtful"),
        ([UNJUDGED, PASSED], False, "doubtful"),
        ([UNJUDGED, PASSED], True, "passed"),
        ([UNJUDGED, OPEN], True, "waiting"),
    ],
)
def test_what_several_add_up_to(states, vouched, outcome):
    assert rules.outcome(states, vouched=vouched) == outcome


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([OPEN, SENT, PASSED, DOUBTFUL, RISKY, UNJUDGED])), st.booleans())
def test_nothing_passes_that_was_not_wholly_passed(states, vouched):
    passed = rules.outcome(states, vouched=vouched) == "passed"
    assert passed == all(each == PASSED or (vouched and each == UNJUDGED) for each in states)


@pytest.mark.parametrize(
    ("suggest", "state"),
    [("pass", PASSED), ("review", DOUBTFUL), ("risky", RISKY), ("", UNJUDGED), ("PASS", UNJUDGED), ("new", UNJUDGED)],
)
def test_words_that_are_not_documented_are_no_verdict(suggest, state):
    assert rules.state_of(suggest) == state


def test_labels_for_people():
    assert rules.label_words(20006) == "违法犯罪" and rules.label_words(20006, "en") == "crime"
    assert rules.label_words(100) == rules.label_words(None) == "" and rules.label_words(77) == "其他"


def test_a_verdict_ends_it_and_only_a_newer_revision_follows():
    for verdict in (PASSED, DOUBTFUL, RISKY):
        assert SCREENING.moves[verdict] == {DROPPED}
    assert SCREENING.allows(UNJUDGED, PASSED)
