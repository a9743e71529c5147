"""Rows as one value: many are written in one statement, or come with what they belong to."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    ScalarSelect,
    Subquery,
    Table,
    Text,
    bindparam,
    column,
    func,
    insert,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from backend.infra.db import Encrypted, Json

Rows = Sequence[Mapping[str, Any]]
Named = tuple[Delete, Mapping[str, Any]]
"""A DELETE and its parameters; its names must not be those of anything that is written with it."""


class Texts(TypeDecorator[list[str]]):
    """A list of texts as one parameter."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else JSON())


class among(FunctionElement[bool]):
    """Whether a column of texts is in the list `:name`: one statement for any number of them, so that it is prepared once."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=Texts))


@compiles(among)
def _among(element: among, compiler: SQLCompiler, **options: Any) -> str:
    of, texts = (compiler.process(each, **options) for each in element.clauses)
    if compiler.dialect.name != "postgresql":
        return f"{of} IN (SELECT value FROM json_each({texts}))"
    # the planner must not see how long the list is, or it takes every list for a reason to plan anew, which costs more than to ask
    return f"{of} = ANY (ARRAY(SELECT unnest({texts})))"


def insert_rows(connection: Connection, *written: tuple[Table, Rows], before: Sequence[Named] = ()) -> None:
    """Delete what `before` says, and write rows [(table, rows)], parents first; the rows of a table have the same columns, those
    with a default may be missing.

    PostgreSQL gets all of it in one statement, each table's rows as one JSON value: two rows by executemany take twice the
    processor time of this, five hundred are five hundred statements there, and what makes a request dear is how often it waits.
    SQLite, which nobody waits for, gets one statement a table, as do deletions alone.
    """
    if connection.dialect.name == "postgresql" and written:
        statement = _insert(*((table, tuple(rows[0])) for table, rows in written), before=tuple(each for each, _ in before))
        params: dict[str, Any] = {f"rows_of_{table.name}": _encrypted(table, rows) for table, rows in written}
        for _, more in before:
            assert not params.keys() & more.keys(), "two parameters of one name"
            params |= more
        connection.execute(statement, params)
    else:
        for delete, params in before:
            connection.execute(delete, params)
        for table, rows in written:
            connection.execute(_one_by_one(table), rows)


@cache
def _insert(*written: tuple[Table, tuple[str, ...]], before: tuple[Delete, ...] = ()) -> Insert:
    *others, last = (_insert_of(table, names) for table, names in written)
    return last.add_cte(*(each.cte(f"from_{each.table.name}") for each in before),
                        *(each.cte(f"in_{each.table.name}") for each in others))


def _insert_of(table: Table, names: tuple[str, ...]) -> Insert:
    # by the table's own row type: with all types written out the text is too long for psycopg to keep its analysis (4,096)
    whole = func.json_populate_recordset(literal_column(f"null::{table.name}"), bindparam(f"rows_of_{table.name}", type_=JSON()))
    rows = whole.table_valued(*(column(name, table.c[name].type) for name in names), name="r")
    others = [each for each in table.c if each.name not in names and each.default is not None]
    values = [rows.c[name] for name in names] + [literal(each.default.arg, each.type) for each in others]
    return insert(table).from_select([*names, *(each.name for each in others)], select(*values), include_defaults=False)


def _encrypted(table: Table, rows: Rows) -> Rows:
    secret = _secret(table)
    if not secret:
        return rows
    return [{**row, **{name: kind.process_bind_param(row[name], None) for name, kind in secret.items() if name in row}}
            for row in rows]


@cache
def _secret(table: Table) -> dict[str, Encrypted]:
    return {each.name: each.type for each in table.c if isinstance(each.type, Encrypted)}


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
