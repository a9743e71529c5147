"""The gate: forms of one's own alone (R16), what every answer carries, sane lists (R17), inert texts (R18), errors (R33)."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask

from admin.base import ReadOnlyView
from admin.permissions import SCREENS, WRITES, is_ours
from backend.infra.db import read_only
from backend.kernel.errors import FORBIDDEN, NOT_FOUND
from backend.usecases.save_region import save_region
from tests.given_staff import Browser, made_up, system

Snapshot = Callable[[], dict[str, list[tuple[Any, ...]]]]

NASTY = "<img src=x onerror=alert(1)>{{7*7}}\u202e=cmd|' /C calc'!A0"


def routes(app: Flask, *, writing: bool) -> list[str]:
    """Addresses of the console, made up with an id, that take (or do not take) what changes something."""
    return sorted({made_up(rule.rule, "reg_1") for rule in app.url_map.iter_rules()
                   if is_ours(rule.rule) and bool(rule.methods & WRITES) == writing})


def comparable(taken: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """A snapshot without the moments at which log-ins were used."""
    return {name: [row[:4] + row[5:] for row in rows] if name == "staff_sessions" else rows for name, rows in taken.items()}


def test_nothing_changes_without_the_token_of_ones_own_forms(
        console: Flask, log_in: Callable[..., Browser], snapshot: Snapshot) -> None:
    owner, other = log_in("owner"), log_in("owner")
    foreign, before = other.token(), comparable(snapshot())
    addresses = routes(console, writing=True)
    assert {"/admin/staff/new/", "/admin/staff/reg_1/reset/", "/admin/logout", "/admin/login"} <= set(addresses)
    for address in addresses:
        for data, headers in (({}, {}), ({"csrf_token": ""}, {}), ({"csrf_token": foreign}, {}), ({}, {"X-CSRF-Token": foreign}),
                              ({"csrf_token": "é" * 64}, {})):
            assert owner.post_bare(address, {"name": "新"} | data, headers=headers).status_code == 400, address
        text = owner.client.post(address, data='{"name": "新"}', content_type="text/plain")
        assert text.status_code == 400, address
    assert comparable(snapshot()) == before


def test_looking_changes_nothing(console: Flask, log_in: Callable[..., Browser], snapshot: Snapshot) -> None:
    owner = log_in("owner")
    before = comparable(snapshot())
    looking = {rule.rule for rule in console.url_map.iter_rules() if "GET" in rule.methods}
    for path in {rule.rule for rule in console.url_map.iter_rules() if is_ours(rule.rule)} - {"/admin/assets/<path:name>"}:
        expected = (200, 302, 303, 404) if path in looking else (404, 405)
        assert owner.get(made_up(path, "reg_1")).status_code in expected, path
    assert comparable(snapshot()) == before


def test_every_answer_carries_what_protects_it(console: Flask, log_in: Callable[..., Browser], nobody: Browser) -> None:
    answers = [nobody.get(path) for path in ("/admin/", "/admin/login", "/admin/nowhere")]
    answers += [log_in("owner").get("/admin/staff/"), nobody.post_bare("/admin/login")]
    nonces = set()
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        nonces.add(re.search(r"'nonce-([\w-]{20,})'", policy)[1])  # type: ignore[index]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert len(nonces) == len(answers)


def test_no_page_says_what_the_policy_forbids(console: Flask, log_in: Callable[..., Browser], nobody: Browser) -> None:
    """No inline script, handler or style, and nothing from elsewhere."""
    owner = log_in("owner")
    pages = [nobody.get("/admin/login")]
    pages += [owner.get(address.replace("reg_1", owner.staff_id)) for address in routes(console, writing=False)
              if not address.startswith("/admin/assets")]
    pages.append(owner.get(f"/admin/staff/{owner.staff_id}/edit/"))
    for page in pages:
        assert not re.search(r"""\son[a-z]+\s*=\s*["']|\sstyle\s*=|<script(?![^>]*\ssrc=)(?![^>]*application/json)|javascript:""",
                             page.text), page.request.path
        assert not re.search(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", page.text), page.request.path


NONSENSE = (
    "q=%00", "q=%FF%FE", "q=%ED%A0%80", "sort=__class__", "sort=password_hash", "flt1_0=' OR 1=1--", "page=-1", "page=99999999999",
    "size=1000000000", "size=-1", "size=x&page=x", "state=' OR 1=1--", "scope=%00", "desc=x", "at_from=0000-99-99&at_to=9999-12-31",
    "at_from=2026-02-30", "subject=%00%01", "q=" + "a" * 5000, "q=%25%25%5C", "actor[]=1", "q=a&q=b", "actor=%00",
    "page=499&size=20", "after=&before=")


def test_a_list_answers_nonsense_sanely(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    lists = [address for address in routes(console, writing=False)
             if isinstance(screen_of(console, address), ReadOnlyView) and "reg_1" not in address]
    assert {"/admin/staff/", "/admin/audit/", "/admin/stores/", "/admin/regions/"} <= set(lists)
    for path in lists:
        for query in NONSENSE:
            answer = owner.get(f"{path}?{query}")
            assert answer.status_code == 200, f"{path}?{query}"
            assert answer.text.count("<tr>") <= 101


def turn(page: str, way: str) -> str:
    """Where a page's button leads (next, prev, first); empty without it."""
    found = re.search(f'rel="{way}" href="([^"]*)"', page)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize("place", [
    "after=x", "before=%00", "after=" + "A" * 999, "before=WyJpZCIsMSwiYSIsImEiXQ", "after=%E9%94%AE&before=x"])
def test_a_strange_place_in_a_list_is_refused(console: Flask, log_in: Callable[..., Browser], place: str) -> None:
    owner = log_in("owner")
    for path in ("/admin/staff/", "/admin/audit/", "/admin/orders/", "/admin/goods/", "/admin/stock/", "/admin/tickets/"):
        answer = owner.get(f"{path}?{place}")
        assert (answer.status_code, "翻页标记无效" in answer.text) == (422, True), path


def screen_of(app: Flask, address: str) -> Any:
    """The screen that serves an address, or None."""
    endpoint, _ = app.url_map.bind("").match(address)
    return app.extensions[SCREENS].get(endpoint.rpartition(".")[0])


def test_a_list_shows_a_page_at_a_time_and_knows_whether_another_follows(console: Flask, log_in: Callable[..., Browser]) -> None:
    for number in range(45):
        save_region(system(console), name=f"区域{number:02}")
    owner = log_in("owner")
    first = owner.get("/admin/regions/").text
    second = owner.get(turn(first, "next")).text
    third = owner.get(turn(second, "next")).text
    pages = [re.findall(r"区域\d\d", page) for page in (first, second, third)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert pages[0] + pages[1] + pages[2] == [f"区域{number:02}" for number in range(45)]
    assert turn(first, "prev") == turn(third, "next") == "" and "第 3 页" in third
    assert re.findall(r"区域\d\d", owner.get(turn(third, "prev")).text) == pages[1]
    assert re.findall(r"区域\d\d", owner.get(turn(second, "prev")).text) == pages[0]
    assert turn(third, "first") == "/admin/regions/" and "共 45 条" in owner.get("/admin/regions/?size=50").text
    assert len(re.findall(r"区域\d\d", owner.get("/admin/regions/?size=50&sort=name&desc=1").text)) == 45
    assert re.findall(r"区域\d\d", owner.get("/admin/regions/?q=4&sort=name&desc=1").text) == [
        "区域44", "区域43", "区域42", "区域41", "区域40", "区域34", "区域24", "区域14", "区域04"]
    assert owner.get("/admin/regions/?q=%25").text.count("区域0") == 0


def test_what_people_wrote_is_inert(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    name = NASTY[:60]
    saved = owner.post("/admin/regions/new/", {"name": name})
    assert saved.status_code == 200
    for path in ("/admin/regions/", "/admin/audit/", f"/admin/regions/?q={name[:20]}", "/admin/dealers/new/", "/admin/staff/new/"):
        text = owner.get(path).text
        assert "<img src=x" not in text and "\u202e" not in text
        assert "{{7*7}}" in text or "q=" in path
    wrong = owner.post("/admin/staff/new/", {"name": NASTY[:32], "login": NASTY[:32], "scope": "head_office", "roles": ["owner"]})
    assert wrong.status_code == 409 and "<img" not in wrong.text


@pytest.mark.parametrize("path", ["/debug", "/console", "/.env", "/.git/config", "/openapi.json", "/metrics", "/admin/rq",
                                  "/admin/.env",
                                  "/admin/assets/../gate.py", "/admin/assets/%2e%2e/gate.py", "/admin/assets/nothing.css"])
def test_what_is_not_for_the_public_is_not_there(nobody: Browser, path: str) -> None:
    assert nobody.get(path).status_code in (401, 404)


def test_a_bug_says_a_number_and_no_more(console: Flask, log_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    owner = log_in("owner")
    console.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("the secret of the database")

    monkeypatch.setattr("admin.staff.locked_staff", broken)
    answer = owner.get("/admin/staff/")
    assert answer.status_code == 500
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_the_other_door_keeps_its_own_answers(nobody: Browser) -> None:
    unknown = nobody.get("/api/v1/nowhere")
    assert (unknown.status_code, unknown.content_type) == (404, "application/problem+json")
    assert nobody.get("/api/v1/me").json["code"] == "login_needed"
    assert nobody.client.post("/api/v1/session", json={"code": 1}).content_type == "application/problem+json"
    assert nobody.get("/healthz").json == {"status": "ok"}


def test_a_shoppers_token_opens_nothing_here(nobody: Browser) -> None:
    answer = nobody.get("/admin/staff/", headers={"Authorization": "Bearer " + "A" * 43})
    assert answer.status_code == 401


@pytest.mark.parametrize(("refusal", "status"), [(NOT_FOUND, 404), (FORBIDDEN, 403)])
def test_a_refusal_that_nobody_caught_is_a_page(console: Flask, log_in: Callable[..., Browser], refusal: Any, status: int,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise refusal()

    monkeypatch.setattr("admin.staff.places", refused)
    answer = log_in("owner").get("/admin/staff/")
    assert answer.status_code == status
    assert "<h1" in answer.text or "refused-status" in answer.text


def test_a_list_reads_through_the_engine_that_cannot_write(console: Flask) -> None:
    assert read_only.session.get_bind() is not None
    with pytest.raises(Exception, match="readonly|read-only|query_only"):
        read_only.session.connection().exec_driver_sql("delete from regions")
    read_only.session.remove()


def test_a_form_without_files_is_small(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    assert owner.post("/admin/regions/new/", {"name": "x" * (1024 * 1024 + 1)}).status_code == 413


def test_the_language_is_switched_by_a_form(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    assert "员工" in owner.get("/admin/staff/").text
    english = owner.post("/admin/language", {"language": "en", "next": "/admin/staff/"})
    assert "Staff" in english.text and "员工" not in english.text.split("<main")[1]
    assert "This name" not in english.text
    owner.post("/admin/language", {"language": "xx", "next": "//evil.com"})
    assert "Staff" in owner.get("/admin/staff/").text


def test_a_refusal_is_said_in_the_language_of_the_reader(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    owner.post("/admin/regions/new/", {"name": "华东"})
    assert "名称“华东”已被使用" in owner.post("/admin/regions/new/", {"name": "华东"}).text
    owner.post("/admin/language", {"language": "en"})
    assert "The name “华东” is taken" in owner.post("/admin/regions/new/", {"name": "华东"}).text
