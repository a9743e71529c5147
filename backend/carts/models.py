"""Tables of the carts. No price is stored: a cart is priced anew whenever it is looked at."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Utc


class Cart(Base):
    """The cart of a member: the row that placing an order and changing lines lock. `version` counts the locks."""

    __tablename__ = "carts"
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"), primary_key=True)
    updated_at: Mapped[datetime] = mapped_column(Utc)
    version: Mapped[int] = mapped_column(Fen, default=1, server_default="1")


class CartLine(Base):
    """One SKU in a cart."""

    __tablename__ = "cart_lines"
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("carts.member_id"), primary_key=True)
    sku_id: Mapped[str] = mapped_column(Id(), ForeignKey("skus.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Fen)
    selected: Mapped[bool] = mapped_column(Boolean, default=True)
    added_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (CheckConstraint("quantity between 1 and 999999", name="quantity"),)
