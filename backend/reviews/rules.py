"""Pure decisions about reviews: who may write, edit, add and answer, what is kept of a text, and how stars add up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.kernel.words import one_line, paragraphs
from backend.reviews.refusals import (
    ANSWERED,
    HIDDEN_NOW,
    NOT_RECEIVED,
    REASON_NEEDED,
    REUSE_VERSION,
    REVIEW_EMPTY,
    REVIEW_PICTURES,
    REVIEW_TEXT,
    STARS,
    TOO_LATE,
    TOO_MANY_EDITS,
)
from backend.reviews.states import HIDDEN, REJECTED

TEXT_LENGTH, PICTURES, REASON_LENGTH = 500, 9, 200
MOST_REVISIONS = 20
"""Each revision costs a check at WeChat."""
FOLLOW_UP, REPLY = "follow_up", "reply"

UNFIT = "内容未通过微信安全检测，请修改后重新提交。"
"""What an author is told of words or pictures that WeChat calls risky: which ones it does not say."""
_VERSION = re.compile(r"[A-Za-z0-9.-]{1,32}")


@dataclass(frozen=True, slots=True)
class Reuse:
    """A permission to use a review elsewhere: to which text, and whether with the author's name."""

    version: str
    credit: bool


@dataclass(frozen=True, slots=True)
class Rating:
    """What the shown reviews of a product add up to; `stars` counts those with 1 to 5 of them."""

    stars: tuple[int, int, int, int, int]
    with_pictures: int

    @property
    def count(self) -> int:
        return sum(self.stars)

    @property
    def average_tenths(self) -> int | None:
        """The mean of the stars in tenths, half rounded up (46 is 4.6); None without a review."""
        total = sum(stars * count for stars, count in enumerate(self.stars, 1))
        return (20 * total + self.count) // (2 * self.count) if self.count else None


def must_be_stars(*stars: int) -> None:
    """Refuse (`review_stars`) what is not 1 to 5."""
    if not all(1 <= each <= 5 for each in stars):
        raise STARS()


def content(text: str, pictures: Sequence[str], *, needed: bool = False) -> str:
    """The text as it is kept; refuses one that is too long, too many or repeated pictures and – if `needed` – nothing at all."""
    kept = paragraphs(text)
    if len(kept) > TEXT_LENGTH:
        raise REVIEW_TEXT(limit=TEXT_LENGTH)
    if len(pictures) > PICTURES or len(set(pictures)) < len(pictures):
        raise REVIEW_PICTURES(limit=PICTURES)
    if needed and not kept and not pictures:
        raise REVIEW_EMPTY()
    return kept


def reason(text: str) -> str:
    """A reason as it is kept; refuses (`review_reason`) fewer than 2 and more than 200 characters."""
    kept = one_line(text)
    if not 2 <= len(kept) <= REASON_LENGTH:
        raise REASON_NEEDED(limit=REASON_LENGTH)
    return kept


def must_be_version(version: str) -> None:
    """Refuse (`reuse_version`) what is no version of a permission text."""
    if not _VERSION.fullmatch(version):
        raise REUSE_VERSION()


def in_time(now: datetime, completed_at: datetime | None, days: int) -> bool:
    """Whether goods that were received then may be reviewed now."""
    return completed_at is not None and now < completed_at + timedelta(days=days)


def must_be_received(completed: bool, completed_at: datetime | None, now: datetime, days: int) -> None:
    """Refuse goods that were not received (`review_not_received`) or too long ago (`review_too_late`)."""
    if not completed or completed_at is None:
        raise NOT_RECEIVED()
    if not in_time(now, completed_at, days):
        raise TOO_LATE(days=days)


def must_be_editable(state: str, revision: int, *, answered: bool, in_time: bool, days: int) -> None:
    """Refuse an edit of what is hidden, was answered, is too old or was changed too often.

    What was rejected may always be rewritten, however old it is: its author could not know.
    """
    if state == HIDDEN:
        raise HIDDEN_NOW()
    if revision >= MOST_REVISIONS:
        raise TOO_MANY_EDITS(limit=MOST_REVISIONS)
    if state == REJECTED:
        return
    if answered:
        raise ANSWERED()
    if not in_time:
        raise TOO_LATE(days=days)


def shown_name(nickname: str, *, anonymous: bool, closed: bool, checked: bool) -> str:
    """The author's name as strangers see it: whole, one letter and stars, or none any more."""
    if closed:
        return "已注销用户"
    name = nickname.strip()
    return name if name and checked and not anonymous else f"{name[:1] or '匿'}**"
