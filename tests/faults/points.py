"""Numbers every SQL statement, commit and outside call of what runs, and makes the n-th one fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from backend.infra.db import db
from tests.fakes import FakeMini, FakePay


class Blown(Exception):
    """The failure that a test ordered: a crash, a lost connection, a lost answer."""


class Points:
    """Counts points while `active`; the one numbered `at` raises `failure`."""

    def __init__(self, failure: type[BaseException] = Blown) -> None:
        self.failure = failure
        self.names: list[str] = []
        self.at = 0
        self.active = False

    def reached(self, name: str) -> None:
        if not self.active:
            return
        self.names.append(name)
        if len(self.names) == self.at:
            raise self.failure(f"{self.at}: {name}")

    @contextmanager
    def counting(self, at: int = 0) -> Iterator[None]:
        """Count from 1; fail at point `at` (0: nowhere)."""
        self.names, self.at, self.active = [], at, True
        try:
            yield
        finally:
            self.active = False


@contextmanager
def recorder(*wechat: FakePay | FakeMini, failure: type[BaseException] = Blown) -> Iterator[Points]:
    """Hang the points on the write engine and on the parts of the scripted WeChat."""
    points = Points(failure)
    engine = db.engines[None]
    commit = engine.dialect.do_commit

    def on_statement(_: Any, __: Any, statement: str, *___: Any) -> None:
        points.reached("sql " + " ".join(statement.split()[:4]))

    def do_commit(connection: Any) -> None:
        points.reached("before commit")
        commit(connection)
        points.reached("after commit")

    def hang(part: FakePay | FakeMini) -> None:
        called, answered = part._called, part._answered

        def _called(name: str, number: str) -> None:
            points.reached(f"before {name}")
            called(name, number)

        def _answered(name: str) -> None:
            answered(name)
            points.reached(f"after {name}")

        part._called, part._answered = _called, _answered  # type: ignore[method-assign]

    event.listen(engine, "before_cursor_execute", on_statement)
    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    for part in wechat:
        hang(part)
    try:
        yield points
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
        for part in wechat:
            del part._called, part._answered
