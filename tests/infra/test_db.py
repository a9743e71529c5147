"""The two engines: one writes durably, the other cannot write at all; times are UTC on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.app import create_app
from backend.context import Context
from backend.infra import db as infra_db
from backend.infra.clock import ticks
from backend.infra.db import read_engine, write_engine
from backend.infra.marks import Mark
from backend.infra.settings import Settings
from backend.infra.uow import reading, transaction
from backend.kernel.calendar import CHINA
from backend.kernel.errors import Refused
from tests.fakes import FakeWorld

MARKS = Mark.__table__
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

WRITES = (
    "insert into marks (name, value, at) values ('x', '{}', '2026-01-01 00:00:00')",
    "update stores set name = 'x'",
    "delete from locations",
    "create table scratch (n integer)",
    "drop table marks",
)


@pytest.mark.parametrize("statement", WRITES)
def test_the_read_engine_cannot_write(
        ctx: Callable[..., Context], snapshot: Callable[[], dict], statement: str) -> None:
    before = snapshot()
    with pytest.raises(sa.exc.DBAPIError) as caught, reading(ctx()) as rd:
        rd.execute(sa.text(statement))
    assert "read" in str(caught.value.orig).lower()  # "readonly database", "read-only transaction"
    assert snapshot() == before


def test_a_reader_never_waits_for_a_writer_and_sees_one_state_to_its_end(
        ctx: Callable[..., Context], rows: Callable[..., list[dict]]) -> None:
    names = sa.select(MARKS.c.name)
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS).values(name="first", value={}, at=tx.now))
        with reading(ctx()) as rd:
            assert rd.execute(names).all() == []
    with reading(ctx()) as rd:
        assert rd.execute(names).scalars().all() == ["first"]
        with transaction(ctx()) as tx:
            tx.execute(sa.insert(MARKS).values(name="second", value={}, at=tx.now))
        assert rd.execute(names).scalars().all() == ["first"]
    assert rows("select name from marks order by name") == [{"name": "first"}, {"name": "second"}]


def test_an_insert_tells_how_many_rows_it_made(ctx: Callable[..., Context]) -> None:
    insert = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
    with transaction(ctx()) as tx:
        statement = insert[tx.dialect](MARKS).values(name="x", value={}, at=tx.now).on_conflict_do_nothing()
        assert [tx.execute(statement).rowcount for _ in range(3)] == [1, 0, 0]
        copied = sa.select(sa.literal("y"), MARKS.c.value, MARKS.c.at)
        assert tx.execute(sa.insert(MARKS).from_select(["name", "value", "at"], copied)).rowcount == 1


def test_a_statement_over_many_rows_tells_how_many_it_met(ctx: Callable[..., Context]) -> None:
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS), [{"name": str(i), "value": {}, "at": tx.now} for i in range(4)])
        rename = sa.update(MARKS).where(MARKS.c.name == sa.bindparam("old")).values(name=sa.bindparam("new"))
        met = tx.execute(rename, [{"old": str(i), "new": f"n{i}"} for i in (1, 2, 9)])
        assert met.rowcount == 2


def test_the_recipe_of_each_database(settings: Settings, world: FakeWorld) -> None:
    with create_app(settings, world.gateways(settings)).app_context():
        for engine in (write_engine(), read_engine()):
            with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    told = {name: connection.exec_driver_sql(f"pragma {name}").scalar()
                            for name in ("journal_mode", "synchronous", "foreign_keys")}
                    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
                else:
                    assert connection.exec_driver_sql("show timezone").scalar() == "UTC"
                    assert connection.exec_driver_sql("show lock_timeout").scalar() == "5s"
                    assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"
            engine.dispose()


def test_f20_a_server_that_is_gone_without_a_word_is_given_up(settings: Settings, world: FakeWorld) -> None:
    with create_app(settings, world.gateways(settings)).app_context():
        for engine in (write_engine(), read_engine()):
            if engine.dialect.name == "postgresql":
                with engine.connect() as connection:
                    told = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
                assert (told["keepalives_idle"], told["tcp_user_timeout"]) == ("10", "25000")
                assert told["connect_timeout"] == "5"
            engine.dispose()


@given(at=st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.sampled_from([UTC, CHINA])))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_instant_comes_back_as_the_same_instant_in_utc(ctx: Callable[..., Context], at: datetime) -> None:
    with transaction(ctx()) as tx:
        tx.execute(sa.delete(MARKS))
        tx.execute(sa.insert(MARKS).values(name="x", value={}, at=at))
        back = tx.execute(sa.select(MARKS.c.at)).scalar_one()
    assert back == at
    assert back.tzinfo is UTC


def test_instants_compare_in_the_database_as_they_do_here(ctx: Callable[..., Context]) -> None:
    moments = [NOW, NOW + timedelta(microseconds=1), NOW + timedelta(milliseconds=1), NOW + timedelta(seconds=1)]
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS), [{"name": str(i), "value": {}, "at": at} for i, at in enumerate(moments)])
        for i, at in enumerate(moments):
            assert tx.execute(sa.select(sa.func.count()).where(MARKS.c.at <= at)).scalar() == i + 1
            assert tx.execute(sa.select(MARKS.c.name).where(MARKS.c.at == at)).scalars().all() == [str(i)]


def test_a_time_without_zone_is_not_stored(ctx: Callable[..., Context]) -> None:
    with pytest.raises(sa.exc.StatementError), transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS).values(name="x", value={}, at=datetime(2026, 1, 1)))


def test_ids_compare_by_their_bytes(ctx: Callable[..., Context]) -> None:
    skus = ["a_1", "Z", "a1", "A", "_", "z", "0"]
    with transaction(ctx()) as tx:
        tx.execute(sa.text("insert into stores (id, name, created_at) values (:id, :id, '2026-01-01 00:00:00')"),
                   [{"id": each} for each in skus])
        found = tx.execute(sa.text("select id from stores where id <> 'sto_main' order by id")).scalars().all()
    assert found == sorted(skus)


def backend_pids(*connections: sa.Connection) -> list[int]:
    return [each.connection.driver_connection.info.backend_pid for each in connections]  # type: ignore[union-attr]


def end_backends(ctx: Callable[..., Context], *engines: sa.Engine) -> None:
    """Cut every pooled connection of these engines on the server's side, as a restart of PostgreSQL does."""
    url = write_engine().url
    for engine in engines:
        with engine.connect() as connection:
            pids = backend_pids(connection)
        with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as other:
            for pid in pids:
                other.execute(sa.text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_F14_a_connection_that_was_idle_is_asked_whether_it_lives(
        ctx: Callable[..., Context], monkeypatch: pytest.MonkeyPatch) -> None:
    if write_engine().dialect.name != "postgresql":
        pytest.skip("SQLite has no server to lose")
    end_backends(ctx, write_engine(), read_engine())
    monkeypatch.setattr(infra_db, "ticks", lambda: ticks() + infra_db.IDLE_SECONDS + 1)
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS).values(name="alive", value={}, at=tx.now))
    with reading(ctx()) as rd:
        assert rd.execute(sa.select(MARKS.c.name)).scalars().all() == ["alive"]


