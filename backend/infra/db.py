"""Database: one Base, two engines (`default` writes, `read` cannot; a third for a replica), column types that are the same on both
databases."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, current_app
from flask.globals import app_ctx
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, DateTime, Engine, Integer, MetaData, String, Text, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool
from sqlalchemy.types import JSON, TypeDecorator

from backend.infra import replica
from backend.infra.clock import ticks

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

IDLE_SECONDS = 5.0
"""A connection that was used more recently than this is taken to live; if it does not, the shop is busy, once."""
GONE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""A PostgreSQL whose machine or network is gone without a word is given up after 25 s; by itself Linux waits for hours."""

Json = JSON().with_variant(JSONB, "postgresql")
Fen = BigInteger
Serial = BigInteger().with_variant(Integer, "sqlite")


def Id(length: int = 32) -> String:
    """A type-prefixed ULID; byte order on PostgreSQL, so that ids compare as they do on SQLite and in Python."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Utc(TypeDecorator[datetime]):
    """An aware instant in UTC on both databases; a naive one is a ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[Any]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Encrypted(TypeDecorator[str]):
    """Text that is encrypted at rest; `label` ("table.column") is bound to it, so that values cannot be swapped."""

    impl = Text
    cache_ok = True

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    @property
    def python_type(self) -> type[Any]:
        return str

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else current_app.extensions["cipher"].encrypt(value, self.label)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else current_app.extensions["cipher"].decrypt(value, self.label)


class Base(DeclarativeBase):
    """Every table of the house; models know only this."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


def engine_options(url: str, *, read_only: bool, pool: int) -> dict[str, Any]:
    """Engine options of this house for `url`.

    Row counts are kept for INSERT too: without that PostgreSQL says -1, and a claim by ON CONFLICT DO NOTHING never wins.
    """
    options: dict[str, Any] = {"url": url, "json_serializer": _json, "json_deserializer": msgspec.json.decode,
                               "execution_options": {"preserve_rowcount": True}, "hide_parameters": True}
    if make_url(url).get_backend_name() == "sqlite":
        return options
    # random_page_cost is for turning discs by default (4): with it a statement about two SKUs read all of six hundred
    flags = ("-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
             " -c random_page_cost=1.1")
    if read_only:
        flags += r" -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\ read"
    return options | {"pool_size": pool, "max_overflow": 2, "pool_recycle": 1800,
                      "connect_args": {"options": flags, "connect_timeout": 5} | GONE}


def bind_databases(app: Flask, url: str, replica_url: str, *, threads: int, pooled: bool = True) -> None:
    """Give `app` its engines: two, and one to the replica if there is one. Makes no connection (fork safe).

    `pooled=False` opens one connection per use.
    """
    binds: dict[str | None, dict[str, Any]] = {None: engine_options(url, read_only=False, pool=threads + 2),
                                               "read": engine_options(url, read_only=True, pool=threads + 2)}
    if replica_url:
        binds["replica"] = engine_options(replica_url, read_only=True, pool=threads + 2)
        binds["replica"]["connect_args"]["connect_timeout"] = 2
        binds["replica"]["pool_pre_ping"] = True  # the primary answers for a replica that is gone, and nobody is told to come again
    if not pooled:
        for options in binds.values():
            for name in ("pool_size", "max_overflow", "pool_pre_ping", "pool_recycle"):
                options.pop(name, None)
            options["poolclass"] = NullPool
    app.config["SQLALCHEMY_BINDS"] = binds
    db.init_app(app)
    with app.app_context():
        prepare_sqlite(db.engines[None], read_only=False)
        prepare_sqlite(db.engines["read"], read_only=True)
        for name, engine in db.engines.items():
            prepare_postgres(engine, read_only=name is not None)
        replica.attach(app, db.engines.get("replica"), db.engines["read"])


def prepare_sqlite(engine: Engine, *, read_only: bool, foreign_keys: bool = True) -> None:
    """The SQLite recipe: WAL, durable, foreign keys, and transactions that take the write lock when they begin.

    Plain pysqlite begins late and drops FOR UPDATE, which oversells; BEGIN IMMEDIATE makes writers wait in line. Only
    migrations go without foreign keys: SQLite changes a table by copying it.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
                       "synchronous=FULL", "temp_store=MEMORY", "cache_size=-20000",
                       f"query_only={'ON' if read_only else 'OFF'}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def prepare_postgres(engine: Engine, *, read_only: bool) -> None:
    """The PostgreSQL recipe: no question that need not be asked.

    A connection is asked whether it lives only after `IDLE_SECONDS` without use, not before each use. The read engine's
    connections begin nothing by themselves, so that one statement can be asked alone (`reading(ctx, once=True)`).
    """
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "checkin")
    def _given_back(_: Any, record: Any) -> None:
        record.info["idle_since"] = ticks()

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, __: Any) -> None:
        if ticks() - record.info.get("idle_since", math.inf) > IDLE_SECONDS and not _lives(engine, connection):
            raise InvalidatePoolError()

    if not read_only:
        return

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.autocommit = True

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if not connection.get_execution_options().get("once"):
            connection.exec_driver_sql("BEGIN")


