"""Pure decisions about screenings: what WeChat's word means, and what several of them add up to."""

from collections.abc import Iterable
from datetime import timedelta

from backend.screenings.states import DOUBTFUL, PASSED, RISKY, UNJUDGED, WAITING

PATIENCE = timedelta(minutes=40)
"""WeChat judges a picture within 30 minutes; what has no verdict after this is for a person to decide."""
QUOTA_PATIENCE = timedelta(days=2)
"""So long what found no quota left waits for the next day's; then a person decides."""
NO_QUOTA = "45009"
"""The word beside a part that waits for a new quota."""
TEXT = "text"
"""The part that is a text; every other part is a picture, by its key."""

_WORDS = {"pass": PASSED, "review": DOUBTFUL, "risky": RISKY}

LABELS = {
    10001: ("广告", "advertising"), 20001: ("时政", "politics"), 20002: ("色情", "pornography"), 20003: ("辱骂", "abuse"),
    20006: ("违法犯罪", "crime"), 20008: ("欺诈", "fraud"), 20012: ("低俗", "vulgarity"), 20013: ("版权", "copyright"),
}
"""WeChat's labels in Chinese and English; all others are "other"."""


def state_of(suggest: str) -> str:
    """The state that WeChat's word leads to; a word that it has not documented counts as no verdict."""
    return _WORDS.get(suggest, UNJUDGED)


def label_words(label: int | None, language: str = "zh") -> str:
    """What a label says to people; empty for none and for "normal"."""
    if label in (None, 100):
        return ""
    return LABELS.get(label, ("其他", "other"))[language.startswith("en")]


def outcome(states: Iterable[str], *, vouched: bool = False) -> str:
    """What screenings of one revision add up to: risky, waiting, doubtful or passed.

    One risky part is enough. Until all have ended it waits. What was not judged is doubtful, unless somebody who may decide
    it anyway vouches for it (staff for their own words). Nothing to look at is passed.
    """
    said = set(states)
    if RISKY in said:
        return RISKY
    if said & set(WAITING):
        return "waiting"
    if DOUBTFUL in said or (UNJUDGED in said and not vouched):
        return DOUBTFUL
    return PASSED
