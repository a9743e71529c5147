"""The gate: forms of one's own alone (R16), what every answer carries, sane lists (R17), inert texts (R18), errors (R33)."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask

from admin.permissions import PUBLIC, WRITES, declared, is_ours
from backend.infra.db import read_only
from backend.kernel.errors import FORBIDDEN, NOT_FOUND
from backend.usecases.save_region import save_region
from tests.fakes import FakeWorld
from tests.given_members import given_shopper
from tests.given_orders import Shop
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


def test_R16_nothing_changes_without_the_token_of_ones_own_forms(
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


def test_R16_what_no_text_has_is_no_form(console: Flask, log_in: Callable[..., Browser], snapshot: Snapshot) -> None:
    """A NUL is nothing that a person typed, and one of the databases cannot keep it."""
    owner = log_in("owner")
    before = comparable(snapshot())
    for data in ({"name": "a\0b"}, {"name": "新", "a\0b": "x"}):
        assert owner.post("/admin/regions/new/", data).status_code == 400
    assert comparable(snapshot()) == before


@pytest.mark.parametrize("method", ["TRACE", "FOO", "PUT"])
def test_R29_other_methods_get_a_page(nobody: Browser, method: str) -> None:
    for path, status in (("/admin/", 405), ("/admin/login", 405), ("/admin/nowhere", 405 if method == "TRACE" else 404)):
        answer = nobody.client.open(path, method=method)
        assert answer.status_code == status, path
        assert answer.headers["X-Request-Id"] and "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_R16_looking_changes_nothing(console: Flask, log_in: Callable[..., Browser], snapshot: Snapshot) -> None:
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


NAMES = ("q", "search", "sort", "desc", "page", "page_size", "size", "tab", "state", "kind", "scope", "subject",
         "actor", "action", "day", "key", "id", "copy", "point", "given_up", "category_id", "stars", "product_id", "next", "until",
         "sign", "sku", "todo", "delivery", "placed_at_from", "placed_at_to", "total_fen_from", "price_fen_from", "at_from",
         "at_to", "mem_from", "active", "flt1_0")
"""Fields that some page or another knows, and some that none does."""
NONSENSE = ("\0", "\ufffe\ud7ff", "__class__", "' OR 1=1--", "-1", "1000000000", "99999999999999999999999", "1e400", "%_\\",
            "../..", "0000-99-99", "9999-12-31", "a" * 3000)


def test_R17_every_page_answers_nonsense_sanely(console: Flask, shop: Shop, log_in: Callable[..., Browser]) -> None:
    """Each field of an address has each nonsense once; nothing fails, and no list is longer than a page."""
    goods = shop.goods()
    order_id, _ = shop.paid(shop.shopper(), (goods, 1))
    owner = log_in("owner")
    pages = [address for address in routes(console, writing=False) if "reg_1" not in address and "assets" not in address]
    pages += [f"/admin/stock/{goods.sku_id}/", f"/admin/stock/{goods.sku_id}/prices/", f"/admin/orders/{order_id}/",
              f"/admin/goods/{goods.product_id}/", "/admin/goods/new/", "/admin/settings/", "/admin/tickets/new/"]
    assert {"/admin/staff/", "/admin/orders/", "/admin/stuck-uploads/", "/admin/prices/", "/admin/content/find/"} <= set(pages)
    for path in pages:
        queries = [{name: NONSENSE[(place + shift) % len(NONSENSE)] for place, name in enumerate(NAMES)}
                   for shift in range(len(NONSENSE))]
        for query in queries + [{"after": NONSENSE[0]}, {"before": NONSENSE[1]}, {"after": NONSENSE[3], "before": NONSENSE[6]}]:
            answer = owner.client.get(path, query_string=query)
            assert answer.status_code in (200, 302, 403, 404, 422), f"{path}?{query}"
            assert answer.status_code != 422 or "after" in query or "before" in query, f"{path}?{query}"
            assert path.count("/") > 3 or path == "/admin/evidence/" or answer.status_code != 404, path
            assert answer.get_data().count(b"<tr>") <= 101


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
def test_R33_what_is_not_for_the_public_is_not_there(nobody: Browser, path: str) -> None:
    assert nobody.get(path).status_code in (401, 404)


def test_R33_a_bug_says_a_number_and_no_more(
        console: Flask, log_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_R15_a_shoppers_token_opens_nothing_here_and_a_log_in_of_staff_nothing_there(
        console: Flask, world: FakeWorld, nobody: Browser, log_in: Callable[..., Browser], snapshot: Snapshot) -> None:
    li = given_shopper(console, world)
    nobody.client.set_cookie("tuanma_staff", li.token, path="/admin")
    before = comparable(snapshot())
    for rule in console.url_map.iter_rules():
        if is_ours(rule.rule) and declared(console, rule.endpoint) != PUBLIC:
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                answer = nobody.client.open(made_up(rule.rule), method=method, headers=li.headers)
                assert answer.status_code == 401, f"{method} {rule.rule}"
    assert comparable(snapshot()) == before
    owner = log_in("owner")
    for headers in ({}, {"Authorization": f"Bearer {owner.session}"}, {"Cookie": f"tuanma_staff={owner.session}"}):
        for path in ("/api/v1/me", "/api/v1/orders", "/api/v1/addresses"):
            assert owner.client.get(path, headers=headers).status_code == 401


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
