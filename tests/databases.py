"""Databases that are quick: PostgreSQL's is emptied for the next test, SQLite's waits for no disk."""

from typing import Any

import sqlalchemy as sa
from psycopg import errors
from sqlalchemy import event

from backend.infra.db import db
from backend.tables import METADATA

NAME = "tuanma_test"
SHAPE = " union all ".join(
    f"select '{catalogue}', count(*), coalesce(max(xmin::text::bigint), 0) from {catalogue}"
    for catalogue in ("pg_class", "pg_attribute", "pg_constraint", "pg_index", "pg_trigger", "pg_proc", "pg_namespace"))
"""Changes with every DDL statement: it writes, or removes, rows of the catalogue."""
OTHERS = ("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
          " where datname = current_database() and pid <> pg_backend_pid()")


def hasten() -> None:
    """SQLite of the current app no longer waits for the disk at each commit: a test's database need not outlive a power cut."""
    for engine in db.engines.values():
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", lambda connection, _: connection.execute("pragma synchronous = off"))


class Emptied:
    """`empty()` gives the tests of a process a database as migrations leave it, made anew only when its schema has changed.

    Milliseconds in place of the tenth of a second, or more, that CREATE DATABASE takes: rows are deleted with triggers off, and
    what migrations wrote is written again.
    """

    def __init__(self, server: sa.Engine) -> None:
        self.server = server
        self.url = server.url.set(database=NAME)
        self.engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        self.shape: Any = None
        self.reset = ""

    def empty(self) -> str:
        """The URL of the database, as fresh as from the template."""
        if self.shape is None or not self._emptied():
            self._make()
        return self.url.render_as_string(hide_password=False)

    def _make(self) -> None:
        with self.server.connect() as connection:
            connection.exec_driver_sql(f"drop database if exists {NAME} with (force)")
            connection.exec_driver_sql(f"create database {NAME} template tuanma_template")
        with self.engine.connect() as connection:
            connection.exec_driver_sql("create schema made")
            statements = ["set session_replication_role = replica"]
            for table in (*METADATA.tables, "alembic_version"):
                statements.append(f'delete from public."{table}"')
                if connection.exec_driver_sql(f'select exists (select from "{table}")').scalar_one():
                    connection.exec_driver_sql(f'create table made."{table}" as table public."{table}"')
                    statements.append(f'insert into public."{table}" table made."{table}"')
            self.reset = "; ".join(statements)
            self.shape = self._shape(connection)

    def _emptied(self) -> bool:
        """False when the database cannot be had again by deleting: it is gone, or of another shape, or its owner may not."""
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql(OTHERS)
                if self._shape(connection) != self.shape:
                    return False
                connection.exec_driver_sql(f"begin; {self.reset}; commit")
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, errors.InsufficientPrivilege | errors.InvalidCatalogName):
                return False
            raise
        return True

    @staticmethod
    def _shape(connection: sa.Connection) -> Any:
        return connection.exec_driver_sql(SHAPE).all()
