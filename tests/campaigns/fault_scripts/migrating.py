"""Migrations that die (F40): killed at each of their statements and run again, each ends as if nothing had been."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from backend.commands.migrate import configuration
from tests import services
from tests.campaigns.fault_scripts.ground import Given, Wrong
from tests.conftest import named
from tests.house.test_migrations import schema

THOROUGH, SOME = 5, 7
DIED, DONE = -signal.SIGKILL, 0


def migrations_killed(given: Given) -> str:
    """One migration after the other, killed at its first statement, its second … on one database, which then goes on from there.

    At every seventh statement only, unless the campaign is told to take five minutes or more.
    """
    step = 1 if given.minutes >= THOROUGH else SOME
    with _two_databases(given.database, given.root) as (undisturbed, killed):
        command.upgrade(configuration(undisturbed), "head")
        script = ScriptDirectory.from_config(configuration(killed))
        kills, before = 0, None
        for revision in [each.revision for each in reversed(list(script.walk_revisions()))]:
            at = 1
            while _upgrade(killed, revision, at) == DIED:
                kills += 1
                if _version(killed) != before:
                    raise Wrong(f"{revision} was killed at statement {at}, and the database is at {_version(killed)}")
                at += step
            if _version(killed) != revision:
                raise Wrong(f"{revision} does not end: the database is at {_version(killed)}")
            before = revision
        if schema(killed) != schema(undisturbed):
            raise Wrong("the schema is another than without deaths")
        if _upgrade(killed, "head", 10_000) != DONE:
            raise Wrong("run once more it fails")
        return f"{kills} kills"


@contextlib.contextmanager
def _two_databases(kind: str, root: Path) -> Iterator[tuple[str, str]]:
    if kind == "sqlite":
        yield f"sqlite:///{root / 'undisturbed.db'}", f"sqlite:///{root / 'killed.db'}"
        return
    with services.postgres_server() as server:
        engine = sa.create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            for name in ("undisturbed", "killed"):
                connection.exec_driver_sql(f"create database {name}")
        yield named(server.url, "undisturbed"), named(server.url, "killed")


def _upgrade(url: str, revision: str, at: int) -> int:
    """In a child that is killed at its `at`-th statement; how it ended."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _die_at(at)
            command.upgrade(configuration(url), revision)
            code = DONE
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _die_at(at: int) -> None:
    left = at

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def _counted(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _version(url: str) -> str | None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("select version_num from alembic_version").scalar()
