"""The unit of work: the only opener and committer of transactions, and keeper of the lock order."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, CursorResult, Delete, Executable, Table
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.infra import outbox
from backend.infra.db import opened_snapshot, read_engine, write_engine
from backend.infra.replica import connected
from backend.infra.rows import Named, Rows
from backend.kernel.actors import Actor
from backend.kernel.errors import Kind, Refusal

LOCKS = ("staff", "pick-up point", "member", "cart", "order", "payment", "refund", "ticket", "coupon", "leader account",
         "flash-sale quota", "review", "product", "stock")
"""Locks are taken in this order and never backwards; stock last, so that the hottest row is held shortest."""

BUSY = Refusal(Kind.UNAVAILABLE, "busy", zh="系统繁忙，请稍后再试。", en="The shop is busy; please try again in a moment.")

_open: ContextVar[bool] = ContextVar("transaction_open", default=False)

Params = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Whoever(Protocol):
    """What a transaction needs of a Context."""

    @property
    def actor(self) -> Actor: ...
    @property
    def now(self) -> datetime: ...
    @property
    def delivery(self) -> "outbox.Lease | None": ...


class Reading:
    """An open read-only snapshot."""

    def __init__(self, connection: Connection, ctx: Whoever) -> None:
        self.connection = connection
        self.now = ctx.now
        self.actor = ctx.actor

    def execute(self, statement: Executable, params: Params = None) -> CursorResult[Any]:
        return self.connection.execute(statement, params)

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name


class Question(Reading):
    """An open read-only snapshot for one statement."""

    _asked = False

    def execute(self, statement: Executable, params: Params = None) -> CursorResult[Any]:
        assert not self._asked, "a second statement, which might see another state than the first"
        self._asked = True
        return self.connection.execute(statement, params)


class Transaction(Reading):
    """An open transaction. Everything in it happens, or nothing does."""

    def __init__(self, connection: Connection, ctx: Whoever) -> None:
        super().__init__(connection, ctx)
        self._reached = 0
        self._events: list[outbox.Emitted] = []
        self._added: dict[Table, Rows] = {}
        self._removed: list[Named] = []
        self._last: list[Callable[[], None]] = []
        self._written = self._undone = False

    def locking(self, name: str) -> None:
        """Say that a lock of this kind is being taken; AssertionError if a later kind is held already."""
        position = LOCKS.index(name)
        if position < self._reached:
            raise AssertionError(f"lock order: {name} after {LOCKS[self._reached]}")
        self._reached = position

    def add(self, table: Table, rows: Rows) -> None:
        """Write new rows at the end, with the events: all that is added so goes to PostgreSQL in one statement (`insert_rows`).

        Parents before children, once a table (AssertionError); what is read before the end does not find them.
        """
        assert table not in self._added, f"rows of {table.name} are added already"
        assert not self._written, "what is written at the end is written"
        self._added[table] = rows

    def remove(self, statement: Delete, params: Mapping[str, Any]) -> None:
        """Delete at the end, before what is added is written; on PostgreSQL in the same statement, if anything is."""
        assert not self._written, "what is written at the end is written"
        self._removed.append((statement, params))

    def last(self, work: Callable[[], None]) -> None:
        """Do `work` after all that is written at the end: what it locks is held for the commit only. It adds, removes and emits
        nothing (AssertionError); when it refuses, nothing has happened."""
        self._last.append(work)

    def emit(self, event: Any, at: datetime | None = None) -> None:
        """Record `event` (frozen dataclass of ids) in this transaction; its reactions run later, from `at` if given."""
        assert not self._written, "what is written at the end is written"
        self._events.append(outbox.Emitted(event, self.now, at or self.now))

    def undo(self) -> None:
        """Nothing of this transaction happens, although its block ends without an exception."""
        self._undone = True

    def _finish(self) -> None:
        self._written = True
        outbox.write(self.connection, self._events, [*self._added.items()], self._removed)
        for work in self._last:
            work()


@contextmanager
def transaction(ctx: Whoever, last: bool = False) -> Iterator[Transaction]:
    """Open, yield, commit; roll back on any exception. Nesting is an AssertionError.

    `last=True` marks the last transaction of a reaction: it also finishes the delivery that ctx carries, and rolls all
    of it back when another worker has taken that delivery over (`outbox.TakenOver`), so a zombie cannot finish twice.
    Lock time-outs, deadlocks and lost connections are the refusal `busy`: nothing was done that we know of.
    """
    assert not _open.get(), "a transaction is already open"
    token = _open.set(True)
    try:
        with write_engine().connect() as connection:
            opened = connection.begin()
            try:
                tx = Transaction(connection, ctx)
                yield tx
                if tx._undone:
                    opened.rollback()
                    return
                tx._finish()
                if last and ctx.delivery is not None:
                    outbox.finish(connection, ctx.delivery, ctx.now)
            except BaseException:
                opened.rollback()
                raise
            try:
                opened.commit()
            except BaseException:  # its outcome is not known: the connection must not come back with half a transaction
                connection.invalidate()
                raise
        if (snapshot := opened_snapshot()) is not None:
            snapshot.renew()
    except (DBAPIError, PoolTimeout) as error:
        if _is_passing(error):
            raise BUSY() from error
        raise
    finally:
        _open.reset(token)


@contextmanager
def reading(ctx: Whoever, *, old: bool = False, once: bool = False) -> Iterator[Reading]:
    """A read-only snapshot on the read engine; never holds a write lock, never commits anything.

    Where a `Snapshot` is open, it is that one. `old` says that some seconds do not matter, nor what the reader has just written:
    a replica may answer. `once` is for a single statement, which is a snapshot by itself: PostgreSQL is then asked for no BEGIN and
    no COMMIT. A second statement in such a block is an AssertionError.
    """
    snapshot = opened_snapshot()
    try:
        if snapshot is not None:
            with snapshot.reading() as connection:
                yield Reading(connection, ctx)
            return
        with connected(read_engine()) if old else read_engine().connect() as connection:
            if once:
                yield Question(connection.execution_options(once=True), ctx)
            else:
                with connection.begin():
                    yield Reading(connection, ctx)
    except (DBAPIError, PoolTimeout) as error:
        if snapshot is not None:
            snapshot.renew()  # PostgreSQL answers nothing more in a transaction in which something failed
        if _is_passing(error):
            raise BUSY() from error
        raise


SQLITE_BUGS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY)
"""What SQLite calls operational and is our mistake: wrong SQL, and writing where one may only read."""


def _is_passing(error: DBAPIError | PoolTimeout) -> bool:
    """Whether trying again later may help: no connection, no lock in time, a deadlock, a server that went away."""
    if isinstance(error, PoolTimeout) or error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(error, OperationalError) and (code is None or code & 0xFF not in SQLITE_BUGS)


def no_transaction_open() -> bool:
    """True when this thread holds no transaction: asked before every call to the outside world."""
    return not _open.get()
