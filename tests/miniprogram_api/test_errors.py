"""Every no: one map, one shape, two languages, and nothing of the inside."""

import json

import pytest
import structlog
from flask import Blueprint
from sqlalchemy.exc import IntegrityError

from backend.infra.logging import log
from backend.kernel.errors import Kind, Refusal
from miniprogram_api import errors, register, routes
from miniprogram_api.auth import public
from miniprogram_api.errors import STATUS, is_ours

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def client(bare, monkeypatch):
    """The door with routes that fail in every way, ours and another door's."""
    trouble = Blueprint("trouble", __name__)

    @public
    def refuse(kind):
        raise Refusal(Kind(kind), "some_code", zh="不行：{why}。", en="No: {why}.")(why="太早")

    @public
    def bug():
        raise ZeroDivisionError("secret detail")

    @public
    def database():
        raise IntegrityError("insert into members values (13800138000)", {"phone": "13800138000"}, Exception("unique"))

    for prefix, name in (("/api/v1/trouble", "ours"), ("/admin/trouble", "theirs")):
        trouble.add_url_rule(f"{prefix}/refuse/<kind>", f"{name}_refuse", refuse)
        trouble.add_url_rule(f"{prefix}/bug", f"{name}_bug", bug)
        trouble.add_url_rule(f"{prefix}/database", f"{name}_database", database)
    monkeypatch.setattr(routes, "ROOT", (*routes.ROOT, trouble))
    register(bare)
    return bare.test_client()


def test_every_kind_has_its_status(client):
    assert STATUS.keys() == set(Kind)
    wanted = {
        "unauthenticated": 401,
        "forbidden": 403,
        "not_found": 404,
        "invalid": 422,
        "conflict": 409,
        "too_many": 429,
        "unavailable": 503,
    }
    for kind, status in wanted.items():
        answer = client.get(f"/api/v1/trouble/refuse/{kind}")
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert ("Retry-After" in answer.headers) == (status in (429, 503))
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_the_shape_of_a_problem(client):
    answer = client.get("/api/v1/trouble/refuse/conflict")
    assert answer.json == {
        "type": "urn:tuanma:problem:some_code",
        "title": "Conflict",
        "status": 409,
        "code": "some_code",
        "detail": "不行：太早。",
        "details": {"why": "太早"},
        "request_id": answer.headers["X-Request-Id"],
    }


@pytest.mark.parametrize(
    ("accept", "sentence"),
    [
        (None, "不行：太早。"),
        ("", "不行：太早。"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "不行：太早。"),
        ("en", "No: 太早."),
        ("en-US,en;q=0.5", "No: 太早."),
        ("en;q=0.1, zh;q=0.9", "不行：太早。"),
        ("fr", "不行：太早。"),
        ("*", "不行：太早。"),
        ("en;q=abc,,;;", "不行：太早。"),
        ("\x7f\xff", "不行：太早。"),
    ],
)
def test_the_sentence_follows_accept_language(client, accept, sentence):
    headers = {"Accept-Language": accept} if accept is not None else {}
    assert client.get("/api/v1/trouble/refuse/invalid", headers=headers).json["detail"] == sentence


@pytest.mark.parametrize("path", ["bug", "database"])
def test_a_bug_is_500_without_a_word_of_detail_and_logged_with_its_id(client, monkeypatch, path):
    monkeypatch.setattr(errors, "_log", log("tuanma.api"))  # loggers keep what was configured at their first use
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        answer = client.get(f"/api/v1/trouble/{path}", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert answer.json["code"] == "internal_error"
    assert answer.json["details"] == {}
    for word in ("secret", "ZeroDivision", "Traceback", "13800138000", "insert", "members"):
        assert word not in answer.text
    assert answer.json["request_id"] in [line["request_id"] for line in logged if line["event"] == "bug"]


def test_other_doors_keep_html(client):
    for path, status in (
        ("/admin/trouble/bug", 500),
        ("/admin/nowhere", 404),
        ("/nowhere", 404),
        ("/admin/trouble/refuse/conflict", 409),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.content_type.startswith("text/")
        assert "secret" not in answer.text
    assert client.post("/admin/trouble/bug").status_code == 405


def test_which_paths_are_ours(client):
    for path in ("/api", "/api/v1/me", "/api/v9", "/callbacks/wechat-pay/payments", "/healthz", "/readyz"):
        assert is_ours(path)
    for path in ("/", "/apix", "/admin", "/admin/api/", "/healthz/x", "/static/api/x"):
        assert not is_ours(path)


def test_methods_name_what_is_allowed(client):
    answer = client.open("/api/v1/session", method="PATCH")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "DELETE", "OPTIONS"}


def test_a_route_without_permission_does_not_start(bare, monkeypatch):
    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/api/v1/bare", "bare", lambda: "x")
    monkeypatch.setattr(routes, "ROOT", (*routes.ROOT, forgotten))
    with pytest.raises(RuntimeError, match="/api/v1/bare .* declares no permission"):
        register(bare)


def test_problems_are_json_that_any_parser_reads(client):
    assert json.loads(client.get("/api/v1/nowhere").data)["code"] == "not_found"
