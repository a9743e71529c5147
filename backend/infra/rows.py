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
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.types import JSON

from backend.infra.db import Encrypted, Json

Rows = Sequence[Mapping[str, Any]]


def insert_rows(connection: Connection, *written: tuple[Table, Rows]) -> None:
    """Write rows [(table, rows)], parents first; the rows of a table have the same columns, those with a default may be missing.

    PostgreSQL gets all of it in one statement, each table's rows as one JSON value: two rows by executemany take twice the
    processor time of this, five hundred are five hundred statements there, and what makes a request dear is how often it waits.
    SQLite, which nobody waits for, gets one statement a table.
    """
    if connection.dialect.name == "postgresql":
        statement = _insert(*((table, tuple(rows[0])) for table, rows in written))
        connection.execute(statement, {f"rows_of_{table.name}": _encrypted(table, rows) for table, rows in written})
    else:
        for table, rows in written:
            connection.execute(_one_by_one(table), rows)


@cache
def _insert(*written: tuple[Table, tuple[str, ...]]) -> Insert:
    *before, last = (_insert_of(table, names) for table, names in written)
    return last.add_cte(*(each.cte(f"in_{each.table.name}") for each in before))


def _insert_of(table: Table, names: tuple[str, ...]) -> Insert:
    whole = func.json_to_recordset(bindparam(f"rows_of_{table.name}", type_=JSON()))
    rows = whole.table_valued(*(column(name, table.c[name].type) for name in names)).render_derived("r", with_types=True)
    others = [each for each in table.c if each.name not in names and each.default is not None]
    values = [rows.c[name] for name in names] + [literal(each.default.arg, each.type) for each in others]
    return insert(table).from_select([*names, *(each.name for each in others)], select(*values), include_defaults=False)


def _encrypted(table: Table, rows: Rows) -> Rows:
    secret = {name: table.c[name].type for name in rows[0] if isinstance(table.c[name].type, Encrypted)}
    if not secret:
        return rows
    return [{**row, **{name: kind.process_bind_param(row[name], None) for name, kind in secret.items()}} for row in rows]


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
