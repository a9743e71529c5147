"""WeChat's message push at our door: the URL proves itself, events are believed by their signature alone."""

import hashlib
import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backend.app import runtime
from backend.infra.uow import transaction
from backend.kernel.actors import SYSTEM
from tests.given_orders import Shop
from tests.given_reviews import bought, state, work

PATH, TOKEN = "/callbacks/wechat/messages", "PushTokenOfTheTests"


def asked(web: Flask, token: str = TOKEN, seconds: int = 0, **more: str) -> dict[str, str]:
    timestamp = str(int(runtime(web).context(SYSTEM).now.timestamp()) + seconds)
    signature = hashlib.sha1("".join(sorted([token, timestamp, "n1"])).encode()).hexdigest()
    return {"timestamp": timestamp, "nonce": "n1", "signature": signature} | more


def push(web: Flask, event: Any, **more: Any) -> TestResponse:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return web.test_client().post(PATH, query_string=asked(web, **more), data=body, content_type="text/xml")


def media(trace_id: str = "trace-1", suggest: str = "pass") -> dict[str, Any]:
    return {"ToUserName": "gh_1", "FromUserName": "openid-li", "CreateTime": 1772424000, "MsgType": "event",
            "Event": "wxa_media_check", "trace_id": trace_id, "errcode": 0, "result": {"suggest": suggest, "label": 100}}


def test_the_url_proves_itself(web: Flask) -> None:
    answer = web.test_client().get(PATH, query_string=asked(web, echostr="5837397576"))
    assert (answer.status_code, answer.get_data(as_text=True), answer.mimetype) == (200, "5837397576", "text/plain")
    for wrong in ({"token": "another"}, {"seconds": 400}, {"signature": "0" * 40}):
        assert web.test_client().get(PATH, query_string=asked(web, **wrong, echostr="1")).status_code == 401
    assert web.test_client().get(PATH).status_code == 401


def test_a_verdict_is_kept_before_it_is_acknowledged(web: Flask, shop: Shop) -> None:
    line = bought(shop)
    review_id = line.review(pictures=[line.picture()])
    work(shop)
    for _ in range(3):
        answer = push(web, media())
        assert (answer.status_code, answer.get_data()) == (200, b"success")
    assert shop.one("select count(*) as n from picture_verdicts") == {"n": 1}
    assert state(shop, review_id) == "checking"
    work(shop)
    assert state(shop, review_id) == "shown"


@pytest.mark.parametrize(("event", "more", "status"), [
    (media(), {"token": "another"}, 401), (media(), {"seconds": -400}, 401), (b"<xml/>", {}, 422), (b"", {}, 422), (b"[]", {}, 422),
    (media() | {"errcode": "0"}, {}, 422), (b"{" * 70_000, {}, 422)])
def test_what_is_not_wechat_s_or_cannot_be_read_changes_nothing(
        web: Flask, shop: Shop, event: Any, more: Any, status: int, snapshot: Any) -> None:
    before = snapshot()
    assert push(web, event, **more).status_code == status
    assert snapshot() == before


@pytest.mark.parametrize("more", [
    {"Event": "of_next_year"}, {"MsgType": "text", "Content": "你好"}, {"Event": "subscribe_msg_popup_event", "List": {}},
    {"Event": "subscribe_msg_change_event", "List": {"TemplateId": "T1", "SubscribeStatusString": "reject"}}])
def test_events_of_no_use_are_acknowledged(web: Flask, more: dict[str, Any], snapshot: Any) -> None:
    before = snapshot()
    assert push(web, media() | more).get_data() == b"success"
    assert snapshot() == before


def test_a_bug_of_ours_makes_wechat_send_it_again(web: Flask, shop: Shop) -> None:
    with transaction(shop.ctx()) as tx:
        tx.connection.exec_driver_sql("drop table picture_verdicts")
    assert push(web, media()).status_code == 500
