"""Marks and slots: what has been done once (demo data), and which moments of a timetable have been started."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Json, Utc
from backend.infra.uow import Reading, Transaction
from backend.kernel.errors import Kind, Refusal

DEMO = "demo"
"""The mark of how far the demo shop has come."""


NO_SUCH_ENTRY = Refusal(Kind.NOT_FOUND, "no_such_entry", zh="时间表里没有这一项。", en="The timetable has no such line.")


class Mark(Base):
    """A named fact about this installation."""

    __tablename__ = "marks"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Utc)


class Slot(Base):
    """One moment of a timetable that has been started: at most once, however many schedulers run."""

    __tablename__ = "cron_slots"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[datetime] = mapped_column(Utc, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Utc)


INSERT = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


def find_mark(rd: Reading, name: str) -> dict[str, Any] | None:
    """The value of a mark, or None."""
    return rd.execute(select(Mark.__table__.c.value).where(Mark.__table__.c.name == name)).scalar()


def lock_mark(tx: Transaction, name: str) -> dict[str, Any] | None:
    """The value of a mark, which nobody else sets until this transaction ends; None when it was never set."""
    table = Mark.__table__
    return tx.execute(select(table.c.value).where(table.c.name == name).with_for_update()).scalar()


def set_mark(tx: Transaction, name: str, value: dict[str, Any]) -> None:
    """Set or replace a mark."""
    row = {"name": name, "value": value, "at": tx.now}
    statement = INSERT[tx.dialect](Mark.__table__).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value, "at": tx.now}))


def claim_slot(tx: Transaction, name: str, slot: datetime) -> bool:
    """Claim a moment of a timetable; False when it has been claimed before."""
    statement = INSERT[tx.dialect](Slot.__table__).values(name=name, slot=slot, started_at=tx.now)
    return tx.execute(statement.on_conflict_do_nothing()).rowcount == 1


def forget_slots(tx: Transaction, before: datetime) -> int:
    """Delete moments that were started before then; returns how many. Keep more than the longest rhythm."""
    return tx.execute(delete(Slot.__table__).where(Slot.__table__.c.slot < before)).rowcount


def last_slot(rd: Reading, name: str) -> datetime | None:
    """The latest moment that was started, or None."""
    table = Slot.__table__
    return rd.execute(select(table.c.slot).where(table.c.name == name).order_by(table.c.slot.desc()).limit(1)).scalar()


def forget_slots_after(tx: Transaction, now: datetime) -> int:
    """Delete moments that are still to come, so that they start when they do; returns how many."""
    return tx.execute(delete(Slot.__table__).where(Slot.__table__.c.slot > now)).rowcount
