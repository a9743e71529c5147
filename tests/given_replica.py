"""A replica that can be held: what happens on the primary meanwhile, it does not know."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection

from backend.infra.replica import catches_up


def is_copy(connection: Connection) -> bool:
    """Whether the answers come from the replica."""
    return connection.exec_driver_sql("select pg_is_in_recovery()").scalar_one()


@contextmanager
def held(url: str) -> Iterator[None]:
    """The replica has all that was written before, and nothing that is written inside the block."""
    assert catches_up(30)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_wal_replay_pause()")
    try:
        yield
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql("select pg_wal_replay_resume()")
