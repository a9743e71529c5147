"""Tables of fulfilment: parcels, what is in them, their way, and what WeChat was told of an order's goods."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Utc


class Parcel(Base):
    """What left the shelf at once, with its courier and number; numbered within its order from 1."""

    __tablename__ = "parcels"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    seq: Mapped[int] = mapped_column(Integer)
    courier: Mapped[str] = mapped_column(String(16))
    tracking_number: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(200), default="")
    shipped_at: Mapped[datetime] = mapped_column(Utc)
    shipped_by: Mapped[str] = mapped_column(String(48))
    corrected_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("order_id", "seq"),
        UniqueConstraint("order_id", "tracking_number"),
        CheckConstraint("state in ('underway', 'delivered', 'returned')", name="state"),
        CheckConstraint("(state = 'underway') = (ended_at is null)", name="ended"),
        CheckConstraint("seq between 1 and 15", name="most"),
        Index(None, "tracking_number"), Index(None, "shipped_at"),
    )


class ParcelLine(Base):
    """How much of an order line is in a parcel."""

    __tablename__ = "parcel_lines"
    parcel_id: Mapped[str] = mapped_column(Id(), ForeignKey("parcels.id"), primary_key=True)
    order_line_id: Mapped[str] = mapped_column(Id(), ForeignKey("order_lines.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Fen)
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"), Index(None, "order_line_id"))


class ParcelTrace(Base):
    """Something known of a parcel's way, from its courier or noted by staff; rows are only ever added."""

    __tablename__ = "parcel_traces"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    parcel_id: Mapped[str] = mapped_column(Id(), ForeignKey("parcels.id"))
    at: Mapped[datetime] = mapped_column(Utc)
    text: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(16))
    noted_by: Mapped[str] = mapped_column(String(48))
    noted_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("parcel_id", "at", "text"),
        CheckConstraint("source in ('staff', 'courier')", name="source"),
    )


class ShippingUpload(Base):
    """What WeChat must know of an order's goods, and how far it does. `wanted` grows with every change on our side.

    `completions` counts how often WeChat took the goods for gone completely: once, and once more when that was corrected.
    `unsure`: a call was begun, by `caller` at `began_at` (real time), and nobody has said how it ended.
    """

    __tablename__ = "shipping_uploads"
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"), primary_key=True)
    logistics_type: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[int] = mapped_column(Integer, default=1)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    completions: Mapped[int] = mapped_column(Integer, default=0)
    unsure: Mapped[bool] = mapped_column(default=False)
    caller: Mapped[str] = mapped_column(String(32), default="")
    began_at: Mapped[datetime | None] = mapped_column(Utc)
    problem: Mapped[str | None] = mapped_column(String(200))
    next_at: Mapped[datetime | None] = mapped_column(Utc)
    uploaded_at: Mapped[datetime | None] = mapped_column(Utc)
    changed_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("state in ('due', 'sent', 'failed', 'gave_up')", name="state"),
        CheckConstraint("(state = 'due') = (next_at is not null)", name="next"),
        CheckConstraint("logistics_type in (1, 4)", name="logistics_type"),
        CheckConstraint("completions between 0 and 2 and attempts >= 0 and wanted >= 1", name="counts"),
        Index("ix_shipping_uploads_due", "next_at", sqlite_where=text("state = 'due'"), postgresql_where=text("state = 'due'")),
        Index("ix_shipping_uploads_listed", "state", "order_id", sqlite_where=text("state in ('failed', 'gave_up')"),
              postgresql_where=text("state in ('failed', 'gave_up')")),
    )
