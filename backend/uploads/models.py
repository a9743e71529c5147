"""Tables of the uploads."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Utc


class Upload(Base):
    """A stored picture; its thumbnails lie beside it in the files. `owner` is the actor who sent it.

    `claimed_by` names what uses it (`rev_…`, `prd_…`), `store_id` the store whose staff may see it when it is evidence.
    `swept_at` is set when nobody will use it any more and its files are being removed.
    """

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    key: Mapped[str] = mapped_column(Id(48), unique=True)
    owner: Mapped[str] = mapped_column(String(48))
    purpose: Mapped[str] = mapped_column(String(16))
    private: Mapped[bool] = mapped_column()
    bytes: Mapped[int] = mapped_column(Fen)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    claimed_by: Mapped[str | None] = mapped_column(Id())
    claimed_at: Mapped[datetime | None] = mapped_column(Utc)
    store_id: Mapped[str | None] = mapped_column(Id())
    at: Mapped[datetime] = mapped_column(Utc)
    swept_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("bytes > 0 and width > 0 and height > 0", name="size"),
        CheckConstraint("(claimed_by is null) = (claimed_at is null)", name="claim"),
        CheckConstraint("claimed_by is null or swept_at is null", name="swept_unclaimed"),
        Index(None, "claimed_by"),
        Index("ix_uploads_unclaimed", "at", sqlite_where=text("claimed_by is null"),
              postgresql_where=text("claimed_by is null")),
    )


class UploadDay(Base):
    """What an actor has sent on one Chinese day, failures included."""

    __tablename__ = "upload_days"
    owner: Mapped[str] = mapped_column(String(48), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    pictures: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Fen)
    __table_args__ = (CheckConstraint("pictures >= 0 and bytes >= 0", name="counts"),)
