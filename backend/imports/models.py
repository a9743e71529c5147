"""Tables of the imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Json, Utc

OPEN = "state in ('received', 'checking', 'checked', 'running')"


class Import(Base):
    """A sheet that was sent. `work_key` is its lines in our own form, `place` the byte in it (while it is read: in the text) at
    which the next slice begins, `step` the number of the next slice. `seen` counts lines since reading, checking, or importing
    began; `tally` what came of them. `columns` also names the text, and files that were replaced."""

    __tablename__ = "imports"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(120))
    file_key: Mapped[str] = mapped_column(Id(48))
    file_bytes: Mapped[int] = mapped_column(Fen)
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    asked_by: Mapped[str] = mapped_column(String(48))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    seat: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    step: Mapped[int] = mapped_column(Integer, default=0)
    columns: Mapped[dict[str, Any] | None] = mapped_column(Json)
    work_key: Mapped[str | None] = mapped_column(Id(48))
    lines: Mapped[int | None] = mapped_column(Fen)
    place: Mapped[int] = mapped_column(Fen, default=0)
    seen: Mapped[int] = mapped_column(Fen, default=0)
    bad: Mapped[int] = mapped_column(Fen, default=0)
    tally: Mapped[dict[str, int]] = mapped_column(Json)
    confirmed_by: Mapped[str | None] = mapped_column(String(48))
    problem: Mapped[dict[str, Any] | None] = mapped_column(Json)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("state in ('received', 'checking', 'checked', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("step >= 0 and place >= 0 and seen >= 0 and bad >= 0", name="counts"),
        CheckConstraint("seat between 1 and 2", name="seat"),
        Index("uq_imports_seat", "asked_by", "seat", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index(None, "kind", "id"),
    )


class ImportFault(Base):
    """Why a line of a sheet cannot be taken, in both languages; a line may have several."""

    __tablename__ = "import_faults"
    import_id: Mapped[str] = mapped_column(Id(), ForeignKey("imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(48))
    zh: Mapped[str] = mapped_column(String(300))
    en: Mapped[str] = mapped_column(String(300))
