"""Patience: what is read between two points gives up after so many seconds, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.infra.clock import ticks
from backend.infra.uow import Reading

_LOOK_AGAIN = 100_000
"""SQLite asks after so many of its instructions whether to go on: some milliseconds."""


class TookTooLong(Exception):
    """The database was told to stop: the answer would have taken longer than somebody would wait."""


@contextmanager
def patient(rd: Reading, seconds: float) -> Iterator[None]:
    """Statements inside may take `seconds`, on PostgreSQL each, on SQLite together; then TookTooLong, and the reading is over."""
    raw = None
    if rd.dialect == "postgresql":
        rd.execute(text(f"set local statement_timeout = {int(seconds * 1000)}"))
    else:
        raw, until = rd.connection.connection.driver_connection, ticks() + seconds
        raw.set_progress_handler(lambda: ticks() > until, _LOOK_AGAIN)
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == "57014" or getattr(error.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise TookTooLong from error
        raise
    finally:
        if raw is not None:
            raw.set_progress_handler(None, 0)
