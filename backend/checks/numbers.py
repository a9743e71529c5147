"""Numbers: money and quantities are whole and within their limits, in every table (I06)."""

from sqlalchemy import BigInteger, Table

from backend.checks.check import Check
from backend.kernel.money import LIMIT_FEN
from backend.tables import METADATA

SIGNED = {("stock_moves", "on_hand_change"), ("stock_moves", "reserved_change")}


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.c if isinstance(column.type, BigInteger)]


def _faults(table: Table, wrong: str) -> str:
    """Rows of `table` in which a number is `wrong` ({c} is the column), with their keys and numbers in words."""
    columns = _columns(table)
    key = " || '/' || ".join(f"cast({column.name} as varchar)" for column in table.primary_key.columns)
    shown = " || ', ' || ".join(f"'{name}=' || coalesce(cast({name} as varchar), '')" for name in columns)
    tests = []
    for name in columns:
        lowest = -LIMIT_FEN if (table.name, name) in SIGNED else 0
        tests.append(f"{wrong.format(c=name)}{name} not between {lowest} and {LIMIT_FEN}")
    return (f"select '{table.name}' as table_name, {key} as id, {shown} as found, "
            f"'whole numbers up to {LIMIT_FEN}' as expected from {table.name} where {' or '.join(tests)}")


def _statement(wrong: str) -> str:
    tables = [table for table in METADATA.sorted_tables if _columns(table)]
    return " union all ".join(_faults(table, wrong) for table in tables)


CHECKS = (
    Check("I06.whole", "金额与数量都是限内整数", "Money and quantities are whole numbers within their limits", {
        "sqlite": _statement("(typeof({c}) not in ('integer', 'null')) or "),
        "postgresql": _statement("")},
        "Find what wrote the number (the table has a CHECK or a type against it), and correct it by hand with a note."),
)
