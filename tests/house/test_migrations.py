"""Migrations: up, down and up again on both databases; the result is exactly what the models say (I55, I56)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from backend.tables import METADATA
from tests.conftest import ROOT, named


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    url = request.getfixturevalue("postgres_server")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    for statement in ("drop database if exists tuanma_empty with (force)", "create database tuanma_empty"):
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
    yield named(url, "tuanma_empty")
    with engine.connect() as connection:
        connection.exec_driver_sql("drop database tuanma_empty with (force)")


PARTS = "select cast(inhrelid as regclass)::text from pg_inherits join pg_class on pg_class.oid = inhparent where relkind = 'p'"
DIVIDED = "select relname, pg_get_partkeydef(oid) from pg_class where relkind = 'p'"
LEFTOVERS = {
    "sqlite": "select name from sqlite_master where type <> 'table' and name not like 'sqlite_%'",
    "postgresql": """select proname from pg_proc where pronamespace = 'public'::regnamespace union
        select typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')""",
}


def alembic(url: str) -> Config:
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    return config


def connected(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.pool.NullPool)


def schema(url: str) -> dict[str, dict[str, Any]]:
    """Columns, keys, checks and indexes of every table, as the database itself tells them."""
    engine = connected(url)
    inspector = sa.inspect(engine)
    asked: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
        "columns": (inspector.get_multi_columns, lambda each: {
            one["name"]: (str(one["type"]), getattr(one["type"], "collation", None), one["nullable"]) for one in each}),
        "primary key": (inspector.get_multi_pk_constraint, lambda each: each["constrained_columns"]),
        "foreign keys": (inspector.get_multi_foreign_keys, lambda each: sorted(
            (one["constrained_columns"], one["referred_table"], one["referred_columns"]) for one in each)),
        "checks": (inspector.get_multi_check_constraints, lambda each: sorted(
            (one["name"], _plain(one["sqltext"])) for one in each)),
        "unique": (inspector.get_multi_unique_constraints, lambda each: sorted(one["column_names"] for one in each)),
        "indexes": (inspector.get_multi_indexes, lambda each: sorted(
            (one["name"], one["column_names"], bool(one["unique"]), _where(one)) for one in each)),
    }
    found: dict[str, dict[str, Any]] = {}
    for name, (ask, plain) in asked.items():
        for (_, table), answer in ask().items():
            found.setdefault(table, {})[name] = plain(answer)
    found.pop("alembic_version", None)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            for part in connection.exec_driver_sql(PARTS).scalars():
                found.pop(part, None)
            for table, by in connection.exec_driver_sql(DIVIDED):
                found[table]["divided"] = by
    return found


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def _where(index: dict[str, Any]) -> str:
    options = index.get("dialect_options", {})
    conditions = [options[name] for name in ("sqlite_where", "postgresql_where") if options.get(name) is not None]
    return _plain(str(conditions[0])) if conditions else ""


def test_up_down_and_up_again(empty_url: str) -> None:
    command.upgrade(alembic(empty_url), "head")
    first = schema(empty_url)
    assert set(first) == set(METADATA.tables)
    command.downgrade(alembic(empty_url), "base")
    assert schema(empty_url) == {}
    assert leftovers(empty_url) == []
    command.upgrade(alembic(empty_url), "head")
    assert schema(empty_url) == first


def leftovers(url: str) -> list[str]:
    """Functions, triggers and types that an upgrade made and a downgrade forgot."""
    with connected(url).connect() as connection:
        return list(connection.exec_driver_sql(LEFTOVERS[connection.dialect.name]).scalars())


def test_upgrading_again_changes_nothing(empty_url: str) -> None:
    command.upgrade(alembic(empty_url), "head")
    before = schema(empty_url)
    command.upgrade(alembic(empty_url), "head")
    assert schema(empty_url) == before


def test_alembic_finds_nothing_to_add(database_url: str) -> None:
    command.check(alembic(database_url))


@pytest.mark.parametrize(
    ("empty_url", "database_url"), [("sqlite", "sqlite"), ("postgresql", "postgresql")], indirect=True)
def test_the_migrated_schema_is_that_of_the_models_to_the_last_check(empty_url: str, database_url: str) -> None:
    """What Alembic does not compare: CHECKs, conditions of indexes, collations."""
    METADATA.create_all(connected(empty_url))
    assert schema(database_url) == schema(empty_url)


@pytest.mark.parametrize("statement", [
    "alter table stores add column forgotten integer",
    "create index ix_forgotten on orders (remark)",
    "create table forgotten (id integer)",
])
def test_a_difference_is_seen(database_url: str, statement: str) -> None:
    before = schema(database_url)
    with connected(database_url).begin() as connection:
        connection.exec_driver_sql(statement)
    assert schema(database_url) != before
    with pytest.raises(CommandError):
        command.check(alembic(database_url))


def test_a_missing_check_is_seen(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite drops a CHECK only with its table")
    before = schema(database_url)
    with connected(database_url).begin() as connection:
        connection.exec_driver_sql("alter table stock_levels drop constraint ck_stock_levels_never_oversold")
    assert schema(database_url) != before


def test_the_migrations_are_one_line() -> None:
    script = ScriptDirectory.from_config(alembic("sqlite://"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
