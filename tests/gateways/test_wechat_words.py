"""Content checks, messages and code pictures: done, a definite no, or unknown – whatever is answered (F33–F37, S12)."""

import json

import httpx
import pytest

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.wechat_mini import COMMENT, MiniProgramClient, Verdict
from tests.gateways.playing_wechat import APPID, Clock, Script

API, OPENID = "https://api.weixin.qq.com", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
PASS = {"errcode": 0, "errmsg": "ok", "result": {"suggest": "pass", "label": 100}, "trace_id": "60ae120f-371d5872-7941a05b"}
PICTURE = b"\xff\xd8\xff\xe0picture"

CALLS = {
    "text": lambda mini: mini.check_text(OPENID, "好吃", COMMENT),
    "picture": lambda mini: mini.check_picture(OPENID, "https://shop.example/p.jpg", COMMENT),
    "message": lambda mini: mini.send_message(OPENID, "TemplateShipped01", "pages/order/index?id=o", {"thing1": "苹果"}),
    "code": lambda mini: mini.program_code("pages/product/index", "a=1"),
}


def playing(answer, *, tokens: int = 0, token_answer=None):
    """A client to whom WeChat gives tokens t1, t2, … and `answer` – JSON, bytes, a response or an exception – for all else."""
    given = {"tokens": tokens}

    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/cgi-bin/stable_token":
            if token_answer is not None:
                return token_answer(request)
            given["tokens"] += 1
            return httpx.Response(200, json={"access_token": f"t{given['tokens']}", "expires_in": 7200})
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    script = Script(reply)
    return MiniProgramClient(script.wire(API), APPID, "app-secret-0123456789", Clock()), script


def test_what_is_asked_and_what_comes_back():
    mini, script = playing(PASS)
    assert CALLS["text"](mini) == Verdict("pass", 100)
    assert script.sent == {"version": 2, "openid": OPENID, "scene": 2, "content": "好吃"}
    assert str(script.asked[-1].url) == f"{API}/wxa/msg_sec_check?access_token=t1"
    assert CALLS["picture"](mini) == PASS["trace_id"]
    assert script.sent["media_url"] == "https://shop.example/p.jpg" and script.sent["media_type"] == 2
    assert CALLS["message"](mini) is None
    assert script.sent["data"] == {"thing1": {"value": "苹果"}} and script.sent["touser"] == OPENID
    mini, script = playing(httpx.Response(200, content=PICTURE, headers={"Content-Type": "image/jpeg"}))
    assert CALLS["code"](mini) == PICTURE
    assert script.sent["scene"] == "a=1" and script.sent["check_path"] is True


def test_a_word_that_is_new_is_handed_on():
    mini, _ = playing(PASS | {"result": {"suggest": "maybe", "label": 7}, "next_year": {}})
    assert CALLS["text"](mini) == Verdict("maybe", 7)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("errcode", "later", "quota", "consent"),
    [(40003, False, False, False), (43101, False, False, True), (45009, False, True, False), (45011, True, False, False),
     (47003, False, False, False), (61010, False, False, False)],
)  # fmt: skip
def test_definite_noes(name, errcode, later, quota, consent):
    mini, script = playing({"errcode": errcode, "errmsg": "no\r\nrid: 1\u202e"})
    with pytest.raises(WeChatRefused) as caught:
        CALLS[name](mini)
    refused = caught.value
    assert (refused.code, refused.message) == (str(errcode), "no  rid: 1")
    assert (refused.try_later, refused.daily_quota, refused.no_consent) == (later, quota, consent)
    assert len(script.asked) == 2


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "answer",
    [{"errcode": -1}, b"", b"<html>", b"[]", b'{"errcode":', b'{"errcode":0,"errcode":0}', {"errcode": "0"}, {"errcode": True},
     httpx.Response(500), httpx.Response(302), httpx.Response(200, content=b"x" * (3 << 20)), httpx.ReadTimeout("slow"),
     httpx.ConnectError("no")],
    ids=str,
)  # fmt: skip
def test_what_nobody_can_read_is_unknown(name, answer):
    mini, _ = playing(answer)
    with pytest.raises(WeChatUnknown):
        CALLS[name](mini)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("text", {"errcode": 0}), ("text", PASS | {"result": []}), ("text", PASS | {"result": {"suggest": 5, "label": 1}}),
     ("text", PASS | {"result": {"suggest": "pass", "label": "100"}}), ("picture", {"errcode": 0}),
     ("picture", {"errcode": 0, "trace_id": "<script>"}), ("code", {"errcode": 0}),
     ("code", httpx.Response(200, content=b"<svg>", headers={"Content-Type": "image/jpeg"})),
     ("code", httpx.Response(200, content=b"\xff\xd8\xff", headers={"Content-Type": "image/svg+xml"}))],
)  # fmt: skip
def test_half_an_answer_is_unknown(name, answer):
    mini, _ = playing(answer)
    with pytest.raises(WeChatUnknown):
        CALLS[name](mini)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_token_that_died_is_replaced_once(name, errcode):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["access_token"] != "t2":
            return httpx.Response(200, json={"errcode": errcode, "errmsg": "invalid credential"})
        kind = {"Content-Type": "image/png"} if name == "code" else {}
        content = b"\x89PNG\r\n\x1a\n" if name == "code" else json.dumps(PASS).encode()
        return httpx.Response(200, content=content, headers=kind)

    mini, script = playing(answer)
    CALLS[name](mini)
    assert [request.url.path for request in script.asked].count("/cgi-bin/stable_token") == 2


@pytest.mark.parametrize("name", CALLS)
def test_without_a_token_nothing_was_done(name):
    mini, script = playing({"errcode": 40001})
    with pytest.raises(WeChatRefused) as caught:
        CALLS[name](mini)
    assert caught.value.code == "no_token" and caught.value.try_later
    assert len([request for request in script.asked if request.url.path != "/cgi-bin/stable_token"]) == 2
    for token in ({"errcode": 45011}, {"errcode": 40125}, {"access_token": "a b", "expires_in": 1}, {}):
        mini, script = playing(PASS, token_answer=lambda request, token=token: httpx.Response(200, json=token))
        with pytest.raises(WeChatRefused) as caught:
            CALLS[name](mini)
        assert [request.url.path for request in script.asked] == ["/cgi-bin/stable_token"]
        assert caught.value.code in ("no_token", "40125")
