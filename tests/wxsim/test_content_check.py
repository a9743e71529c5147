"""Content checks: verdicts by words or by order, who must have been there, pictures answered by a push."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.wxsim.mini_program import MiniProgram, opened
from tests.wxsim.shop import Shop


def drawn(kind: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (4, 4), "orange").save(held, kind)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "suggest", "label"),
    [
        ("苹果很甜，家里老人也爱吃", "pass", 100),
        ("买了再加微信返现", "review", 10001),
        ("赌 博\u200b平台", "risky", 20006),
        ("赌\u200b 博", "risky", 20006),
        ("加微信，代开发票", "risky", 20008),
    ],
)
def test_verdicts_by_words(mini: MiniProgram, content: str, suggest: str, label: int) -> None:
    answer = mini.text(content)
    assert answer["errcode"] == 0 and answer["result"] == {"suggest": suggest, "label": label}
    assert answer["detail"][0]["suggest"] == suggest and len(answer["trace_id"]) == 26
    assert any("keyword" in one for one in answer["detail"]) == (suggest != "pass")


def test_names_are_looked_at_too(mini: MiniProgram) -> None:
    for name in ("nickname", "title", "signature"):
        assert mini.text("好吃", **{name: "六合彩"})["result"]["suggest"] == "risky"


def test_a_verdict_to_order(mini: MiniProgram) -> None:
    mini.wx.fault("check-verdict", suggest="risky", label=20002, openid=mini.wx.openid("坏评"))
    assert mini.text("好吃")["result"]["suggest"] == "pass"
    assert mini.text("好吃", user="坏评")["result"] == {"suggest": "risky", "label": 20002}
    assert mini.text("好吃", user="坏评")["result"]["suggest"] == "pass"


@pytest.mark.parametrize(
    ("instead", "errcode"),
    [
        ({"version": 1}, 40097),
        ({"scene": 0}, 40129),
        ({"scene": 5}, 40129),
        ({"scene": True}, 40129),
        ({"openid": "o-nobody"}, 40003),
        ({"openid": None}, 40003),
        ({"content": ""}, 44004),
        ({"content": 5}, 44004),
        ({"content": "好" * 2501}, 45002),
    ],
)
def test_wrong_text_requests(mini: MiniProgram, instead: dict[str, Any], errcode: int) -> None:
    assert mini.text(**{"content": "好吃", **instead})["errcode"] == errcode


def test_2500_characters_are_looked_at(mini: MiniProgram) -> None:
    assert mini.text("好" * 2500)["result"]["suggest"] == "pass"


def test_the_user_must_have_been_there_within_two_hours(mini: MiniProgram) -> None:
    openid = mini.wx.openid("久别")
    given = {"version": 2, "openid": openid, "scene": 2, "content": "好吃"}
    mini.wx.move_clock(7190)
    assert mini.post("/wxa/msg_sec_check", given).json()["errcode"] == 0
    mini.wx.move_clock(15)
    assert mini.post("/wxa/msg_sec_check", given).json()["errcode"] == 61010
    mini.wx.control("POST", "/active", {"user": "久别"})
    assert mini.post("/wxa/msg_sec_check", given).json()["errcode"] == 0
    mini.wx.fault("check-inactive", openid=openid)
    assert mini.post("/wxa/msg_sec_check", given).json()["errcode"] == 61010


@pytest.mark.parametrize(("fault", "errcode"), [("frequency", 45011), ("daily-quota", 45009), ("busy", -1)])
def test_limits(mini: MiniProgram, fault: str, errcode: int) -> None:
    mini.wx.fault(fault, call="text-check")
    assert mini.text("好吃")["errcode"] == errcode
    assert mini.text("好吃")["errcode"] == 0


def test_a_picture_is_answered_by_a_push(mini: MiniProgram, pushed: Shop) -> None:
    pushed.files["/a.png"] = drawn()
    url = pushed.url.replace("/callbacks/wechat-pay/payments", "/a.png")
    answer = mini.picture(url)
    assert answer["errcode"] == 0 and set(answer) == {"errcode", "errmsg", "trace_id"}
    mini.wx.move_clock(2)
    event = opened(pushed.wait_for(1)[0])
    assert (event["MsgType"], event["Event"], event["trace_id"]) == ("event", "wxa_media_check", answer["trace_id"])
    assert (event["version"], event["errcode"], event["result"]) == (2, 0, {"suggest": "pass", "label": 100})
    assert event["FromUserName"] == mini.wx.openid("评评") and event["appid"] == mini.wx.appid
    assert event["detail"][0]["suggest"] == "pass"


def test_a_picture_with_a_verdict_to_order_and_one_that_cannot_be_fetched(mini: MiniProgram, pushed: Shop) -> None:
    pushed.files |= {"/b.jpg": drawn("JPEG"), "/c.jpg": b"<html>"}
    base = pushed.url.replace("/callbacks/wechat-pay/payments", "")
    mini.wx.fault("check-verdict", call="media-check", suggest="risky", label=20002)
    first, second, third = (mini.picture(base + path)["trace_id"] for path in ("/b.jpg", "/c.jpg", "/none.jpg"))
    mini.wx.move_clock(2)
    told = {event["trace_id"]: event for event in map(opened, pushed.wait_for(3))}
    assert told[first]["result"] == {"suggest": "risky", "label": 20002} and told[first]["errcode"] == 0
    assert [told[one]["errcode"] for one in (second, third)] == [-1008, -1008]


@pytest.mark.parametrize(
    ("instead", "errcode"),
    [
        ({"media_type": 3}, 40097),
        ({"media_url": "file:///etc/passwd"}, 40097),
        ({"media_url": None}, 40097),
        ({"scene": 9}, 40129),
        ({"version": 1}, 40097),
        ({"openid": "o-nobody"}, 40003),
    ],
)
def test_wrong_picture_requests(mini: MiniProgram, instead: dict[str, Any], errcode: int) -> None:
    assert mini.picture("http://127.0.0.1:9/a.png", **instead)["errcode"] == errcode


def test_without_a_token_or_json(mini: MiniProgram) -> None:
    for path in ("/wxa/msg_sec_check", "/wxa/media_check_async", "/cgi-bin/message/subscribe/send"):
        assert mini.post(path, {}, token="").json()["errcode"] == 41001
        assert mini.post(path, {}, token="nonsense").json()["errcode"] == 40001
        assert mini.post(path, b"[]").json()["errcode"] == 47001
