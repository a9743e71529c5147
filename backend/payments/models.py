"""Tables of the payments: attempts, refunds, what was quarantined, and how the bill compares."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Json, Utc

OPEN_STATES = "('asked', 'open')"


class Payment(Base):
    """One attempt to pay an order; its id is WeChat's `out_trade_no`. `refund_fen` counts refunds not failed."""

    __tablename__ = "payments"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    state: Mapped[str] = mapped_column(String(16))
    amount_fen: Mapped[int] = mapped_column(Fen)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    prepay_id: Mapped[str | None] = mapped_column(String(80))
    prepay_at: Mapped[datetime | None] = mapped_column(Utc)
    params: Mapped[dict[str, Any] | None] = mapped_column(Json)
    next_query_at: Mapped[datetime | None] = mapped_column(Utc)
    queries: Mapped[int] = mapped_column(Integer, default=0)
    transaction_id: Mapped[str | None] = mapped_column(Id(40), unique=True)
    paid_at: Mapped[datetime | None] = mapped_column(Utc)
    refund_fen: Mapped[int] = mapped_column(Fen, default=0)
    refunds: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("state in ('asked', 'open', 'closed', 'succeeded', 'surplus')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(state in ('succeeded', 'surplus')) = (transaction_id is not null)", name="paid"),
        CheckConstraint("refund_fen between 0 and amount_fen and (refund_fen = 0 or transaction_id is not null)", name="refund"),
        CheckConstraint("refunds between 0 and 50", name="refunds"),
        Index("uq_payments_open", "order_id", unique=True, sqlite_where=text(f"state in {OPEN_STATES}"),
              postgresql_where=text(f"state in {OPEN_STATES}")),
        Index("uq_payments_succeeded", "order_id", unique=True, sqlite_where=text("state = 'succeeded'"),
              postgresql_where=text("state = 'succeeded'")),
        Index(None, "order_id"), Index(None, "paid_at"), Index(None, "state", "id"),
        Index("ix_payments_surplus", "id", sqlite_where=text("state = 'surplus'"), postgresql_where=text("state = 'surplus'")),
        Index("ix_payments_next_query", "next_query_at", sqlite_where=text("next_query_at is not null"),
              postgresql_where=text("next_query_at is not null")),
    )


class Refund(Base):
    """Money on its way back; its id is WeChat's `out_refund_no` for ever. `kind`: order (asked by people) or surplus."""

    __tablename__ = "refunds"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    payment_id: Mapped[str] = mapped_column(Id(), ForeignKey("payments.id"))
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    amount_fen: Mapped[int] = mapped_column(Fen)
    goods_fen: Mapped[int] = mapped_column(Fen)
    freight_fen: Mapped[int] = mapped_column(Fen)
    restock: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(80))
    asked_by: Mapped[str] = mapped_column(String(48))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    send_at: Mapped[datetime] = mapped_column(Utc)
    sent_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    wechat_refund_id: Mapped[str | None] = mapped_column(Id(64))
    problem: Mapped[str | None] = mapped_column(String(200))
    next_query_at: Mapped[datetime | None] = mapped_column(Utc)
    queries: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (
        CheckConstraint("kind in ('order', 'surplus')", name="kind"),
        CheckConstraint("state in ('asked', 'sent', 'succeeded', 'abnormal', 'closed')", name="state"),
        CheckConstraint("amount_fen > 0 and amount_fen = goods_fen + freight_fen and goods_fen >= 0 and freight_fen >= 0",
                        name="amounts"),
        Index("uq_refunds_surplus", "payment_id", unique=True, sqlite_where=text("kind = 'surplus'"),
              postgresql_where=text("kind = 'surplus'")),
        Index(None, "payment_id"), Index(None, "order_id"), Index(None, "state", "id"), Index(None, "sent_at"),
        Index("ix_refunds_next_query", "next_query_at", sqlite_where=text("next_query_at is not null"),
              postgresql_where=text("next_query_at is not null")),
    )


class RefundLine(Base):
    """What a refund gives back of one order line; quantity 0: money alone, the goods are kept. `waived_fen`: what the units
    were worth more. `shipped_qty` of the quantity had left the shelf, `returned_qty` of these are back."""

    __tablename__ = "refund_lines"
    refund_id: Mapped[str] = mapped_column(Id(), ForeignKey("refunds.id"), primary_key=True)
    order_line_id: Mapped[str] = mapped_column(Id(), ForeignKey("order_lines.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen)
    waived_fen: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    shipped_qty: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    returned_qty: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    __table_args__ = (
        CheckConstraint("quantity >= 0 and amount_fen >= 0 and quantity + amount_fen > 0 and waived_fen >= 0", name="amounts"),
        CheckConstraint("shipped_qty between 0 and quantity and returned_qty between 0 and shipped_qty", name="shipped"),
        Index(None, "order_line_id"),
    )


class PaymentException(Base):
    """Something WeChat told us about money that does not fit our books: kept, listed, never applied."""

    __tablename__ = "payment_exceptions"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(64))
    transaction_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16), default="open")
    at: Mapped[datetime] = mapped_column(Utc)
    note: Mapped[str | None] = mapped_column(String(200))
    settled_at: Mapped[datetime | None] = mapped_column(Utc)
    settled_by: Mapped[str | None] = mapped_column(String(48))
    __table_args__ = (
        UniqueConstraint("kind", "number", "transaction_id"),
        CheckConstraint("state in ('open', 'closed')", name="state"), Index(None, "state", "id"),
    )


class Bill(Base):
    """The comparison of one business day of our books with WeChat's trade bill."""

    __tablename__ = "bills"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    compared_at: Mapped[datetime] = mapped_column(Utc)
    payments: Mapped[int] = mapped_column(Integer)
    refunds: Mapped[int] = mapped_column(Integer)
    payments_fen: Mapped[int] = mapped_column(Fen)
    refunds_fen: Mapped[int] = mapped_column(Fen)
    differences: Mapped[int] = mapped_column(Integer)


class BillDifference(Base):
    """One number on which our books and the bill disagree. `ours_fen` or `theirs_fen` is None where it is missing."""

    __tablename__ = "bill_differences"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[str] = mapped_column(String(64), primary_key=True)
    problem: Mapped[str] = mapped_column(String(32))
    ours_fen: Mapped[int | None] = mapped_column(Fen)
    theirs_fen: Mapped[int | None] = mapped_column(Fen)
    state: Mapped[str] = mapped_column(String(16), default="open")
    note: Mapped[str | None] = mapped_column(String(200))
    settled_at: Mapped[datetime | None] = mapped_column(Utc)
    settled_by: Mapped[str | None] = mapped_column(String(48))
    __table_args__ = (
        Index("ix_bill_differences_open", "day", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        CheckConstraint("kind in ('payment', 'refund')", name="kind"),
        CheckConstraint("problem in ('missing_here', 'missing_there', 'amount')", name="problem"),
        CheckConstraint("state in ('open', 'gone', 'closed')", name="state"),
    )
