"""The mini-program API: log-in codes, stable tokens with their overlap and quotas, phone numbers."""

import json
import threading
from typing import Any

import httpx
import pytest

from tests.wxsim_server import Wxsim

TOKEN = "/cgi-bin/stable_token"


def login(wx: Wxsim, http: httpx.Client, code: str, **instead: str | None) -> dict[str, Any]:
    given = {"appid": wx.appid, "secret": wx.app_secret, "js_code": code, "grant_type": "authorization_code"} | instead
    query = {key: value for key, value in given.items() if value is not None}
    answer = http.get(f"{wx.url}/sns/jscode2session", params=query)
    assert answer.status_code == 200
    return answer.json()


def token(wx: Wxsim, http: httpx.Client, **instead: Any) -> dict[str, Any]:
    given = {"grant_type": "client_credential", "appid": wx.appid, "secret": wx.app_secret} | instead
    return http.post(wx.url + TOKEN, json=given).json()


def phone(wx: Wxsim, http: httpx.Client, access_token: str, **body: Any) -> dict[str, Any]:
    target = f"{wx.url}/wxa/business/getuserphonenumber"
    return http.post(target, params={"access_token": access_token}, json=body).json()


def test_login_gives_the_same_openid_and_each_time_a_new_session_key(wx: Wxsim, http: httpx.Client) -> None:
    first, second = (login(wx, http, wx.login_code("丙")) for _ in range(2))
    other = login(wx, http, wx.login_code("丁"))
    assert first["openid"] == second["openid"] != other["openid"] and len(first["openid"]) == 28
    assert first["unionid"] == second["unionid"] != other["unionid"]
    assert first["session_key"] != second["session_key"] and "errcode" not in first


def test_a_code_works_once_for_five_minutes(wx: Wxsim, http: httpx.Client) -> None:
    code = wx.login_code("丙")
    assert "openid" in login(wx, http, code)
    assert login(wx, http, code)["errcode"] == 40163
    in_time, late = wx.login_code("丙"), wx.login_code("丙")
    wx.move_clock(295)
    assert "openid" in login(wx, http, in_time)
    wx.move_clock(10)
    assert login(wx, http, late)["errcode"] == 40029


def test_of_two_at_once_one_gets_the_session(wx: Wxsim, http: httpx.Client) -> None:
    for _ in range(5):
        code, answers = wx.login_code("丙"), []
        threads = [threading.Thread(target=lambda c=code, a=answers: a.append(login(wx, http, c))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.get("errcode", 0) for answer in answers) == [0] + [40163] * 7


@pytest.mark.parametrize(
    ("instead", "errcode"),
    [
        ({"appid": None}, 41002),
        ({"secret": None}, 41004),
        ({"js_code": None}, 41008),
        ({"js_code": "nonsense"}, 40029),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "client_credential"}, 40002),
    ],
)
def test_wrong_log_ins_use_up_no_code(
    wx: Wxsim, http: httpx.Client, instead: dict[str, str | None], errcode: int
) -> None:
    code = wx.login_code("丙")
    assert login(wx, http, code, **instead)["errcode"] == errcode
    assert "openid" in login(wx, http, code)


@pytest.mark.parametrize(
    ("fault", "errcode"),
    [
        ("busy", -1),
        ("frequency", 45011),
        ("daily-quota", 45009),
        ("login-blocked", 40226),
        ("login-code-used", 40163),
        ("login-code-bad", 40029),
    ],
)
def test_log_in_faults(wx: Wxsim, http: httpx.Client, fault: str, errcode: int) -> None:
    code = wx.login_code("丙")
    wx.fault(fault, call="login")
    assert login(wx, http, code)["errcode"] == errcode
    assert "openid" in login(wx, http, code)


def test_log_in_without_unionid_and_answers_that_are_none(wx: Wxsim, http: httpx.Client) -> None:
    wx.fault("login-without-unionid", user="丙")
    assert "unionid" in login(wx, http, wx.login_code("丁"))
    assert "unionid" not in login(wx, http, wx.login_code("丙"))
    for fault in ("answer-html", "answer-empty", "answer-truncated"):
        wx.fault(fault, call="login")
        with pytest.raises(json.JSONDecodeError):
            login(wx, http, wx.login_code("丙"))
    wx.fault("answer-lost", call="login")
    code = wx.login_code("丙")
    with pytest.raises(httpx.RemoteProtocolError):
        login(wx, http, code)
    assert login(wx, http, code)["errcode"] == 40163


def test_a_phone_code_is_no_login_code(wx: Wxsim, http: httpx.Client) -> None:
    assert login(wx, http, wx.phone_code("丙", "13800138000"))["errcode"] == 40029