def test_F14_one_that_was_used_a_moment_ago_is_not_asked_and_costs_one_busy_answer(ctx: Callable[..., Context]) -> None:
    if write_engine().dialect.name != "postgresql":
        pytest.skip("SQLite has no server to lose")
    end_backends(ctx, write_engine(), read_engine())
    for once in (True, False):
        with pytest.raises(Refused) as refused, reading(ctx(), once=once) as rd:
            rd.execute(sa.select(MARKS.c.name))
        assert refused.value.code == "busy"
        with reading(ctx(), once=once) as rd:
            assert rd.execute(sa.select(MARKS.c.name)).all() == []
        end_backends(ctx, read_engine())
    with pytest.raises(Refused) as refused, transaction(ctx()) as tx:
        tx.execute(sa.select(MARKS.c.name))
    assert refused.value.code == "busy"
    with transaction(ctx()) as tx:
        assert tx.execute(sa.select(MARKS.c.name)).all() == []


def test_one_statement_alone_begins_nothing_on_the_server(ctx: Callable[..., Context]) -> None:
    with reading(ctx(), once=True) as rd:
        assert rd.execute(sa.select(MARKS.c.name)).all() == []
        if rd.dialect == "postgresql":
            status = rd.connection.connection.driver_connection.info.transaction_status  # type: ignore[union-attr]
            assert status.name == "IDLE"
        with pytest.raises(AssertionError, match="a second statement"):
            rd.execute(sa.select(MARKS.c.name))
    with pytest.raises(sa.exc.DBAPIError), reading(ctx(), once=True) as rd:
        rd.execute(sa.text("delete from marks"))
