"""Tables of the tickets."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Json, Utc


class Ticket(Base):
    """A complaint of a member, perhaps about an order or a line of it. `due_at` is the shop's deadline while it owes an answer.

    `owner` is the id of the member of staff who answers; `heard_in` says where somebody of the shop heard it (a group).
    """

    __tablename__ = "tickets"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    number: Mapped[str] = mapped_column(Id(16), unique=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"))
    order_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("orders.id"))
    order_line_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("order_lines.id"))
    category: Mapped[str] = mapped_column(String(24))
    heard_in: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(16))
    moves: Mapped[int] = mapped_column(Integer, default=1)
    messages: Mapped[int] = mapped_column(Integer, default=1)
    owner: Mapped[str | None] = mapped_column(Id())
    opened_by: Mapped[str] = mapped_column(String(48))
    opened_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    overdue_at: Mapped[datetime | None] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)
    outcome: Mapped[str | None] = mapped_column(String(24))
    outcome_words: Mapped[str] = mapped_column(String(200), default="")
    __table_args__ = (
        CheckConstraint("state in ('open', 'answered', 'waiting', 'closed')", name="state"),
        CheckConstraint("(state in ('open', 'waiting')) = (due_at is not null)", name="due"),
        CheckConstraint("overdue_at is null or due_at is not null", name="overdue"),
        CheckConstraint("(state = 'closed') = (closed_at is not null) and (state <> 'closed' or outcome is not null)",
                        name="closed"),
        CheckConstraint("order_line_id is null or order_id is not null", name="about"),
        Index(None, "member_id", "id"), Index(None, "state", "id"), Index(None, "owner", "state"), Index(None, "order_id"),
        Index("ix_tickets_due", "due_at", sqlite_where=text("due_at is not null"), postgresql_where=text("due_at is not null")),
    )


class TicketMessage(Base):
    """What somebody wrote. `side`: member, staff, or note (staff among themselves). Numbered; rows are only ever added."""

    __tablename__ = "ticket_messages"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(Id(), ForeignKey("tickets.id"))
    seq: Mapped[int] = mapped_column(Integer)
    side: Mapped[str] = mapped_column(String(8))
    actor: Mapped[str] = mapped_column(String(48))
    words: Mapped[str] = mapped_column(String(1000))
    pictures: Mapped[list[str]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("ticket_id", "seq"), CheckConstraint("side in ('member', 'staff', 'note')", name="side"))


class TicketMove(Base):
    """A step in the life of a ticket. `what` names it; assigning and lateness leave the state as it is. Only ever added."""

    __tablename__ = "ticket_moves"
    ticket_id: Mapped[str] = mapped_column(Id(), ForeignKey("tickets.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    what: Mapped[str] = mapped_column(String(16))
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(48))
    why: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("what in ('opened', 'answered', 'written', 'assigned', 'overdue', 'closed', 'reopened')", name="what"),
    )