def _lives(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def tell_statements(engine: Engine, path: Path, of: str) -> None:
    """Append every statement and its parameters to a file, a JSON line each, as one `of` this engine: for `bench` and for looking
    at what a page asks."""

    @event.listens_for(engine, "before_cursor_execute")
    def _asked(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        line = msgspec.json.encode({"engine": of, "sql": statement, "parameters": parameters, "many": many}, enc_hook=str)
        with path.open("ab") as file:
            file.write(line + b"\n")


def write_engine() -> Engine:
    """The engine of the unit of work."""
    return db.engines[None]


def read_engine() -> Engine:
    """The engine of queries and admin lists; it refuses to write."""
    return db.engines["read"]


class Snapshot:
    """One state of the database for all that a page reads: one connection and one transaction, opened when first asked for.

    After a transaction of the same thread has committed (`renew`), what is read next sees what it wrote; what still reads the
    older state may finish. The page of somebody who has `seen` the primary's log until then may come from the replica; without
    `seen`, and after a transaction, it does not.
    """

    def __init__(self, seen: int | None = None) -> None:
        self._seen = seen
        self._current: Connection | None = None
        self._readers = 0
        self._kept: Connection | None = None
        self._left: list[Connection] = []

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, for as long as the block reads from it."""
        self._readers += 1
        try:
            yield self._connection()
        finally:
            self._readers -= 1

    def keep(self) -> Connection:
        """The connection for a session, which stays with the one that it was given first."""
        if self._kept is None:
            self._kept = self._connection()
        return self._kept

    def renew(self) -> None:
        """The next reading begins anew."""
        self._seen = None
        if self._current is not None and self._current is not self._kept:
            self._left.append(self._current) if self._readers else self._current.close()
        self._current = None

    def close(self) -> None:
        """Give back what was opened; the next reading begins anew."""
        opened = {*self._left, self._current, self._kept}
        self._current, self._kept, self._left = None, None, []
        for connection in opened:
            if connection is not None:
                connection.close()

    def _connection(self) -> Connection:
        if self._current is None:
            self._current = read_engine().connect() if self._seen is None else replica.connected(read_engine(), self._seen)
            self._current.begin()
        return self._current


_snapshot: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


def open_snapshot(seen: int | None = None) -> None:
    """From here on all readings of this thread see one state, until `close_snapshot`; for `seen` see `Snapshot`."""
    close_snapshot()
    _snapshot.set(Snapshot(seen))


def close_snapshot() -> None:
    """End it; harmless when there is none."""
    snapshot = _snapshot.get()
    _snapshot.set(None)
    if snapshot is not None:
        snapshot.close()


def opened_snapshot() -> Snapshot | None:
    """The snapshot that is open in this thread, or None."""
    return _snapshot.get()


class _ReadSession(Session):
    """A session that only ever talks to the read engine, within the open snapshot when there is one."""

    def get_bind(self, *_: Any, **__: Any) -> Engine | Connection:  # type: ignore[override]
        snapshot = opened_snapshot()
        return read_engine() if snapshot is None else snapshot.keep()


class ReadOnly:
    """What lists of the admin console read through: one session for each request, on the engine that refuses to write."""

    session = scoped_session(sessionmaker(class_=_ReadSession, autoflush=False, expire_on_commit=False),
                             scopefunc=lambda: id(app_ctx._get_current_object()))


read_only = ReadOnly()
