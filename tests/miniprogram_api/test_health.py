"""/healthz and /readyz."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.app import create_app
from backend.infra.db import db
from miniprogram_api import register
from tests import services
from tests.conftest import make_settings
from tests.fakes import FakeWorld


def client_of(settings):
    app = create_app(settings, FakeWorld().gateways(settings))
    register(app)
    return app.test_client()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_healthz_waits_for_the_ready_file(tmp_path, database_url, clock):
    ready_file = tmp_path / "ready"
    client = client_of(make_settings(tmp_path, database_url, ready_file=ready_file))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "starting", "1")
    assert client.get("/api/v1/regions").status_code == 200, "the API works meanwhile"
    ready_file.touch()
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "ok"})
    assert client_of(make_settings(tmp_path, database_url)).get("/healthz").status_code == 200


def test_readyz_tells_each_part(web):
    answer = web.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "database": "ok",
        "redis": "none",
        "replica": "none",
        "outbox": "ok",
        "outbox_due": 0,
        "outbox_lag_seconds": 0,
        "outbox_dead": 0,
    }


def test_readyz_says_when_redis_is_gone(tmp_path, database_url, clock):
    with services.valkey_server(durable=False) as server:
        client = client_of(make_settings(tmp_path, database_url, redis_url=server.url))
        assert client.get("/readyz").json["redis"] == "ok"
        server.kill()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["code"], answer.json["details"]["broken"]) == (
            503,
            "not_ready",
            ["redis"],
        )
        assert "redis" in answer.json["detail"] and server.url not in answer.text
        server.start()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_readyz_says_when_the_database_is_gone(tmp_path, database_url, clock):
    gone = database_url.replace("/t", "/gone_t", 1) if "/t" in database_url else f"{database_url}x"
    client = client_of(make_settings(tmp_path, gone))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["details"]["broken"]) == (503, ["database", "outbox"])
    assert "host=" not in answer.text
    assert client.get("/healthz").status_code == 200


def emit(at, fanned):
    with db.engines[None].begin() as connection:
        connection.execute(
            text(
                "insert into outbox_events (id, name, payload, emitted_at, due_at, fanned)"
                " values ('evt_1', 'X', '{}', :at, :at, :fanned)"
            ),
            {"at": at, "fanned": fanned},
        )
        if fanned:
            connection.execute(
                text("insert into deliveries (event_id, reaction, due_at, attempt) values ('evt_1', 'r', :at, 0)"),
                {"at": at},
            )


@pytest.mark.parametrize("fanned", [False, True])
@pytest.mark.parametrize(("seconds", "status"), [(-3600, 200), (30, 200), (90, 503)])
def test_readyz_says_when_the_outbox_is_late(tmp_path, database_url, fanned, seconds, status):
    settings = make_settings(tmp_path, database_url, clock="system")
    app = create_app(settings, FakeWorld().gateways(settings))
    register(app)
    with app.app_context():
        at = app.extensions["runtime"].clock.now() - timedelta(seconds=seconds)
        emit(at.replace(tzinfo=None) if database_url.startswith("sqlite") else at, fanned)
        answer = app.test_client().get("/readyz")
        details = answer.json["details"] if status == 503 else answer.json
        assert (answer.status_code, details["outbox"]) == (status, "late" if status == 503 else "ok")
        assert details["outbox_due"] == (1 if seconds > 0 else 0)
        assert abs(details["outbox_lag_seconds"] - max(seconds, 0)) <= 5
        for engine in db.engines.values():
            engine.dispose()


def test_a_moved_clock_is_no_backlog(web, later, rows):
    emit("2026-03-02 04:00:00", False)
    later(days=7)
    answer = web.test_client().get("/readyz")
    assert (answer.status_code, answer.json["outbox_due"]) == (200, 1)
    assert answer.json["outbox_lag_seconds"] >= 7 * 86400 - 60