def test_the_token_stays_until_its_last_five_minutes_and_then_both_work(own: Wxsim, http: httpx.Client) -> None:
    first = token(own, http)
    assert 7195 <= first["expires_in"] <= 7200
    own.move_clock(6890)
    again = token(own, http)
    assert again["access_token"] == first["access_token"] and 300 <= again["expires_in"] <= 310
    own.move_clock(20)
    renewed = token(own, http)
    assert renewed["access_token"] != first["access_token"] and renewed["expires_in"] >= 7195
    for one in (first, renewed):
        found = phone(own, http, one["access_token"], code=own.phone_code("丙", "13800138000"))
        assert found["errcode"] == 0
    own.move_clock(300)
    assert phone(own, http, first["access_token"], code="x")["errcode"] == 42001
    assert phone(own, http, renewed["access_token"], code="x")["errcode"] == 40029


def test_force_refresh_kills_the_old_one_and_has_quotas(own: Wxsim, http: httpx.Client) -> None:
    first = token(own, http)["access_token"]
    forced = token(own, http, force_refresh=True)["access_token"]
    assert forced != first
    assert phone(own, http, first, code="x")["errcode"] == 40001
    assert token(own, http)["access_token"] == forced
    assert token(own, http, force_refresh=True)["errcode"] == 45011
    for _ in range(19):
        own.move_clock(31)
        assert "access_token" in token(own, http, force_refresh=True)
    own.move_clock(31)
    assert token(own, http, force_refresh=True)["errcode"] == 45009
    own.move_clock(86400)
    assert "access_token" in token(own, http, force_refresh=True)


@pytest.mark.parametrize(
    ("instead", "errcode"),
    [
        ({"appid": "wx1"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"secret": ""}, 41004),
        ({"appid": ""}, 41002),
        ({"grant_type": "x"}, 40002),
        ({"force_refresh": "yes"}, 47001),
    ],
)
def test_wrong_token_requests(wx: Wxsim, http: httpx.Client, instead: dict[str, Any], errcode: int) -> None:
    assert token(wx, http, **instead)["errcode"] == errcode


def test_token_requests_that_are_no_json(wx: Wxsim, http: httpx.Client) -> None:
    for raw in (b"", b"[]", b"appid=1", b"\xff"):
        assert http.post(wx.url + TOKEN, content=raw).json()["errcode"] == 47001


def test_a_token_dies_early(wx: Wxsim, http: httpx.Client) -> None:
    for fault, errcode in (("token-invalidated", 40001), ("token-expired", 42001)):
        code, old = wx.phone_code("丙", "13800138000"), token(wx, http)["access_token"]
        wx.fault(fault)
        assert phone(wx, http, old, code=code)["errcode"] == errcode
        assert phone(wx, http, old, code=code)["errcode"] == 40001
        fresh = token(wx, http)["access_token"]
        assert fresh != old and phone(wx, http, fresh, code=code)["errcode"] == 0


def test_phone_number(wx: Wxsim, http: httpx.Client) -> None:
    access, code = token(wx, http)["access_token"], wx.phone_code("丙", "13800138000")
    found = phone(wx, http, access, code=code, openid=wx.openid("丙"))
    info = found["phone_info"]
    assert (info["phoneNumber"], info["purePhoneNumber"], info["countryCode"]) == ("13800138000", "13800138000", "86")
    assert info["watermark"]["appid"] == wx.appid
    assert phone(wx, http, access, code=code)["errcode"] == 40029


def test_phone_number_of_somebody_else_too_late_or_by_no_token(wx: Wxsim, http: httpx.Client) -> None:
    access, code = token(wx, http)["access_token"], wx.phone_code("丙", "13800138000")
    assert phone(wx, http, access, code=code, openid=wx.openid("丁"))["errcode"] == 40029
    assert phone(wx, http, "nonsense", code=code)["errcode"] == 40001
    assert phone(wx, http, "", code=code)["errcode"] == 41001
    assert phone(wx, http, access, code=wx.login_code("丙"))["errcode"] == 40029
    wx.fault("phone-other-appid")
    assert phone(wx, http, access, code=code)["phone_info"]["watermark"]["appid"] != wx.appid
    late = wx.phone_code("丙", "13800138000")
    wx.move_clock(301)
    assert phone(wx, http, access, code=late)["errcode"] == 40029


def test_secrets_stay_out_of_the_wire_log(wx: Wxsim, http: httpx.Client) -> None:
    session = login(wx, http, wx.login_code("丙"))
    access = token(wx, http)["access_token"]
    phone(wx, http, access, code="x")
    text = json.dumps(wx.log(3))
    assert "jscode2session" in text and "stable_token" in text
    for secret in (wx.app_secret, access, session["session_key"]):
        assert secret not in text
