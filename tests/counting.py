"""Counting SQL statements, to show that their number does not grow with the data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from backend.infra.db import db


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent by both engines inside the block; an executemany counts once, BEGIN and COMMIT do not."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
