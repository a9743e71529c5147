"""Tables of the insights."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id


class SalesDay(Base):
    """What a store sold on one Chinese day: orders placed and paid in it, and refunds booked in it."""

    __tablename__ = "sales_days"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"), primary_key=True)
    placed: Mapped[int] = mapped_column(Integer)
    paid: Mapped[int] = mapped_column(Integer)
    paid_fen: Mapped[int] = mapped_column(Fen)
    refunds: Mapped[int] = mapped_column(Integer)
    refunded_fen: Mapped[int] = mapped_column(Fen)
    __table_args__ = (
        CheckConstraint("placed >= 0 and paid >= 0 and paid_fen >= 0 and refunds >= 0 and refunded_fen >= 0", name="figures"),
        Index(None, "store_id", "day"),
    )
