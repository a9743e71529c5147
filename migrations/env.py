"""Alembic's environment: one schema for SQLite and PostgreSQL, taken from backend/tables.py.

The database URL comes from `config.attributes["url"]`, or from the settings when Alembic is started by hand.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context

from backend.infra.db import Encrypted, Utc, engine_options, prepare_sqlite
from backend.infra.settings import load_settings
from backend.tables import METADATA


def render_item(kind: str, item: Any, _: Any) -> str | bool:
    """Write our column types as plain SQLAlchemy types, so that old migrations never need today's code."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Encrypted):
        return "sa.Text()"
    return False


def check_references(*, ctx: Any, **_: Any) -> None:
    """SQLite changes a table by copying it, for which foreign keys must be off; after each step none may be broken."""
    if ctx.connection.dialect.name == "sqlite":
        broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"the migration would break foreign keys: {broken[:5]}")


PARTS = "select cast(inhrelid as regclass)::text from pg_inherits join pg_class on pg_class.oid = inhparent where relkind = 'p'"
"""Parts of tables that are divided by months: no tables of their own."""


def is_ours(thing: Any, _: str | None, kind: str, reflected: bool, __: Any) -> bool:
    """Whether a thing of the models is one on this database, too."""
    dialect = None if reflected or kind != "unique_constraint" else thing.info.get("dialect")
    return dialect is None or dialect == context.get_context().dialect.name


def run() -> None:
    url = context.config.attributes.get("url") or load_settings().database
    options = engine_options(url, read_only=False, pool=1)
    for name in ("pool_size", "max_overflow", "pool_recycle"):
        options.pop(name, None)
    engine = sa.create_engine(options.pop("url"), poolclass=sa.pool.NullPool, **options)
    prepare_sqlite(engine, read_only=False, foreign_keys=False)
    with engine.connect() as connection:
        parts = set[str]() if connection.dialect.name == "sqlite" else set(connection.exec_driver_sql(PARTS).scalars())
        connection.rollback()
        context.configure(connection=connection, target_metadata=METADATA, compare_type=True, render_item=render_item,
                          include_name=lambda name, *_: name not in parts, include_object=is_ours,
                          render_as_batch=connection.dialect.name == "sqlite", transaction_per_migration=True,
                          on_version_apply=check_references)
        with context.begin_transaction():
            context.run_migrations()


run()
