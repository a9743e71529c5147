"""The unit of work: all or nothing, one at a time, locks in order, and a friendly no when the database is busy."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.context import Context
from backend.infra import marks
from backend.infra.db import close_snapshot, db, open_snapshot, read_engine, read_only, write_engine
from backend.infra.marks import Mark
from backend.infra.rows import among
from backend.infra.uow import LOCKS, Transaction, no_transaction_open, reading, transaction
from backend.kernel.errors import Kind, Refused
from tests.counting import counted

MARKS = Mark.__table__
Ctx = Callable[..., Context]
Rows = Callable[..., list[dict]]


@dataclass(frozen=True)
class Noted:
    subject_id: str


def test_what_is_written_is_there_after_the_transaction(ctx: Ctx, rows: Rows) -> None:
    with transaction(ctx()) as tx:
        marks.set_mark(tx, "a", {"n": 1})
        assert rows("select name from marks") == []
        tx.emit(Noted("x"))
    assert rows("select name from marks") == [{"name": "a"}]
    assert [row["name"] for row in rows("select name from outbox_events")] == ["Noted"]


def test_an_exception_leaves_nothing(ctx: Ctx, snapshot: Callable[[], dict]) -> None:
    before = snapshot()
    with pytest.raises(ZeroDivisionError), transaction(ctx()) as tx:
        marks.set_mark(tx, "a", {})
        tx.emit(Noted("x"))
        raise ZeroDivisionError
    assert snapshot() == before


def test_a_failed_statement_leaves_nothing_and_is_not_called_busy(ctx: Ctx, snapshot: Callable[[], dict]) -> None:
    before = snapshot()
    with pytest.raises(IntegrityError), transaction(ctx()) as tx:
        marks.set_mark(tx, "a", {})
        tx.execute(sa.text("insert into carts (member_id, updated_at) values ('nobody', '2026-01-01 00:00:00')"))
    assert snapshot() == before


@pytest.mark.parametrize("statement", ["select * from no_such_table", "select no_such_column from marks", "selekt 1"])
def test_wrong_sql_is_a_bug_not_a_busy_shop(ctx: Ctx, statement: str) -> None:
    with pytest.raises(DBAPIError), transaction(ctx()) as tx:
        tx.execute(sa.text(statement))
    with pytest.raises(DBAPIError), reading(ctx()) as rd:
        rd.execute(sa.text(statement))


def test_transactions_do_not_nest(ctx: Ctx, rows: Rows) -> None:
    assert no_transaction_open()
    with transaction(ctx()) as tx:
        assert not no_transaction_open()
        with pytest.raises(AssertionError), transaction(ctx()):
            pass
        marks.set_mark(tx, "outer", {})
    assert no_transaction_open()
    assert rows("select name from marks") == [{"name": "outer"}]


def test_another_thread_has_a_transaction_of_its_own(ctx: Ctx, app: Flask) -> None:
    seen = []

    def look() -> None:
        seen.append(no_transaction_open())

    with transaction(ctx()):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [True]


def test_a_failed_transaction_can_be_followed_by_another(ctx: Ctx, rows: Rows) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), transaction(ctx()):
            raise ZeroDivisionError
    with transaction(ctx()) as tx:
        marks.set_mark(tx, "a", {})
    assert rows("select name from marks") == [{"name": "a"}]


def test_locks_are_taken_forwards_only(ctx: Ctx) -> None:
    with transaction(ctx()) as tx:
        for name in LOCKS:
            tx.locking(name)
            tx.locking(name)
    for i, later in enumerate(LOCKS):
        for earlier in LOCKS[:i]:
            with pytest.raises(AssertionError, match=earlier), transaction(ctx()) as tx:
                tx.locking(later)
                tx.locking(earlier)
    with pytest.raises(ValueError), transaction(ctx()) as tx:
        tx.locking("no such lock")


def test_the_lock_order_begins_anew_with_each_transaction(ctx: Ctx) -> None:
    for _ in range(2):
        with transaction(ctx()) as tx:
            tx.locking("cart")
            tx.locking("stock")


def hurry(tx: Transaction) -> None:
    if tx.dialect == "postgresql":
        tx.execute(sa.text("set local lock_timeout = '100ms'"))


def test_a_lock_that_does_not_come_is_the_refusal_busy(ctx: Ctx, rows: Rows) -> None:
    engine = write_engine()
    if engine.dialect.name == "sqlite":
        engine.dispose()
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("pragma busy_timeout = 100"))
    with transaction(ctx()) as tx:
        marks.set_mark(tx, "contended", {"by": "nobody"})
    with engine.connect() as rival, rival.begin() as held:
        rival.execute(sa.text("update marks set at = at where name = 'contended'"))
        with pytest.raises(Refused) as caught, transaction(ctx()) as tx:
            hurry(tx)
            marks.set_mark(tx, "contended", {"by": "us"})
        assert (caught.value.kind, caught.value.code) == (Kind.UNAVAILABLE, "busy")
        held.rollback()
    assert no_transaction_open()
    with transaction(ctx()) as tx:
        marks.set_mark(tx, "contended", {"by": "us"})
    assert "us" in str(rows("select value from marks"))


def test_a_connection_that_is_lost_is_the_refusal_busy(ctx: Ctx, rows: Rows) -> None:
    if write_engine().dialect.name == "sqlite":
        pytest.skip("a file has no connection to lose")
    with pytest.raises(Refused) as caught, transaction(ctx()) as tx:
        marks.set_mark(tx, "a", {})
        with write_engine().connect() as rival, rival.begin():
            victim = tx.execute(sa.text("select pg_backend_pid()")).scalar()
            rival.execute(sa.text("select pg_terminate_backend(:pid)"), {"pid": victim})
        tx.execute(sa.text("select 1"))
    assert caught.value.code == "busy"
    assert rows("select name from marks") == []
    with transaction(ctx()) as tx:
        marks.set_mark(tx, "a", {})
    assert rows("select name from marks") == [{"name": "a"}]


def test_a_pool_without_a_free_connection_is_the_refusal_busy(ctx: Ctx, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise sa.exc.TimeoutError("QueuePool limit reached")

    for name in (None, "read"):
        monkeypatch.setattr(db.engines[name], "connect", full)
    for opener in (transaction, reading):
        with pytest.raises(Refused) as caught, opener(ctx()):
            pass
        assert caught.value.code == "busy"


def test_a_transaction_knows_its_moment_and_its_actor(ctx: Ctx) -> None:
    context = ctx()
    with transaction(context) as tx:
        assert (tx.now, tx.actor) == (context.now, context.actor)
        assert tx.dialect in ("sqlite", "postgresql")


def test_writers_on_sqlite_take_the_write_lock_when_they_begin(ctx: Ctx) -> None:
    """Without BEGIN IMMEDIATE a read before a write decides on old data, which oversells."""
    engine = write_engine()
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    engine.dispose()
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("pragma busy_timeout = 50"))
    locked = pytest.raises(sa.exc.OperationalError, match="locked")
    with transaction(ctx()), locked, engine.connect() as rival, rival.begin():
        pass


def test_a_commit_that_fails_leaves_no_connection_in_the_middle(ctx: Ctx, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk was full, or the connection died on the way: whoever comes next must find a clean connection."""
    dialect = write_engine().dialect
    real = dialect.do_commit

    def broken(connection: object) -> None:
        monkeypatch.setattr(dialect, "do_commit", real)
        raise OSError("disk I/O error")

    monkeypatch.setattr(dialect, "do_commit", broken)
    with pytest.raises(OSError, match="disk"), transaction(ctx()) as tx:
        marks.set_mark(tx, "lost", {})
    with transaction(ctx()) as tx:
        marks.set_mark(tx, "kept", {})
    assert rows("select name from marks") == [{"name": "kept"}]


