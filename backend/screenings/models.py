"""Tables of the screenings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Utc


class Screening(Base):
    """One text or picture (`part`: "text" or the picture's key) of one revision of a review, a note or a profile (`subject`).

    `member_id` is who wrote it, or for whom staff wrote it: WeChat wants somebody's openid.
    """

    __tablename__ = "screenings"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    subject: Mapped[str] = mapped_column(Id())
    revision: Mapped[int] = mapped_column(Integer)
    part: Mapped[str] = mapped_column(String(48))
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    state: Mapped[str] = mapped_column(String(16))
    trace_id: Mapped[str | None] = mapped_column(Id(64), unique=True)
    label: Mapped[int | None] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("subject", "revision", "part"),
        CheckConstraint("state in ('open', 'sent', 'passed', 'doubtful', 'risky', 'unjudged', 'dropped')", name="state"),
        CheckConstraint("(state in ('open', 'sent')) = (ended_at is null)", name="ended"),
        CheckConstraint("state <> 'sent' or trace_id is not null", name="sent"),
        CheckConstraint("revision >= 1", name="revision"),
        Index("ix_screenings_waiting", "asked_at", sqlite_where=text("state in ('open', 'sent')"),
              postgresql_where=text("state in ('open', 'sent')")),
    )


class PictureVerdict(Base):
    """What WeChat pushed about a picture; kept once, also when it came before we knew its number."""

    __tablename__ = "picture_verdicts"
    trace_id: Mapped[str] = mapped_column(Id(64), primary_key=True)
    suggest: Mapped[str] = mapped_column(String(16))
    label: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (CheckConstraint("suggest in ('pass', 'review', 'risky', 'unjudged')", name="suggest"),)
