"""Tables of the messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Json, Utc


class MessageBalance(Base):
    """How many messages of a template a member still lets through, as far as we know."""

    __tablename__ = "message_balances"
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"), primary_key=True)
    template_id: Mapped[str] = mapped_column(Id(64), primary_key=True)
    balance: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (CheckConstraint("balance >= 0", name="balance"),)


class ConsentMove(Base):
    """Why a balance changed: a tap (`accepted`, `rejected`), a message (`spent`, `returned`), or WeChat's no (`voided`)."""

    __tablename__ = "consent_moves"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    template_id: Mapped[str] = mapped_column(Id(64))
    kind: Mapped[str] = mapped_column(String(16))
    change: Mapped[int] = mapped_column(Integer)
    message_id: Mapped[str | None] = mapped_column(Id())
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("kind in ('accepted', 'rejected', 'spent', 'returned', 'voided')", name="kind"),
        CheckConstraint("(kind in ('accepted', 'returned') and change = 1) or (kind = 'spent' and change = -1)"
                        " or (kind = 'rejected' and change = 0) or (kind = 'voided' and change < 0)", name="change"),
        CheckConstraint("(kind in ('spent', 'returned')) = (message_id is not null)", name="message"),
        UniqueConstraint("message_id", "kind"),
        Index(None, "member_id", "template_id", "id"),
    )


class Message(Base):
    """A message about something (`about`: an order, a refund, a pick-up); at most one of a template for it and a member."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    template: Mapped[str] = mapped_column(String(16))
    template_id: Mapped[str] = mapped_column(Id(64))
    about: Mapped[str] = mapped_column(Id())
    page: Mapped[str] = mapped_column(String(128))
    fields: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    problem: Mapped[str | None] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("member_id", "template", "about"),
        CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed', 'unknown', 'skipped')", name="state"),
        CheckConstraint("(state in ('waiting', 'sending')) = (ended_at is null)", name="ended"),
        Index(None, "state", "id"),
        Index("ix_messages_open", "asked_at", sqlite_where=text("ended_at is null"), postgresql_where=text("ended_at is null")),
    )
