"""What happens to screenings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContentWritten:
    """A revision of something must be looked at before others see it."""

    subject: str
    revision: int


@dataclass(frozen=True, slots=True)
class ScreeningOverdue:
    """WeChat has had its time: what is still without a verdict is for a person to decide."""

    subject: str
    revision: int


@dataclass(frozen=True, slots=True)
class PictureJudged:
    """WeChat has pushed its verdict on a picture."""

    trace_id: str
