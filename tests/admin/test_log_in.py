"""Logging in to the console: sessions, lock-out, equal answers, local redirects (R24, R25, R28)."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from backend.infra.passwords import token_hash
from tests.given_staff import PASSWORD, Browser, browser, given_staff, logged_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Doors do not care which database it is; what stands behind them is tested on both."""


def test_who_is_not_logged_in_gets_the_log_in_page_as_a_401(nobody: Browser) -> None:
    for path in ("/admin/", "/admin/staff/", "/admin/profile/password/"):
        answer = nobody.get(path)
        assert answer.status_code == 401
        assert 'name="password"' in answer.text
        assert f'name="next" value="{path}"' in answer.text and "登录已失效" not in answer.text
    nobody.client.set_cookie("tuanma_staff", "A" * 43, path="/admin")
    assert "登录已失效" in nobody.get("/admin/").text


def test_a_log_in_opens_a_new_session_and_leads_where_one_wanted(console: Flask, rows: Callable[..., list[dict]]) -> None:
    given_staff(console, "lin", "owner")
    fresh = browser(console)
    fresh.client.set_cookie("tuanma_staff", "A" * 43, path="/admin")
    answer = fresh.post("/admin/login", {"login": " LIN ", "password": PASSWORD, "next": "/admin/staff/?q=a"}, follow=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/staff/?q=a")
    assert fresh.session != "A" * 43
    assert [row["token_hash"] for row in rows("select token_hash from staff_sessions")] == [token_hash(fresh.session)]
    assert fresh.get("/admin/staff/").status_code == 200


def test_the_cookie_is_for_this_console_alone(console: Flask) -> None:
    given_staff(console, "lin", "owner")
    answer = browser(console).post("/admin/login", {"login": "lin", "password": PASSWORD}, follow=False)
    [cookie] = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("tuanma_staff=")]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/admin" in cookie


def test_R24_unknown_names_wrong_passwords_and_disabled_people_get_one_answer(console: Flask) -> None:
    given_staff(console, "lin", "owner")
    answers = {browser(console).post("/admin/login", {"login": login, "password": password}).text.split("</form>")[0].split(
        'role="alert"')[1][:60] for login, password in (("lin", "not the pass phrase"), ("nobody", PASSWORD), ("", ""))}
    assert len(answers) == 1


@pytest.mark.parametrize("login", ["lin", "nobody"])
def test_R24_five_failures_lock_a_name_whether_anybody_has_it_or_not(
        console: Flask, login: str, later: Callable[..., datetime]) -> None:
    given_staff(console, "lin", "owner")
    fresh = browser(console)
    for _ in range(5):
        assert fresh.post("/admin/login", {"login": login, "password": "wrong"}).status_code == 401
    assert fresh.post("/admin/login", {"login": login, "password": PASSWORD}).status_code == 429
    later(minutes=16)
    assert fresh.post("/admin/login", {"login": login, "password": PASSWORD}).status_code == (200 if login == "lin" else 401)


def test_a_log_in_ends_when_it_is_idle_and_when_it_is_old(console: Flask, later: Callable[..., datetime]) -> None:
    given_staff(console, "lin", "owner")
    lin = logged_in(console, "lin")
    for _ in range(7):
        later(minutes=100)
        assert lin.get("/admin/").status_code == 200
    later(minutes=21)
    assert lin.get("/admin/").status_code == 401
    lin = logged_in(console, "lin")
    later(minutes=121)
    assert lin.get("/admin/").status_code == 401


def test_R25_logging_out_ends_the_session_on_the_server(console: Flask) -> None:
    given_staff(console, "lin", "owner")
    lin = logged_in(console, "lin")
    kept = lin.session
    lin.post("/admin/logout")
    again = browser(console)
    again.client.set_cookie("tuanma_staff", kept, path="/admin")
    assert again.get("/admin/").status_code == 401


@pytest.mark.parametrize("target", [
    "//evil.com", "/\\evil.com", "https:evil.com", "https://evil.com/admin/", "/admin//evil.com", "/admin/\\evil.com",
    "/admin/%0d%0aSet-Cookie:x\r\nSet-Cookie: y=1", "javascript:alert(1)", "/api/v1/me", "/admin/../api", "", "/admin/logout"])
def test_R28_nobody_is_sent_elsewhere(console: Flask, target: str) -> None:
    given_staff(console, "lin", "owner")
    answer = browser(console).post("/admin/login", {"login": "lin", "password": PASSWORD, "next": target}, follow=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")


def test_R24_a_hundred_wrong_passwords_get_the_answers_that_nobody_gets(console: Flask) -> None:
    """From one name and from a name that nobody has: the same answers in the same order, and the right password is no use then."""
    given_staff(console, "lin", "owner")
    answers = {}
    for number, login in enumerate(("lin", "nobody")):
        fresh = browser(console)
        token, at = fresh.token(), {"REMOTE_ADDR": f"10.0.0.{number}"}
        answers[login] = [fresh.client.post("/admin/login", data={"csrf_token": token, "login": login, "password": f"wrong {turn}"},
                                            environ_overrides=at).status_code for turn in range(100)]
    assert answers["lin"] == answers["nobody"] == [401] * 5 + [429] * 95
    right, elsewhere = {"login": "lin", "password": PASSWORD}, {"REMOTE_ADDR": "10.0.0.9"}
    assert browser(console).post("/admin/login", right, environ_overrides=elsewhere).status_code == 429
