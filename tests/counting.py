"""Counting SQL statements, to show that their number does not grow with the data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from backend.infra.db import db


@contextmanager
def counted(everything: bool = False) -> Iterator[list[str]]:
    """The statements sent by both engines inside the block; an executemany counts once, BEGIN and COMMIT do not.

    That the shop's rules are read anew, once in some seconds, is not counted unless `everything` is.
    """
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("BEGIN") and (everything or "FROM shop_settings" not in statement):
            seen.append(statement)

    engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
