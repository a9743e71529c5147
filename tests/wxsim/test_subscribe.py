"""Subscribe messages: one consent is one message; every field must fit; what arrives is in the inbox."""

import threading
from typing import Any

import pytest

from tests.wxsim.mini_program import FIELDS, TEMPLATE, MiniProgram, opened
from tests.wxsim.shop import Shop
from tests.wxsim_server import ControlRefused


def test_one_consent_is_one_message(mini: MiniProgram) -> None:
    assert mini.send("甲一")["errcode"] == 43101
    assert mini.tap("甲一") == {"errMsg": "requestSubscribeMessage:ok", TEMPLATE: "accept"}
    mini.tap("甲一")
    assert [mini.send("甲一")["errcode"] for _ in range(3)] == [0, 0, 43101]
    arrived = mini.inbox("甲一")
    assert len(arrived["messages"]) == 2
    [first, _] = arrived["messages"]
    assert (first["title"], first["page"]) == ("订单发货通知", "pages/order/index?id=ord_1")
    assert first["fields"][0] == ["订单编号", "24030212345678"] and len(first["fields"]) == 5
    assert arrived["balances"] == [{"template_id": TEMPLATE, "title": "订单发货通知", "balance": 0}]


def test_a_no_is_worth_nothing_and_switching_off_takes_all(mini: MiniProgram) -> None:
    mini.tap("甲二", "reject")
    assert mini.send("甲二")["errcode"] == 43101
    for _ in range(3):
        mini.tap("甲二")
    mini.wx.control("POST", "/subscribe-off", {"user": "甲二", "template_id": TEMPLATE})
    assert mini.send("甲二")["errcode"] == 43101
    mini.tap("甲二")
    mini.wx.fault("consent-gone", openid=mini.wx.openid("甲二"))
    assert [mini.send("甲二")["errcode"] for _ in range(2)] == [43101, 43101]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"thing2": "果" * 21}, "data.thing2.value invalid"),
        ({"thing2": " "}, "data.thing2.value is empty"),
        ({"thing2": None}, "data.thing2.value is empty"),
        ({"character_string1": "单号"}, "data.character_string1.value invalid"),
        ({"character_string1": "1" * 33}, "data.character_string1.value invalid"),
        ({"amount3": "88.505"}, "data.amount3.value invalid"),
        ({"amount3": "八十元"}, "data.amount3.value invalid"),
        ({"time4": "昨天"}, "data.time4.value invalid"),
        ({"phrase5": "已经发货啦"}, ""),
        ({"phrase5": "已经发货了哦"}, "data.phrase5.value invalid"),
        ({"phrase5": "shipped"}, "data.phrase5.value invalid"),
        ({"extra9": "x"}, "data.extra9.value invalid"),
    ],
)
def test_fields_must_fit_and_a_refused_message_takes_no_consent(
    mini: MiniProgram, data: dict[str, Any], words: str
) -> None:
    mini.tap("甲三")
    answer = mini.send("甲三", data)
    if not words:
        assert answer["errcode"] == 0
        return
    assert answer["errcode"] == 47003 and words in answer["errmsg"]
    assert mini.send("甲三")["errcode"] == 0


@pytest.mark.parametrize(
    ("instead", "errcode"),
    [
        ({"touser": "o-nobody"}, 40003),
        ({"template_id": "none"}, 40037),
        ({"page": "pages/none/index"}, 41030),
        ({"page": "javascript:alert(1)"}, 41030),
        ({"data": []}, 47003),
        ({"data": {}}, 47003),
        ({"miniprogram_state": "x"}, 40097),
    ],
)
def test_wrong_requests(mini: MiniProgram, instead: dict[str, Any], errcode: int) -> None:
    mini.tap("甲四")
    assert mini.send("甲四", **instead)["errcode"] == errcode


def test_of_many_at_once_as_many_arrive_as_were_allowed(mini: MiniProgram) -> None:
    for _ in range(3):
        mini.tap("甲五")
    token, answers = mini.token(), list[int]()
    given = {"touser": mini.wx.openid("甲五"), "template_id": TEMPLATE, "data": {}}
    given["data"] = {"character_string1": {"value": "1"}, "thing2": {"value": "苹果"}, "amount3": {"value": "1.00"}}
    given["data"] |= {"time4": {"value": "12:00"}, "phrase5": {"value": "已发货"}}

    def send() -> None:
        answers.append(mini.post("/cgi-bin/message/subscribe/send", given, token).json()["errcode"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 0, 0] + [43101] * 5
    assert len(mini.inbox("甲五")["messages"]) == 3


def test_the_answer_is_lost_and_the_message_arrived(mini: MiniProgram) -> None:
    mini.tap("甲六")
    mini.wx.fault("answer-502", after_effect=True, call="subscribe-send", template_id=TEMPLATE)
    token = mini.token()
    answer = mini.http.post(
        f"{mini.wx.url}/cgi-bin/message/subscribe/send",
        params={"access_token": token},
        json={
            "touser": mini.wx.openid("甲六"),
            "template_id": TEMPLATE,
            "data": {
                "character_string1": {"value": "1"},
                "thing2": {"value": "苹果"},
                "amount3": {"value": "¥1"},
                "time4": {"value": "2026-03-02 12:00:01"},
                "phrase5": {"value": "已发货"},
            },
        },
    )
    assert answer.status_code == 502
    assert len(mini.inbox("甲六")["messages"]) == 1


def test_events_tell_of_taps_sends_and_switches(mini: MiniProgram, pushed: Shop) -> None:
    mini.tap("甲七")
    mini.send("甲七")
    mini.wx.control("POST", "/subscribe-off", {"user": "甲七", "template_id": TEMPLATE})
    told = {event["Event"]: event["List"] for event in map(opened, pushed.wait_for(3))}
    assert told["subscribe_msg_popup_event"]["SubscribeStatusString"] == "accept"
    assert told["subscribe_msg_sent_event"]["ErrorStatus"] == "success"
    assert told["subscribe_msg_change_event"] == {"TemplateId": TEMPLATE, "SubscribeStatusString": "reject"}


def test_nonsense_from_the_test_itself(mini: MiniProgram) -> None:
    for body, code in (
        ({"user": "甲八", "answers": {}}, "BAD_FIELD"),
        ({"user": "甲八", "answers": {"none": "accept"}}, "20001"),
        ({"user": "甲八", "answers": {TEMPLATE: "maybe"}}, "10001"),
    ):
        with pytest.raises(ControlRefused) as refused:
            mini.wx.control("POST", "/subscribe", body)
        assert refused.value.code == code
    for template in (
        {"template_id": "short", "title": "x", "fields": FIELDS},
        {"template_id": "LongEnough01", "title": "x", "fields": {}},
        {"template_id": "LongEnough01", "title": "x", "fields": {"picture1": "图"}},
    ):
        with pytest.raises(ControlRefused) as refused:
            mini.wx.control("POST", "/templates", template)
        assert refused.value.code == "BAD_TEMPLATE"
