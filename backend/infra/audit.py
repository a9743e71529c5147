"""Audit log: who changed what of money, price, stock and rights, with before and after, in the transaction of the change."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Json, Utc
from backend.infra.uow import Transaction
from backend.kernel.ids import new_id


class AuditRow(Base):
    """One change by one actor; rows are only ever added."""

    __tablename__ = "audit_log"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc)
    actor: Mapped[str] = mapped_column(String(48))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
    __table_args__ = (Index(None, "subject", "at"), Index(None, "actor", "at"), Index(None, "action", "at"), Index(None, "at"))


_RECORD = insert(AuditRow.__table__)


def record(tx: Transaction, action: str, subject: str, *, before: dict[str, Any] | None = None,
           after: dict[str, Any] | None = None) -> None:
    """Add a row in this transaction; values must be JSON and must hold no personal data in clear."""
    tx.execute(_RECORD, {"id": new_id("aud", tx.now), "at": tx.now, "actor": str(tx.actor), "action": action,
                         "subject": subject, "before": before, "after": after})


def record_all(
    tx: Transaction, action: str, changes: Iterable[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]
) -> None:
    """Like `record` for many subjects at once: [(subject, before, after)]; one statement, none for nothing."""
    rows = [
        {
            "id": new_id("aud", tx.now),
            "at": tx.now,
            "actor": str(tx.actor),
            "action": action,
            "subject": subject,
            "before": before,
            "after": after,
        }
        for subject, before, after in changes
    ]
    if rows:
        tx.execute(_RECORD, rows)
