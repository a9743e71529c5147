"""Around every request: ids, headers, the access line."""

import re

import pytest
import structlog

from backend.infra.logging import log
from miniprogram_api import gate
from tests.conftest import make_settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(tmp_path, database_url, clock):
    return make_settings(tmp_path, database_url, log_level="INFO")


def test_security_headers_stand_on_every_answer(api, shopper):
    answers = [
        api.get("/me", shopper()),
        api.get("/me"),
        api.get("/nowhere"),
        api.client.get("/healthz"),
        api.client.get("/elsewhere"),
    ]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-Id"])
        assert "Server" not in answer.headers
    for answer in answers[:4]:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 5


def test_a_client_does_not_choose_the_request_id(api):
    assert api.get("/me", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] != "mine"


def test_r32_one_access_line_a_request_without_personal_data(api, shopper, monkeypatch):
    who = shopper()
    monkeypatch.setattr(gate, "_log", log("tuanma.access"))  # loggers keep the level of their first use
    with structlog.testing.capture_logs() as logged:
        api.delete(
            f"/addresses/{who.address_id}",
            who,
            headers={"User-Agent": "fake 2026-01-01 ERROR"},
        )
        api.get("/regions?parent=13800138000")
    first, second = logged
    assert (first["event"], first["method"], first["route"], first["status"]) == (
        "request",
        "DELETE",
        "/api/v1/addresses/<id:address_id>",
        204,
    )
    assert first["actor"] == f"shopper:{who.id}"
    assert (second["route"], second["status"], second["actor"]) == ("/api/v1/regions", 422, "anonymous")
    for line in (first, second):
        assert not {"13800138000", who.address_id, who.token, "127.0.0.1", "fake"} & set(map(str, line.values()))
        assert "13800138000" not in str(line) and "127.0.0.1" not in str(line) and who.token not in str(line)


def test_requests_do_not_share_what_they_know(api, shopper, later):
    one, two = shopper("a"), shopper("b")
    assert api.get("/me", one).json["id"] == one.id
    assert api.get("/me", two).json["id"] == two.id
    assert api.get("/me").status_code == 401
