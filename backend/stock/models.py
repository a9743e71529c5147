"""Tables of the stock."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Utc


class Location(Base):
    """A shelf, warehouse or shop floor of a store."""

    __tablename__ = "locations"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"))
    name: Mapped[str] = mapped_column(String(64))


class StockLevel(Base):
    """How much of a SKU lies at a location, and how much of it is promised.

    It runs low when no more than `low_at` are available; null: as few as the shop's setting says.
    """

    __tablename__ = "stock_levels"
    sku_id: Mapped[str] = mapped_column(Id(), ForeignKey("skus.id"), primary_key=True)
    location_id: Mapped[str] = mapped_column(Id(), ForeignKey("locations.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(Fen, default=0)
    reserved: Mapped[int] = mapped_column(Fen, default=0)
    low_at: Mapped[int | None] = mapped_column(Integer)
    __table_args__ = (
        CheckConstraint("reserved >= 0 and on_hand >= reserved and on_hand <= 1000000000000", name="never_oversold"),
        CheckConstraint("low_at is null or low_at between 0 and 1000000", name="low_at"),
    )


class StockMove(Base):
    """One change of one level. `kind` ∈ opening, adjust, reserve, release, ship, restock; `cause` names what made it:
    the order line (`oli_…`), the refund line (`ref_…/oli_…`), the adjustment (`adj_…`).

    One cause moves a level once. A key over all months would have to hold the id, so on PostgreSQL each month has this key for
    itself, and a trigger looks into the others when a cause is older than its move (migration 0014)."""

    __tablename__ = "stock_moves"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    sku_id: Mapped[str] = mapped_column(Id())
    location_id: Mapped[str] = mapped_column(Id())
    kind: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(Id(72))
    on_hand_change: Mapped[int] = mapped_column(Fen)
    reserved_change: Mapped[int] = mapped_column(Fen)
    actor: Mapped[str] = mapped_column(String(48))
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("cause", "kind", "sku_id", "location_id", info={"dialect": "sqlite"}).ddl_if(dialect="sqlite"),
        CheckConstraint("kind in ('opening', 'adjust', 'reserve', 'release', 'ship', 'restock')", name="kind"),
        CheckConstraint("on_hand_change <> 0 or reserved_change <> 0", name="moves_something"),
        Index(None, "sku_id", "location_id", "id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )
