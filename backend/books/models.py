"""Tables of the books: runs of the checks, what each check found, and the first of its faults."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Json, Utc

RUNNING = "state = 'running'"


class BooksRun(Base):
    """A run of all checks. `step` is the number of its next slice, `heard_at` the real moment of its last; `again`: the checks
    are made and what waited is looked at once more. The sums are written when it is done."""

    __tablename__ = "books_runs"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    asked_by: Mapped[str] = mapped_column(String(48))
    started_at: Mapped[datetime] = mapped_column(Utc)
    heard_at: Mapped[datetime] = mapped_column(Utc)
    state: Mapped[str] = mapped_column(String(16))
    step: Mapped[int] = mapped_column(Integer, default=0)
    again: Mapped[bool] = mapped_column(Boolean, default=False)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    checks: Mapped[int] = mapped_column(Integer, default=0)
    unjudged: Mapped[int] = mapped_column(Integer, default=0)
    failing: Mapped[int] = mapped_column(Integer, default=0)
    faults: Mapped[int] = mapped_column(Fen, default=0)
    __table_args__ = (
        CheckConstraint("state in ('running', 'done', 'given_up')", name="state"),
        CheckConstraint("(state = 'running') = (ended_at is null)", name="ended"),
        CheckConstraint("step >= 0 and checks >= 0 and unjudged >= 0 and failing >= 0 and faults >= failing", name="counts"),
        Index("uq_books_runs_running", "state", unique=True, sqlite_where=text(RUNNING), postgresql_where=text(RUNNING)),
        Index(None, "started_at"),
    )


class BooksResult(Base):
    """What one check found in a run: how many faults in all, and how long it took; not `judged`: it did not come to its end."""

    __tablename__ = "books_results"
    run_id: Mapped[str] = mapped_column(Id(), ForeignKey("books_runs.id"), primary_key=True)
    check_id: Mapped[str] = mapped_column(Id(48), primary_key=True)
    faults: Mapped[int] = mapped_column(Fen)
    judged: Mapped[bool] = mapped_column(Boolean)
    milliseconds: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        CheckConstraint("faults >= 0 and milliseconds >= 0 and (judged or faults = 0)", name="counts"),
    )


class BooksFault(Base):
    """One fault of a check: the ids that lead there, what is, and what should be."""

    __tablename__ = "books_faults"
    run_id: Mapped[str] = mapped_column(Id(), ForeignKey("books_runs.id"), primary_key=True)
    check_id: Mapped[str] = mapped_column(Id(48), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    ids: Mapped[dict[str, str]] = mapped_column(Json)
    found: Mapped[str] = mapped_column(Text)
    expected: Mapped[str] = mapped_column(Text)
