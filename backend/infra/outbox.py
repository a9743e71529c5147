"""Outbox: events written in the transaction of their cause, and one delivery per event and reaction.

The database is the truth. A delivery is leased, queued as an RQ job as a hint, started (which counts an attempt), and
finished by the reaction's last transaction. `due_at` is business time; leases and retries are real elapsed time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Json, Utc
from backend.infra.rows import Named, Rows, insert_rows
from backend.kernel.errors import Kind, Refusal
from backend.kernel.ids import first_id, new_id

QUEUE = "reactions"
"""The one queue of RQ."""
QUEUE_LEASE = timedelta(seconds=20)
"""How long a queued delivery may wait before somebody looks whether its job still exists."""
RUN_LEASE = timedelta(seconds=30)
"""How long a started delivery may run; the RQ job is killed before that."""
JOB_SECONDS = 25
KEPT, AT_ONCE = timedelta(days=30), 5_000
"""How long what is done is kept, and how much of it is forgotten in one transaction."""
ATTEMPTS = 8
RETRY_SECONDS = (1, 2, 5, 15, 60, 600, 3600)
"""Quick at first, for what passes; then long enough to outlast an hour without WeChat before somebody must look."""


class OutboxEvent(Base):
    """Something that happened, written together with what happened."""

    __tablename__ = "outbox_events"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    emitted_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime] = mapped_column(Utc)
    fanned: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        Index("ix_outbox_events_unfanned", "id", sqlite_where=text("fanned = 0"), postgresql_where=text("not fanned")),
        {"postgresql_partition_by": "RANGE (id)"},
    )


class Delivery(Base):
    """One reaction to one event: done once, by whoever holds its newest attempt.

    Attempts are numbered for ever, so that no number is held twice; `tried_before` of them were made before somebody gave a
    dead delivery its tries again. No foreign key holds it to its event: months of both go whole (`infra/partitions.py`).
    """

    __tablename__ = "deliveries"
    event_id: Mapped[str] = mapped_column(Id(), primary_key=True)
    reaction: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Utc)
    lease_until: Mapped[datetime | None] = mapped_column(Utc)
    retry_at: Mapped[datetime | None] = mapped_column(Utc)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    tried_before: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    dead_at: Mapped[datetime | None] = mapped_column(Utc)
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("attempt >= 0", name="attempt"),
        CheckConstraint("tried_before between 0 and attempt", name="tried_before"),
        CheckConstraint("done_at is null or dead_at is null", name="one_end"),
        Index("ix_deliveries_open", "due_at", sqlite_where=text("done_at is null and dead_at is null"),
              postgresql_where=text("done_at is null and dead_at is null")),
        Index("ix_deliveries_dead", "dead_at", sqlite_where=text("dead_at is not null"),
              postgresql_where=text("dead_at is not null")),
        {"postgresql_partition_by": "RANGE (event_id)"},
    )


EVENTS = OutboxEvent.__table__
DELIVERIES = Delivery.__table__
_EVENTS_REST, _DELIVERIES_REST = (
    each.to_metadata(MetaData(), name=f"{each.name}_rest") for each in (EVENTS, DELIVERIES))
OPEN = DELIVERIES.c.done_at.is_(None) & DELIVERIES.c.dead_at.is_(None)


NOT_DEAD = Refusal(Kind.CONFLICT, "delivery_not_dead", zh="该任务没有被放弃，或已经重新执行，无需重试。",
                   en="This delivery was not given up, or runs again already; there is nothing to retry.")


class TakenOver(Exception):
    """Another worker holds a newer attempt of this delivery: what this one did is rolled back."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event waiting to be written: `event` is a frozen dataclass of ids."""

    event: Any
    emitted_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a delivery as its `attempt`-th try; the `attempt - tried_before`-th since it was given tries."""

    event_id: str
    reaction: str
    attempt: int
    tried_before: int = 0

    @property
    def spent(self) -> bool:
        """Whether all its tries were used up before this one."""
        return self.attempt - self.tried_before > ATTEMPTS

    @property
    def job_id(self) -> str:
        """The RQ job of this try: letters, digits, `_` and `-` only."""
        return f"{self.event_id}-{self.reaction}-{self.attempt}"


def write(connection: Connection, emitted: Sequence[Emitted], beside: Sequence[tuple[Table, Rows]] = (),
          before: Sequence[Named] = ()) -> None:
    """Write events, and beside them rows [(table, rows)], parents first, with what is deleted before, in one go (`insert_rows`)."""
    events = [{"id": new_id("evt", each.emitted_at), "name": type(each.event).__name__, "payload": msgspec.to_builtins(each.event),
               "emitted_at": each.emitted_at, "due_at": each.due_at, "fanned": False} for each in emitted]
    written = [*beside, *([(EVENTS, events)] if events else [])]
    if written or before:
        insert_rows(connection, *written, before=before)


def fan_out(connection: Connection, reactions: Mapping[str, Iterable[str]], limit: int = 500) -> int:
    """Turn new events into deliveries, set-based; returns how many events. Safe with many relays (SKIP LOCKED)."""
    new = select(EVENTS.c.id).where(~EVENTS.c.fanned).order_by(EVENTS.c.id).limit(limit)
    ids = list(connection.execute(new.with_for_update(skip_locked=True)).scalars())
    if not ids:
        return 0
    pairs = [select(literal(name).label("name"), literal(reaction).label("reaction"))
             for name, names in reactions.items() for reaction in names]
    if pairs:
        table = union_all(*pairs).subquery()
        rows = select(EVENTS.c.id, table.c.reaction, EVENTS.c.due_at, literal(0)).join(
            table, table.c.name == EVENTS.c.name).where(EVENTS.c.id.in_(ids))
        connection.execute(insert(DELIVERIES).from_select(["event_id", "reaction", "due_at", "attempt"], rows))
    connection.execute(update(EVENTS).where(EVENTS.c.id.in_(ids)).values(fanned=True))
    return len(ids)


def work_waits(connection: Connection, now: datetime, real: datetime) -> bool:
    """Whether `fan_out` or `lease_due` would find anything; a read, so that an idle relay takes no write lock."""
    fresh = select(EVENTS.c.id).where(~EVENTS.c.fanned).limit(1)
    due = select(DELIVERIES.c.event_id).where(_due(now, real)).limit(1)
    return connection.execute(fresh).first() is not None or connection.execute(due).first() is not None


def _due(now: datetime, real: datetime) -> Any:
    return OPEN & (DELIVERIES.c.due_at <= now) & DELIVERIES.c.lease_until.is_(None) & or_(
        DELIVERIES.c.retry_at.is_(None), DELIVERIES.c.retry_at <= real)


def _key(rows: Sequence[Any]) -> Any:
    return or_(*((DELIVERIES.c.event_id == row.event_id) & (DELIVERIES.c.reaction == row.reaction) for row in rows))


def lease_due(connection: Connection, now: datetime, real: datetime, limit: int = 100) -> list[Lease]:
    """Lease what is due for queueing; each names the attempt that its start will be."""
    rows = connection.execute(
        select(DELIVERIES.c.event_id, DELIVERIES.c.reaction, DELIVERIES.c.attempt, DELIVERIES.c.tried_before)
        .where(_due(now, real)).order_by(DELIVERIES.c.due_at).limit(limit).with_for_update(skip_locked=True)).all()
    if rows:
        connection.execute(update(DELIVERIES).where(_key(rows)).values(lease_until=real + QUEUE_LEASE))
    return [Lease(row.event_id, row.reaction, row.attempt + 1, row.tried_before) for row in rows]


def overdue(connection: Connection, real: datetime, limit: int = 500) -> list[Lease]:
    """Leased deliveries whose lease has run out: queued and waiting, lost, or started by somebody who died."""
    rows = connection.execute(
        select(DELIVERIES.c.event_id, DELIVERIES.c.reaction, DELIVERIES.c.attempt, DELIVERIES.c.tried_before)
        .where(OPEN, DELIVERIES.c.lease_until < real).order_by(DELIVERIES.c.lease_until).limit(limit)).all()
    return [Lease(row.event_id, row.reaction, row.attempt + 1, row.tried_before) for row in rows]


_RENEW = update(DELIVERIES).where(
    DELIVERIES.c.event_id == bindparam("e"), DELIVERIES.c.reaction == bindparam("r"), DELIVERIES.c.attempt == bindparam("a"),
    OPEN).values(lease_until=bindparam("until"))


def renew(connection: Connection, leases: Sequence[Lease], until: datetime | None) -> None:
    """Set the lease of deliveries that nobody has started meanwhile; `until=None` gives them back to be leased anew."""
    if leases:
        connection.execute(_RENEW, [
            {"e": each.event_id, "r": each.reaction, "a": each.attempt - 1, "until": until} for each in leases])


def bury(connection: Connection, leases: Sequence[Lease], real: datetime) -> None:
    """Mark dead, and so list, deliveries whose workers died on every one of their tries."""
    for each in leases:
        connection.execute(update(DELIVERIES).where(
            DELIVERIES.c.event_id == each.event_id, DELIVERIES.c.reaction == each.reaction,
            DELIVERIES.c.attempt == each.attempt - 1, OPEN).values(
            dead_at=real, lease_until=None, error=func.coalesce(DELIVERIES.c.error, "the worker died while running it")))


def start(connection: Connection, lease: Lease, real: datetime) -> tuple[str, dict[str, Any]] | None:
    """Count the attempt and return (event name, payload); None when it was done, dead or started by somebody else."""
    started = connection.execute(
        update(DELIVERIES).where(DELIVERIES.c.event_id == lease.event_id, DELIVERIES.c.reaction == lease.reaction,
                                 DELIVERIES.c.attempt == lease.attempt - 1, OPEN)
        .values(attempt=lease.attempt, lease_until=real + RUN_LEASE, retry_at=None))
    if started.rowcount != 1:
        return None
    row = connection.execute(select(EVENTS.c.name, EVENTS.c.payload).where(EVENTS.c.id == lease.event_id)).one()
    return row.name, row.payload


def _mine(lease: Lease) -> Any:
    return ((DELIVERIES.c.event_id == lease.event_id) & (DELIVERIES.c.reaction == lease.reaction)
            & (DELIVERIES.c.attempt == lease.attempt) & OPEN)


def finish(connection: Connection, lease: Lease, now: datetime) -> None:
    """Mark the delivery done in the reaction's own transaction; TakenOver if it is no longer ours."""
    done = connection.execute(update(DELIVERIES).where(_mine(lease)).values(done_at=now, lease_until=None, error=None))
    if done.rowcount != 1:
        raise TakenOver(lease.job_id)