def test_readings_of_a_snapshot_see_one_state_over_one_connection_until_its_own_thread_writes(
        ctx: Ctx, app: Flask) -> None:
    names, write = sa.select(MARKS.c.name).order_by(MARKS.c.name), sa.insert(MARKS)
    pool = read_engine().pool

    def elsewhere(name: str) -> None:
        with write_engine().begin() as connection:
            connection.execute(write, {"name": name, "value": {}, "at": ctx().now})

    def seen() -> list[str]:
        with reading(ctx()) as rd:
            return list(rd.execute(names).scalars())

    before = pool.checkedout()
    open_snapshot()
    try:
        assert seen() == []
        elsewhere("a")
        assert seen() == [] and read_only.session.execute(names).all() == []
        assert pool.checkedout() == before + 1
        for name in ("b", "c", "d"):
            with transaction(ctx()) as tx:
                tx.execute(write, {"name": name, "value": {}, "at": tx.now})
            assert name in seen()
        assert read_only.session.execute(names).all() == []  # a session sees what it began with
        assert pool.checkedout() <= before + 2
        with reading(ctx()) as rd, transaction(ctx()) as tx:
            tx.execute(write, {"name": "e", "value": {}, "at": tx.now})
            assert "e" not in rd.execute(names).scalars().all()
        assert seen() == ["a", "b", "c", "d", "e"]
    finally:
        read_only.session.remove()
        close_snapshot()
    assert pool.checkedout() == before
    elsewhere("f")
    assert seen()[-1] == "f"


