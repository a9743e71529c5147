"""doctor on months and on a replica, a real one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from backend.commands import _check_scale, _process
from backend.infra import partitions
from backend.infra.clock import real_now
from backend.infra.db import write_engine
from backend.infra.settings import Settings
from tests.conftest import make_settings

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)



@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_has_neither(settings: Settings) -> None:
    assert _check_scale.months(settings) == _check_scale.replica(settings) == []


@on_postgresql
def test_months_that_come_soon_must_be_there(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = partitions.months(write_engine().connect(), partitions.EVENTS)
    [fine] = _check_scale.months(settings)
    assert fine.level == "ok"
    later = real_now() + timedelta(days=62)
    monkeypatch.setattr(_check_scale, "real_now", lambda: later)
    [late] = _check_scale.months(settings)
    assert late.level == "warn"
    assert partitions.EVENTS.name(partitions.next_month(ready[-1])) in late.says
    monkeypatch.setattr(partitions, "owned", lambda _: False)
    assert [each.level for each in _check_scale.months(settings)] == ["warn"]


@pytest.fixture
def replica_said(tmp_path: Path, database_url: str) -> Callable[[str], list]:
    """`replica_said(url)`: what doctor says of DATABASE_READ_URL=url."""
    return lambda url: _check_scale.replica(make_settings(tmp_path, database_url, database_read_url=url))


@on_postgresql
def test_a_sound_replica_is_well(replica_said: Callable, replica_server: str) -> None:
    assert _process.wait_until(lambda: replica_said(replica_server)[0].level == "ok", 30), "it never followed"
    [finding] = replica_said(replica_server)
    assert (finding.level, "read-only" in finding.says) == ("ok", True)


@on_postgresql
def test_one_without_feedback_or_far_behind_is_warned(
        app: Flask, replica_said: Callable, replica_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = sa.create_engine(replica_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    monkeypatch.setattr(_check_scale, "FAR_BYTES", 0)
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_wal_replay_pause()")
    try:
        with write_engine().begin() as connection:
            connection.exec_driver_sql("update stores set name = name")
        [finding] = replica_said(replica_server)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql("select pg_wal_replay_resume()")
    assert finding.level == "warn"
    assert "behind" in finding.says


@on_postgresql
@pytest.mark.parametrize(("url", "says"), [
    (None, "no replica"), ("postgresql+psycopg://postgres:geheim@/x?host=/nowhere", "cannot be used")])
def test_what_is_no_replica_fails(replica_said: Callable, database_url: str, url: str | None, says: str) -> None:
    [finding] = replica_said(url or database_url)
    assert finding.level == "fail"
    assert says in finding.says
    assert "geheim" not in finding.line()