def finish_if_open(connection: Connection, lease: Lease, now: datetime) -> None:
    """Mark the delivery done unless its last transaction has done so (a reaction that found nothing to do)."""
    connection.execute(update(DELIVERIES).where(_mine(lease)).values(done_at=now, lease_until=None, error=None))


def fail(connection: Connection, lease: Lease, real: datetime, error: str) -> None:
    """Record the failure of our attempt: again after a pause, or dead and listed after ATTEMPTS tries."""
    tried_before = connection.execute(select(DELIVERIES.c.tried_before).where(_mine(lease))).scalar()
    if tried_before is None:
        return
    tries = lease.attempt - tried_before
    values: dict[str, Any] = {"lease_until": None, "error": error[:2000]}
    if tries >= ATTEMPTS:
        values["dead_at"] = real
    else:
        values["retry_at"] = real + timedelta(seconds=RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1])
    connection.execute(update(DELIVERIES).where(_mine(lease)).values(**values))


def forget_done(connection: Connection, before: datetime, limit: int = AT_ONCE) -> int:
    """Delete events emitted before then whose deliveries are all done (dead ones stay listed); returns how many.

    On PostgreSQL only those of no month: a month goes as a whole (`infra/partitions.py`).
    """
    events, deliveries = (EVENTS, DELIVERIES) if connection.dialect.name == "sqlite" else (_EVENTS_REST, _DELIVERIES_REST)
    still = select(deliveries.c.event_id).where(deliveries.c.event_id == events.c.id, deliveries.c.done_at.is_(None)).exists()
    old = select(events.c.id).where(events.c.id < first_id("evt", before), events.c.fanned, events.c.emitted_at < before, ~still)
    ids = list(connection.execute(old.order_by(events.c.id).limit(limit)).scalars())
    for start in range(0, len(ids), 500):
        some = ids[start:start + 500]
        connection.execute(delete(deliveries).where(deliveries.c.event_id.in_(some)))
        connection.execute(delete(events).where(events.c.id.in_(some)))
    return len(ids)


def revive(connection: Connection, event_id: str, reaction: str) -> bool:
    """Give a dead delivery its tries again (the retry button), under numbers not used before; False if it was not dead."""
    revived = connection.execute(
        update(DELIVERIES).where(DELIVERIES.c.event_id == event_id, DELIVERIES.c.reaction == reaction,
                                 DELIVERIES.c.dead_at.is_not(None))
        .values(dead_at=None, tried_before=DELIVERIES.c.attempt, retry_at=None, lease_until=None))
    return revived.rowcount == 1
