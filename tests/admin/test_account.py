"""One's own account and those of others, through the pages: links, forced changes, the second step, disabled people (R25)."""

import re
from collections.abc import Callable
from datetime import datetime

import pyotp
import pytest
from flask import Flask

from backend.usecases.create_staff import create_staff
from tests.given_staff import PASSWORD, Browser, browser, given_staff, logged_in, system

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NEW = "another long pass phrase"


def link_in(text: str) -> str:
    """The path of the link that a page shows."""
    found = re.search(r'value="http://[^"/]+(/admin/password/[\w-]{43})"', text)
    assert found is not None
    return found[1]


def test_an_owner_adds_somebody_who_sets_a_password_and_logs_in(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    shown = owner.post("/admin/staff/new/", {
        "name": "王丽", "login": "wang.li", "roles": ["orders", "service"], "scope": "head_office"})
    link = link_in(shown.text)
    fresh = browser(console)
    assert fresh.get(link).status_code == 200
    differ = fresh.post(link, {"new": NEW, "again": NEW + "x"})
    assert differ.status_code == 422 and "不一样" in differ.text
    short = fresh.post(link, {"new": "short", "again": "short"})
    assert short.status_code == 422 and '<p class="error">密码至少 10 个字符' in short.text
    done = fresh.post(link, {"new": NEW, "again": NEW})
    assert "密码已设置" in done.text
    for dead in (fresh.get(link), fresh.post(link, {"new": NEW, "again": NEW})):
        assert dead.status_code == 404 and "已用过或已过期" in dead.text and 'name="new"' not in dead.text
    entered = logged_in(console, "wang.li", NEW)
    assert entered.get("/admin/staff/").status_code == 403
    assert entered.get("/admin/profile/").status_code == 200


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    said = {"name": "王丽", "login": "Wang Li", "roles": ["orders"], "scope": "head_office"}
    wrong = owner.post("/admin/staff/new/", said)
    assert wrong.status_code == 409 and '<p class="error">用户名须为' in wrong.text and 'value="Wang Li"' in wrong.text
    assert "toast-bad" not in wrong.text
    owner.post("/admin/regions/new/", {"name": "华东"})
    taken = owner.post("/admin/regions/new/", {"name": "华东"})
    assert taken.status_code == 409 and '<p class="error">名称“华东”已被使用' in taken.text and "toast-bad" not in taken.text


def test_R25_an_owner_edits_disables_and_resets(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner, clerk = log_in("owner"), log_in("orders")
    page = f"/admin/staff/{clerk.staff_id}/edit/"
    shown = owner.get(page).text
    assert re.search(r'checked[^>]*value="orders"', shown) and "readonly" in shown and "重设密码" in shown
    wanted = {"name": "周仓", "roles": ["orders"], "scope": "head_office", "state": "disabled"}
    assert "已保存" in owner.post(page, wanted).text
    assert clerk.get("/admin/").status_code == 401
    owner.post(page, wanted | {"state": "active"})
    assert clerk.get("/admin/").status_code == 401
    clerk = logged_in(console, "orders-2")
    assert link_in(owner.post(f"/admin/staff/{owner_of(owner, clerk)}/reset/").text)
    assert clerk.get("/admin/").status_code == 401
    for missing in ("/admin/staff/stf_none/edit/", "/admin/staff/stf_none/reset/", "/admin/staff/stf_none/unlock/"):
        assert owner.post(missing).status_code == 404


def owner_of(owner: Browser, clerk: Browser) -> str:
    """The id of the clerk, as the owner's list links to it."""
    found = re.search(r"/admin/staff/(stf_\w+)/edit/", owner.get(f"/admin/staff/?q={clerk.staff_id}").text)
    assert found is not None
    return found[1]


def test_an_owner_cannot_lock_themselves_out(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    page = f"/admin/staff/{owner.staff_id}/edit/"
    assert "这是您自己的账号" in owner.get(page).text
    refused = owner.post(page, {"name": "x", "roles": ["goods"], "scope": "head_office", "state": "active"})
    assert refused.status_code == 409 and "不能修改自己的角色" in refused.text


def test_a_locked_account_is_shown_and_unlocked(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    given_staff(console, "lin", "goods")
    guess = browser(console)
    for _ in range(6):
        guess.post("/admin/login", {"login": "lin", "password": "wrong"})
    text = owner.get("/admin/staff/?q=lin").text
    assert "已锁定" in text
    staff_id = re.search(r"/admin/staff/(stf_\w+)/edit/", text)[1]  # type: ignore[index]
    assert "已解除锁定" in owner.post(f"/admin/staff/{staff_id}/unlock/").text
    assert logged_in(console, "lin").get("/admin/").status_code == 200


def test_who_must_change_the_password_does_nothing_else_before(console: Flask) -> None:
    create_staff(system(console), login="lin", name="林", roles=["owner"], password=PASSWORD)
    lin = logged_in(console, "lin")
    moved = lin.get("/admin/staff/")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/admin/profile/password/")
    assert lin.post("/admin/regions/new/", {"name": "华东"}, follow=False).status_code == 303
    assert lin.post("/admin/profile/password/", {"current": "wrong", "new": NEW, "again": NEW}).status_code == 422
    assert "密码已修改" in lin.post("/admin/profile/password/", {"current": PASSWORD, "new": NEW, "again": NEW}).text
    assert lin.get("/admin/staff/").status_code == 200


def test_R25_a_changed_password_ends_other_browsers(console: Flask) -> None:
    given_staff(console, "lin", "owner")
    here, elsewhere = logged_in(console, "lin"), logged_in(console, "lin")
    here.post("/admin/profile/password/", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert here.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 401


def test_the_second_step_through_the_pages(console: Flask, later: Callable[..., datetime], clock: object) -> None:
    given_staff(console, "lin", "owner")
    lin = logged_in(console, "lin")
    assert "<svg xmlns" not in lin.get("/admin/profile/second-step/").text
    started = lin.post("/admin/profile/second-step/", {"do": "start"})
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", started.text)[1]  # type: ignore[index]
    assert "<path" in started.text and started.headers["Cache-Control"] == "no-store"
    totp = pyotp.TOTP(secret)
    assert lin.post("/admin/profile/second-step/", {"do": "confirm", "code": "12345"}).status_code == 422
    assert "两步验证已开启" in lin.post(
        "/admin/profile/second-step/", {"do": "confirm", "code": totp.at(clock.now())}).text  # type: ignore[attr-defined]
    later(minutes=1)

    half = browser(console)
    to_code = half.post("/admin/login", {"login": "lin", "password": PASSWORD, "next": "/admin/staff/"}, follow=False)
    assert to_code.headers["Location"] == "/admin/login/code?next=/admin/staff/"
    waiting = half.session
    for path in ("/admin/", "/admin/staff/", "/admin/profile/"):
        assert half.get(path).headers["Location"].startswith("/admin/login/code")
    half.staff_id = ""
    wrong = half.post("/admin/login/code", {"code": "000000x"})
    assert wrong.status_code == 422
    right = half.post("/admin/login/code", {"code": totp.at(clock.now()), "next": "/admin/staff/"}, follow=False)  # type: ignore[attr-defined]
    assert (right.status_code, right.headers["Location"]) == (303, "/admin/staff/")
    assert half.session not in ("", waiting)
    assert half.get("/admin/staff/").status_code == 200
    assert "两步验证已关闭" in half.post("/admin/profile/second-step/", {"do": "remove", "password": PASSWORD}).text


def test_the_matrix_of_roles_is_shown(console: Flask, log_in: Callable[..., Browser]) -> None:
    text = log_in("owner").get("/admin/roles/").text
    assert "社群经理" in text and text.count('class="yes"') > 50


def test_the_audit_log_tells_who_did_what(console: Flask, log_in: Callable[..., Browser]) -> None:
    owner = log_in("owner")
    owner.post("/admin/regions/new/", {"name": "华东"})
    region = re.search(r"/admin/regions/(reg_\w+)/edit/", owner.get("/admin/regions/").text)[1]  # type: ignore[index]
    owner.post(f"/admin/regions/{region}/edit/", {"name": "华东区"})
    text = owner.get(f"/admin/audit/?action=save_region&actor=staff:{owner.staff_id}&subject={region}").text
    assert text.count("保存区域</span>") == 2
    assert "<del>华东</del> → <ins>华东区</ins>" in text
    assert "保存区域</span>" not in owner.get("/admin/audit/?at_to=2026-03-01").text
    assert owner.get("/admin/audit/?at_from=2026-03-02&at_to=2026-03-02&action=save_region").text.count("保存区域</span>") == 2
