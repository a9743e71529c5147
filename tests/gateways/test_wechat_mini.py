"""Log-in and phone number: expected noes, hostile answers, and that secrets stay inside (F36, F38, S4, S12, S14)."""

import json
import logging
from urllib.parse import parse_qs

import httpx
import pytest

from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_mini import MiniProgramClient, WxSession
from backend.kernel.errors import Kind, Refused
from tests.gateways.playing_wechat import APPID, Clock, Script

API, SECRET = "https://api.weixin.qq.com", "app-secret-0123456789"
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
TOKEN = {"access_token": "77_token", "expires_in": 7200}
NUMBER = {"phoneNumber": "13800138000", "purePhoneNumber": "13800138000", "countryCode": "86",
          "watermark": {"timestamp": 1772424000, "appid": APPID}}  # fmt: skip


def mini(script: Script) -> MiniProgramClient:
    return MiniProgramClient(script.wire(API), APPID, SECRET, Clock())


def login(content, status: int = 200):
    reply = httpx.Response(status, content=content if isinstance(content, bytes) else json.dumps(content).encode())
    return mini(Script(reply)).session("081ab")


def test_log_in_asks_as_documented():
    script = Script(httpx.Response(200, json={"openid": OPENID, "session_key": "k==", "unionid": "oU1"}))
    assert mini(script).session("081ab") == WxSession(OPENID, "oU1")
    url = script.asked[0].url
    assert (script.asked[0].method, url.host, url.path) == ("GET", "api.weixin.qq.com", "/sns/jscode2session")
    assert parse_qs(url.query.decode()) == {
        "appid": [APPID], "secret": [SECRET], "js_code": ["081ab"], "grant_type": ["authorization_code"],
    }  # fmt: skip


@pytest.mark.parametrize("extra", [{}, {"errcode": 0, "errmsg": "ok"}, {"unionid": ""}, {"unionid": None}])
def test_errcode_and_unionid_may_be_absent(extra):
    assert login({"openid": OPENID, "session_key": "k=="} | extra) == WxSession(OPENID, None)


@pytest.mark.parametrize(
    ("errcode", "kind", "code"),
    [(40029, Kind.UNAUTHENTICATED, "login_code_refused"), (40163, Kind.UNAUTHENTICATED, "login_code_refused"),
     (40226, Kind.FORBIDDEN, "login_blocked"), (45011, Kind.TOO_MANY, "wechat_too_many"),
     (-1, Kind.UNAVAILABLE, "wechat_busy"), (45009, Kind.UNAVAILABLE, "wechat_busy")],
)  # fmt: skip
def test_expected_noes(errcode, kind, code):
    with pytest.raises(Refused) as caught:
        login({"errcode": errcode, "errmsg": "x, rid: 1"})
    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert caught.value.sentence("zh") != caught.value.sentence("en")


@pytest.mark.parametrize("errcode", [40013, 41002, 40125])
def test_wrong_settings_are_not_the_shopper_s_fault(errcode):
    with pytest.raises(WeChatRefused) as caught:
        login({"errcode": errcode, "errmsg": "invalid appid\r\nrid: 1"})
    assert caught.value.code == str(errcode) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b'{"openid":', b'{"openid":"a","openid":"b"}', {}, {"openid": ""}, {"openid": 5},
     {"openid": "a b"}, {"openid": "x" * 129}, {"openid": OPENID, "unionid": "<script>"}, {"errcode": "40029"},
     {"errcode": True}, {"errcode": 1.0}],
)  # fmt: skip
def test_hostile_answers_are_busy(content):
    with pytest.raises(Refused) as caught:
        login(content)
    assert caught.value.code == "wechat_busy"


@pytest.mark.parametrize("status", [201, 302, 404, 500, 502])
def test_other_statuses_are_busy(status):
    with pytest.raises(Refused) as caught:
        login({"openid": OPENID}, status)
    assert caught.value.code == "wechat_busy"


@pytest.mark.parametrize("code", ["", " ", "a b", "a\n", "ü", "x" * 257])
def test_what_is_no_code_is_refused_without_asking(code):
    script = Script()
    for call in (lambda: mini(script).session(code), lambda: mini(script).phone(code, OPENID)):
        with pytest.raises(Refused):
            call()
    assert script.asked == []


def test_session_key_and_secret_show_nowhere(caplog):
    caplog.set_level(logging.DEBUG)
    script = Script(httpx.Response(200, json={"openid": OPENID, "session_key": "SESSIONKEY=="}))
    client = mini(script)
    client.session("081ab")

    def fail(request):
        raise httpx.ReadTimeout("x", request=request)

    script.reply = fail
    with pytest.raises(Refused) as caught:
        client.session("081ab")
    seen = caplog.text + repr(client) + repr(vars(caught.value)) + repr(caught.value.__cause__)
    assert "SESSIONKEY" not in seen and SECRET not in seen and "081ab" not in seen
    assert "/sns/jscode2session" in caplog.text


