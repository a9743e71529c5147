"""Tables of the after-sales."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Json, Utc

FINAL = "('refunded', 'refused', 'cancelled', 'lapsed')"


class Aftersale(Base):
    """A case: what the shopper asks of one order, and what became of it. `due_at` is the deadline of whoever's turn it is."""

    __tablename__ = "aftersales"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    number: Mapped[str] = mapped_column(Id(16), unique=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"))
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    moves: Mapped[int] = mapped_column(Integer, default=1)
    reason: Mapped[str] = mapped_column(String(24))
    words: Mapped[str] = mapped_column(String(500), default="")
    pictures: Mapped[list[str]] = mapped_column(Json)
    asked_fen: Mapped[int] = mapped_column(Fen)
    given_fen: Mapped[int | None] = mapped_column(Fen)
    freight_fen: Mapped[int] = mapped_column(Fen, default=0)
    answer: Mapped[str] = mapped_column(String(200), default="")
    answer_pictures: Mapped[list[str]] = mapped_column(Json, server_default="[]")
    return_to: Mapped[dict[str, Any] | None] = mapped_column(Json)
    courier: Mapped[str | None] = mapped_column(String(32))
    tracking_number: Mapped[str | None] = mapped_column(String(40))
    refund_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("refunds.id"), unique=True)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    asked_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    sent_at: Mapped[datetime | None] = mapped_column(Utc)
    received_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("state in ('asked', 'approved', 'returning', 'refunding', 'refund_failed', 'refunded', 'refused',"
                        " 'cancelled', 'lapsed')", name="state"),
        CheckConstraint("kind in ('refund_only', 'return_and_refund')", name="kind"),
        CheckConstraint("kind = 'return_and_refund' or state not in ('approved', 'returning', 'lapsed')", name="kind_state"),
        CheckConstraint("asked_fen >= 0 and freight_fen >= 0 and (given_fen is null or given_fen between 0 and asked_fen)",
                        name="amounts"),
        CheckConstraint(f"(state in {FINAL}) = (ended_at is not null)", name="ended"),
        CheckConstraint("(state in ('asked', 'approved', 'returning')) = (due_at is not null)", name="due"),
        CheckConstraint("state not in ('refunding', 'refund_failed') or refund_id is not null", name="refund"),
        CheckConstraint("state <> 'returning' or (courier is not null and tracking_number is not null)", name="parcel"),
        Index(None, "member_id", "id"), Index(None, "order_id"), Index(None, "state", "id"), Index(None, "store_id", "state", "id"),
        Index("ix_aftersales_due", "due_at", sqlite_where=text("due_at is not null"), postgresql_where=text("due_at is not null")),
    )


class AftersaleLine(Base):
    """What a case asks of one order line: `quantity` units, `held_qty` of which had not left the shelf, for `asked_fen`.

    `given_fen` is what was agreed. `is_open` while the case is: an order line has at most one.
    """

    __tablename__ = "aftersale_lines"
    aftersale_id: Mapped[str] = mapped_column(Id(), ForeignKey("aftersales.id"), primary_key=True)
    order_line_id: Mapped[str] = mapped_column(Id(), ForeignKey("order_lines.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Fen)
    held_qty: Mapped[int] = mapped_column(Fen, default=0)
    asked_fen: Mapped[int] = mapped_column(Fen)
    given_fen: Mapped[int | None] = mapped_column(Fen)
    restocked_qty: Mapped[int] = mapped_column(Fen, default=0)
    is_open: Mapped[bool] = mapped_column(Boolean, default=True)
    __table_args__ = (
        CheckConstraint("quantity >= 1 and held_qty between 0 and quantity and restocked_qty between 0 and quantity",
                        name="quantity"),
        CheckConstraint("asked_fen >= 0 and (given_fen is null or given_fen between 0 and asked_fen)", name="amounts"),
        Index("uq_aftersale_lines_open", "order_line_id", unique=True, sqlite_where=text("is_open = 1"),
              postgresql_where=text("is_open")),
        Index(None, "order_line_id"),
    )


class AftersaleMove(Base):
    """A step in the life of a case: from, to, who, when, why. Numbered without gaps; rows are only ever added."""

    __tablename__ = "aftersale_moves"
    aftersale_id: Mapped[str] = mapped_column(Id(), ForeignKey("aftersales.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(48))
    why: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Utc)
