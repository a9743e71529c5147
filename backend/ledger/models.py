"""Tables of the ledger. Rows are only ever added; triggers of the first migration refuse UPDATE and DELETE."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Utc


class LedgerTransaction(Base):
    """One business event in the books: at most one per (kind, event)."""

    __tablename__ = "ledger_transactions"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(Id(64))
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("kind", "event_id"), Index(None, "kind", "at"))


class LedgerTransfer(Base):
    """Money from one account to another: debit and credit are one row, so a transaction cannot fail to balance."""

    __tablename__ = "ledger_transfers"
    transaction_id: Mapped[str] = mapped_column(Id(), ForeignKey("ledger_transactions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    debit: Mapped[str] = mapped_column(Id(64))
    credit: Mapped[str] = mapped_column(Id(64))
    amount_fen: Mapped[int] = mapped_column(Fen)
    __table_args__ = (
        CheckConstraint("amount_fen between 1 and 1000000000000", name="amount"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        Index(None, "debit"), Index(None, "credit"),
    )