def phone(*answers):
    """A client whose calls get a token first and then `answers` in turn."""
    left = list(answers)

    def reply(request):
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json=TOKEN)
        content = left.pop(0)
        return httpx.Response(200, content=content if isinstance(content, bytes) else json.dumps(content).encode())

    script = Script(reply)
    return script, lambda: mini(script).phone("c0de", OPENID)


def test_phone_asks_as_documented():
    script, ask = phone({"errcode": 0, "errmsg": "ok", "phone_info": NUMBER})
    assert ask() == "13800138000"
    token, number = script.asked
    assert json.loads(token.content) == {
        "grant_type": "client_credential", "appid": APPID, "secret": SECRET, "force_refresh": False,
    }  # fmt: skip
    assert (number.method, number.url.path) == ("POST", "/wxa/business/getuserphonenumber")
    assert number.url.query == b"access_token=77_token"
    assert json.loads(number.content) == {"code": "c0de", "openid": OPENID}


def test_phone_from_abroad():
    abroad = NUMBER | {"phoneNumber": "+85261234567", "purePhoneNumber": "61234567", "countryCode": "852"}
    assert phone({"errcode": 0, "phone_info": abroad})[1]() == "+85261234567"


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"errcode": 40029, "errmsg": "x"}, "phone_code_refused"), ({"errcode": -1}, "wechat_busy"),
     ({"errcode": 45011}, "wechat_too_many"), (b"<html>", "wechat_busy"), ({"errcode": 0}, "wechat_busy"),
     ({"errcode": 0, "phone_info": NUMBER | {"watermark": {"appid": "wxother"}}}, "phone_code_refused"),
     ({"errcode": 0, "phone_info": NUMBER | {"watermark": {}}}, "wechat_busy"),
     ({"errcode": 0, "phone_info": NUMBER | {"purePhoneNumber": "1380013800"}}, "wechat_busy"),
     ({"errcode": 0, "phone_info": NUMBER | {"purePhoneNumber": "１３８００１３８０００"}}, "wechat_busy"),
     ({"errcode": 0, "phone_info": NUMBER | {"countryCode": "+86"}}, "wechat_busy"),
     ({"errcode": 0, "phone_info": NUMBER | {"purePhoneNumber": 13800138000}}, "wechat_busy")],
)  # fmt: skip
def test_phone_noes(answer, code):
    with pytest.raises(Refused) as caught:
        phone(answer)[1]()
    assert caught.value.code == code


@pytest.mark.parametrize("errcode", [40001, 42001, 40014])
def test_a_dropped_token_is_replaced_once(errcode):
    tokens = iter(["old", "new"])
    script = Script()

    def reply(request):
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json={"access_token": next(tokens), "expires_in": 7200})
        good = request.url.query == b"access_token=new"
        return httpx.Response(200, json={"errcode": 0, "phone_info": NUMBER} if good else {"errcode": errcode})

    script.reply = reply
    client = mini(script)
    assert client.phone("c0de", OPENID) == "13800138000"
    assert client.phone("c0de", OPENID) == "13800138000"
    assert [request.url.path for request in script.asked].count("/cgi-bin/stable_token") == 2
    assert len(script.asked) == 5


def test_a_second_rejection_is_busy_and_no_loop():
    tokens = (f"t{n}" for n in range(100))

    def reply(request):
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json={"access_token": next(tokens), "expires_in": 7200})
        return httpx.Response(200, json={"errcode": 40001})

    script = Script(reply)
    with pytest.raises(Refused) as caught:
        mini(script).phone("c0de", OPENID)
    assert caught.value.code == "wechat_busy" and len(script.asked) == 4


@pytest.mark.parametrize("answer", [{"access_token": "t"}, {"access_token": "", "expires_in": 7200},
                                    {"access_token": "t", "expires_in": 0}, {"access_token": "t", "expires_in": 10**9},
                                    {"access_token": "a b", "expires_in": 7200}, {"errcode": -1}])  # fmt: skip
def test_an_unusable_token_answer_is_busy(answer):
    def reply(request):
        token = request.url.path == "/cgi-bin/stable_token"
        return httpx.Response(200, json=answer if token else {"errcode": 0, "phone_info": NUMBER})

    script = Script(reply)
    with pytest.raises(Refused) as caught:
        mini(script).phone("c0de", OPENID)
    assert caught.value.code == "wechat_busy" and len(script.asked) == 1
