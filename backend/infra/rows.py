"""Rows as one value: many are written in one statement, or come with what they belong to."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    ScalarSelect,
    Subquery,
    Table,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.types import JSON

from backend.infra.db import Encrypted, Json


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that all have the same columns; those with a default may be missing. One statement.

    PostgreSQL gets them as one JSON value: two rows by executemany take twice the processor time of this, and five hundred are
    five hundred statements there. SQLite has no way to go, and times of its own form: it gets them one by one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_insert(table, tuple(rows[0])), {"rows": rows})
    else:
        connection.execute(_one_by_one(table), rows)


@cache
def _insert(table: Table, names: tuple[str, ...]) -> Insert:
    assert not any(isinstance(table.c[name].type, Encrypted) for name in names), "JSON passes the encryption by"
    whole = func.json_to_recordset(bindparam("rows", type_=JSON()))
    rows = whole.table_valued(*(column(name, table.c[name].type) for name in names)).render_derived("r", with_types=True)
    return insert(table).from_select(names, select(*(rows.c[name] for name in names)))


@cache
def _one_by_one(table: Table) -> Insert:
    return insert(table)


def rows_as_json(dialect: str, rows: Subquery) -> ScalarSelect[Any]:
    """The rows of a subquery as one value, a list of dicts in any order, None or empty without rows: so what belongs to a row comes
    with it, in one statement."""
    if dialect == "postgresql":
        whole: Any = func.json_agg(func.row_to_json(literal_column(rows.name)))
    else:
        parts = [(literal_column(f"'{each.name}'"), func.json(each) if isinstance(each.type, JSON) else each) for each in rows.c]
        whole = func.json_group_array(func.json_object(*(part for pair in parts for part in pair)))
    return select(type_coerce(whole, Json)).select_from(rows).scalar_subquery()