def test_a_snapshot_in_which_a_statement_failed_is_left(ctx: Ctx, app: Flask) -> None:
    open_snapshot()
    try:
        with pytest.raises(DBAPIError), reading(ctx()) as rd:
            rd.execute(sa.text("select nothing from nowhere"))
        with reading(ctx()) as rd:
            assert rd.execute(sa.select(MARKS.c.name)).all() == []
    finally:
        close_snapshot()


def test_what_is_added_is_written_at_the_end_in_one_statement_with_the_events(
        ctx: Ctx, rows: Rows, snapshot: Callable[[], dict]) -> None:
    a, b, c = ({"name": name, "value": {}, "at": ctx().now} for name in "abc")
    with counted() as statements, transaction(ctx()) as tx:
        tx.add(MARKS, [a, b])
        tx.emit(Noted("x"))
        assert tx.execute(sa.select(MARKS.c.name)).all() == []
    assert len(statements) == 1 + (2 if tx.dialect == "sqlite" else 1)
    assert rows("select name from marks order by name") == [{"name": "a"}, {"name": "b"}]
    assert [row["name"] for row in rows("select name from outbox_events")] == ["Noted"]
    before = snapshot()
    with pytest.raises(ZeroDivisionError), transaction(ctx()) as tx:
        tx.add(MARKS, [c])
        raise ZeroDivisionError
    with pytest.raises(IntegrityError), transaction(ctx()) as tx:
        tx.add(MARKS, [c, a])
    with pytest.raises(AssertionError, match="added already"), transaction(ctx()) as tx:
        tx.add(MARKS, [c])
        tx.add(MARKS, [a])
    assert snapshot() == before


def test_what_is_removed_goes_at_the_end_with_what_is_added(ctx: Ctx, rows: Rows, snapshot: Callable[[], dict]) -> None:
    a, b, c = ({"name": name, "value": {}, "at": ctx().now} for name in "abc")
    gone = sa.delete(MARKS).where(among(MARKS.c.name, "names"))
    with transaction(ctx()) as tx:
        tx.add(MARKS, [a, b])
    with counted() as statements, transaction(ctx()) as tx:
        tx.remove(gone, {"names": ["a", "x"]})
        tx.add(MARKS, [c])
        assert len(tx.execute(sa.select(MARKS.c.name)).all()) == 2
    assert len(statements) == 1 + (2 if tx.dialect == "sqlite" else 1)
    assert [row["name"] for row in rows("select name from marks order by name")] == ["b", "c"]
    before = snapshot()
    with pytest.raises(ZeroDivisionError), transaction(ctx()) as tx:
        tx.remove(gone, {"names": ["b"]})
        raise ZeroDivisionError
    with pytest.raises(IntegrityError), transaction(ctx()) as tx:
        tx.remove(gone, {"names": ["b"]})
        tx.add(MARKS, [c])
    assert snapshot() == before
    with transaction(ctx()) as tx:
        tx.remove(gone, {"names": ["b", "c"]})
        tx.remove(gone, {"names": []})
    assert rows("select name from marks") == []


def test_what_comes_last_comes_after_all_that_is_written_and_can_refuse_it(
        ctx: Ctx, rows: Rows, snapshot: Callable[[], dict]) -> None:
    found = []
    with transaction(ctx()) as tx:
        tx.last(lambda: found.extend(tx.execute(sa.select(MARKS.c.name)).scalars()))
        tx.add(MARKS, [{"name": "a", "value": {}, "at": tx.now}])
        assert found == []
    assert found == ["a"]
    before = snapshot()
    with pytest.raises(ZeroDivisionError), transaction(ctx()) as tx:
        tx.last(lambda: 1 // 0)
        tx.add(MARKS, [{"name": "b", "value": {}, "at": tx.now}])
        tx.emit(Noted("x"))
    assert snapshot() == before


@pytest.mark.parametrize("late", [lambda tx: tx.emit(Noted("x")), lambda tx: tx.add(MARKS, []), lambda tx: tx.remove(None, {})])
def test_what_comes_last_writes_nothing_that_nobody_would_write_any_more(
        ctx: Ctx, snapshot: Callable[[], dict], late: Callable) -> None:
    before = snapshot()
    with pytest.raises(AssertionError, match="is written"), transaction(ctx()) as tx:
        tx.last(lambda: late(tx))
    assert snapshot() == before


def test_what_is_undone_has_not_happened(ctx: Ctx, snapshot: Callable[[], dict]) -> None:
    before = snapshot()
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS), [{"name": "a", "value": {}, "at": tx.now}])
        tx.add(MARKS, [{"name": "b", "value": {}, "at": tx.now}])
        tx.emit(Noted("x"))
        tx.last(lambda: 1 // 0)
        tx.undo()
    assert snapshot() == before
    with transaction(ctx()) as tx:
        tx.emit(Noted("x"))
    assert snapshot() != before
