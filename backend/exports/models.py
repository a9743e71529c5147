"""Tables of the exports."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Json, Utc

OPEN = "state in ('asked', 'running')"


class Export(Base):
    """A sheet that a member of staff asked for; filters, stores and the right to whole phone numbers are frozen then.

    `slices` counts the slices that are written, and guards them: each is written by whoever finds that number. `seat` is one
    of a person's places for unfinished exports. `cursor` is where the next slice begins.
    """

    __tablename__ = "exports"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(2))
    filters: Mapped[dict[str, str]] = mapped_column(Json)
    store_ids: Mapped[list[str] | None] = mapped_column(Json)
    reveal: Mapped[bool] = mapped_column(Boolean)
    asked_by: Mapped[str] = mapped_column(String(48))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    seat: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    slices: Mapped[int] = mapped_column(Integer, default=0)
    cursor: Mapped[str | None] = mapped_column(Id(160))
    rows: Mapped[int] = mapped_column(Fen, default=0)
    estimate: Mapped[int | None] = mapped_column(Fen)
    file_key: Mapped[str | None] = mapped_column(Id(48))
    file_bytes: Mapped[int | None] = mapped_column(Fen)
    problem: Mapped[dict[str, Any] | None] = mapped_column(Json)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    expires_at: Mapped[datetime | None] = mapped_column(Utc)
    downloads: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (
        CheckConstraint("state in ('asked', 'running', 'done', 'expired', 'failed', 'cancelled')", name="state"),
        CheckConstraint("(state in ('done', 'expired')) = (expires_at is not null)", name="expires"),
        CheckConstraint("(state = 'done') = (file_key is not null)", name="file"),
        CheckConstraint("slices >= 0 and rows >= 0 and downloads >= 0", name="counts"),
        CheckConstraint("seat between 1 and 3", name="seat"),
        Index("uq_exports_seat", "asked_by", "seat", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index(None, "asked_by", "id"),
    )


class ExportPart(Base):
    """A private file that was begun for an export: the piece of a slice, or the result. Noted before it is written, so that
    what a dying worker leaves is found and removed. `kept`: it counts."""

    __tablename__ = "export_parts"
    key: Mapped[str] = mapped_column(Id(48), primary_key=True)
    export_id: Mapped[str] = mapped_column(Id(), ForeignKey("exports.id"))
    slice: Mapped[int] = mapped_column(Integer)
    kept: Mapped[bool] = mapped_column(Boolean, default=False)
    __table_args__ = (
        Index("uq_export_parts_kept", "export_id", "slice", unique=True, sqlite_where=text("kept = 1"),
              postgresql_where=text("kept")),
        Index(None, "export_id"),
    )
