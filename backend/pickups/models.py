"""Tables of the pick-ups: points, who serves there, orders that are fetched, their codes, and tries of wrong ones."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Encrypted, Id, Json, Utc


class PickupPoint(Base):
    """A place of a store where orders are fetched. `hours`: seven lists of ["09:00", "21:00"]; `closed_on`: ISO days."""

    __tablename__ = "pickup_points"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    region_code: Mapped[str] = mapped_column(String(6))
    detail: Mapped[str] = mapped_column(String(128))
    phone: Mapped[str] = mapped_column(String(32))
    longitude_e6: Mapped[int] = mapped_column(Integer)
    latitude_e6: Mapped[int] = mapped_column(Integer)
    hours: Mapped[list[list[list[str]]]] = mapped_column(Json)
    closed_on: Mapped[list[str]] = mapped_column(Json)
    guide: Mapped[str] = mapped_column(String(512), default="")
    picture: Mapped[str | None] = mapped_column(String(128))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Utc)
    changed_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("kind in ('store', 'community')", name="kind"),
        CheckConstraint("longitude_e6 between -180000000 and 180000000 and latitude_e6 between -90000000 and 90000000",
                        name="place"),
        CheckConstraint("position between 0 and 9999", name="position"),
        Index(None, "store_id"),
    )


class PointStaff(Base):
    """Who may hand over at a point; nobody else may, whatever their rights."""

    __tablename__ = "pickup_point_staff"
    point_id: Mapped[str] = mapped_column(Id(), ForeignKey("pickup_points.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id(), ForeignKey("staff.id"), primary_key=True)
    bound_by: Mapped[str] = mapped_column(String(48))
    bound_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (Index(None, "staff_id"),)


class Pickup(Base):
    """An order that is fetched at a point, and how far that has come. `with_code`: the code was shown at hand-over;
    `used_code_index` is that of the code which ended then, so that showing it again is told from a wrong one."""

    __tablename__ = "pickups"
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"), primary_key=True)
    point_id: Mapped[str] = mapped_column(Id(), ForeignKey("pickup_points.id"))
    rotations: Mapped[int] = mapped_column(Integer, default=0)
    ready_at: Mapped[datetime | None] = mapped_column(Utc)
    ready_by: Mapped[str | None] = mapped_column(String(48))
    reminded_at: Mapped[datetime | None] = mapped_column(Utc)
    handed_over_at: Mapped[datetime | None] = mapped_column(Utc)
    handed_over_by: Mapped[str | None] = mapped_column(String(48))
    with_code: Mapped[bool | None] = mapped_column(Boolean)
    used_code_index: Mapped[str | None] = mapped_column(Id(64))
    __table_args__ = (
        CheckConstraint("(ready_at is null) = (ready_by is null)", name="ready"),
        CheckConstraint("(handed_over_at is null) = (handed_over_by is null)"
                        " and (handed_over_at is null) = (with_code is null)", name="handed_over"),
        CheckConstraint("rotations between 0 and 20", name="rotations"),
        Index(None, "point_id", "handed_over_at"), Index(None, "used_code_index"),
    )


class PickupCode(Base):
    """The one live code of an order that waits to be fetched: made when it is paid, gone when it is handed over or refunded."""

    __tablename__ = "pickup_codes"
    code_index: Mapped[str] = mapped_column(Id(64), primary_key=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"), unique=True)
    point_id: Mapped[str] = mapped_column(Id(), ForeignKey("pickup_points.id"))
    code: Mapped[str] = mapped_column(Encrypted("pickup_codes.code"))
    made_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (Index(None, "point_id", "order_id"),)


class PickupTries(Base):
    """Codes that a member of staff has tried since `since` without a hit; `misses` are all of them, ever."""

    __tablename__ = "pickup_tries"
    staff_id: Mapped[str] = mapped_column(Id(), primary_key=True)
    since: Mapped[datetime] = mapped_column(Utc)
    tries: Mapped[int] = mapped_column(Integer)
    misses: Mapped[int] = mapped_column(Integer)
    __table_args__ = (CheckConstraint("tries between 0 and 10", name="tries"),)
