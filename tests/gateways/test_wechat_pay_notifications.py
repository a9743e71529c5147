"""Callbacks: what a genuine one says, and that everything else is refused (F27–F32, R09, S8, S12)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.datastructures import EnvironHeaders

from backend.gateways.outcomes import BadNotification, BadSignature
from backend.gateways.wechat_pay_answers import RefundState, TradeState
from backend.kernel.errors import Kind
from tests.gateways.playing_wechat import (
    APPID,
    MCHID,
    MERCHANT_SERIAL,
    NOW,
    PAID,
    REFUNDED,
    Script,
    client,
    notification,
    second_opinion,
    signed,
)


def read(body: bytes, at: datetime = NOW, **more):
    return client(Script()).read_notification(signed(body, at, **more), body, NOW)


def test_a_payment():
    heard = read(notification("TRANSACTION.SUCCESS", PAID))
    trade = heard.trade
    assert (heard.id, heard.event_type, heard.refund) == ("EV-2018022511223320873", "TRANSACTION.SUCCESS", None)
    assert heard.created_at == datetime(2026, 3, 2, 4, 0, 2, tzinfo=UTC)
    assert trade.paid and not trade.over and trade.state is TradeState.SUCCESS
    assert (trade.appid, trade.mchid, trade.out_trade_no) == (APPID, MCHID, "pay_01")
    assert (trade.total_fen, trade.payer_total_fen, trade.currency) == (1234, 1234, "CNY")
    assert trade.transaction_id == "4200000001202603021234567890"
    assert trade.payer_openid == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    assert trade.success_at == datetime(2026, 3, 2, 4, 0, 1, tzinfo=UTC)


def test_a_refund():
    refund = read(notification("REFUND.SUCCESS", REFUNDED)).refund
    assert (refund.state, refund.out_refund_no, refund.refund_fen) == (RefundState.SUCCESS, "ref_01", 234)
    assert (refund.total_fen, refund.payer_refund_fen, refund.mchid) == (1234, 234, MCHID)
    assert refund.success_at == datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("state", ["ABNORMAL", "CLOSED"])
def test_a_refund_that_did_not_work(state):
    content = {name: value for name, value in REFUNDED.items() if name != "success_time"} | {"refund_status": state}
    heard = read(notification(f"REFUND.{state}", content))
    assert heard.refund.state == state and heard.refund.success_at is None


def test_an_event_new_to_us_is_genuine_and_says_nothing():
    heard = read(notification("COMPLAINT.CREATE", {"complaint_id": "1"}))
    assert (heard.trade, heard.refund, heard.event_type) == (None, None, "COMPLAINT.CREATE")


def test_second_opinion_reads_the_same():
    body = notification("TRANSACTION.SUCCESS", PAID)
    theirs = second_opinion().callback(signed(body), body)
    ours = read(body)
    assert theirs["resource"] == PAID
    assert theirs["id"] == ours.id
    assert theirs["resource"]["transaction_id"] == ours.trade.transaction_id


def test_headers_as_flask_hands_them_over():
    body = notification("TRANSACTION.SUCCESS", PAID)
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed(body).items()}
    assert client(Script()).read_notification(EnvironHeaders(environ), body, NOW).trade.paid


def test_extra_fields_are_ignored():
    assert read(notification("TRANSACTION.SUCCESS", PAID | {"scene_info": {"device_id": "x"}}, news=[1])).trade.paid


FORGED = {
    "unsigned": lambda body: ({}, body),
    "by a stranger": lambda body: (signed(body, by="stranger"), body),
    "with our own key": lambda body: (signed(body, by="merchant", serial=MERCHANT_SERIAL), body),
    "unknown serial": lambda body: (signed(body, serial="PUB_KEY_ID_9"), body),
    "probe": lambda body: (signed(body, **{"Wechatpay-Signature": "WECHATPAY/SIGNTEST/AAAA"}), body),
    "a day old": lambda body: (signed(body, NOW - timedelta(days=1)), body),
    "six minutes ahead": lambda body: (signed(body, NOW + timedelta(minutes=6)), body),
    "body of another": lambda body: (signed(b"{}"), body),
    "re-serialised": lambda body: (signed(body), json.dumps(json.loads(body), indent=1).encode()),
    "broken JSON, unsigned": lambda body: ({}, b"{"),
    "a megabyte, unsigned": lambda body: ({}, b"x" * 1_000_000),
}


@pytest.mark.parametrize("case", FORGED)
def test_not_from_wechat(case):
    headers, body = FORGED[case](notification("TRANSACTION.SUCCESS", PAID))
    with pytest.raises(BadSignature) as caught:
        client(Script()).read_notification(headers, body, NOW)
    assert (caught.value.kind, caught.value.code, caught.value.details) == (Kind.UNAUTHENTICATED, "bad_signature", {})


def without(content: dict, path: str) -> dict:
    """`content` less the field at `path` ("amount.total")."""
    head, _, tail = path.partition(".")
    rest = {name: value for name, value in content.items() if name != head}
    return rest | {head: without(content[head], tail)} if tail else rest


NEEDED = ["appid", "mchid", "out_trade_no", "transaction_id", "trade_state", "success_time", "payer", "payer.openid",
          "amount", "amount.total", "amount.payer_total", "amount.currency"]  # fmt: skip
UNREADABLE = {
    **{f"paid without {path}": notification("TRANSACTION.SUCCESS", without(PAID, path)) for path in NEEDED},
    "state not paid": notification("TRANSACTION.SUCCESS", PAID | {"trade_state": "NOTPAY"}),
    "state unknown": notification("TRANSACTION.SUCCESS", PAID | {"trade_state": "WHAT"}),
    "total a text": notification("TRANSACTION.SUCCESS", PAID | {"amount": PAID["amount"] | {"total": "1234"}}),
    "total a float": notification("TRANSACTION.SUCCESS", PAID | {"amount": PAID["amount"] | {"total": 1234.0}}),
    "total true": notification("TRANSACTION.SUCCESS", PAID | {"amount": PAID["amount"] | {"total": True}}),
    "total negative": notification("TRANSACTION.SUCCESS", PAID | {"amount": PAID["amount"] | {"total": -1}}),
    "total endless": notification("TRANSACTION.SUCCESS", PAID | {"amount": PAID["amount"] | {"total": 10**13}}),
    "amount a list": notification("TRANSACTION.SUCCESS", PAID | {"amount": [1]}),
    "time without zone": notification("TRANSACTION.SUCCESS", PAID | {"success_time": "2026-03-02T12:00:01"}),
    "time impossible": notification("TRANSACTION.SUCCESS", PAID | {"success_time": "2026-02-30T12:00:01+08:00"}),
    "time before time": notification("TRANSACTION.SUCCESS", PAID | {"success_time": "0001-01-01T00:00:00+08:00"}),
    "number with a line feed": notification("TRANSACTION.SUCCESS", PAID | {"out_trade_no": "pay_01\n"}),
    "openid with markup": notification("TRANSACTION.SUCCESS", PAID | {"payer": {"openid": "<b>"}}),
    "number not a text": notification("TRANSACTION.SUCCESS", PAID | {"transaction_id": 42}),
    "refund in another state": notification("REFUND.SUCCESS", REFUNDED | {"refund_status": "CLOSED"}),
    "refund of nothing": notification("REFUND.SUCCESS", REFUNDED | {"amount": REFUNDED["amount"] | {"refund": 0}}),
    "refund of more": notification("REFUND.SUCCESS", REFUNDED | {"amount": REFUNDED["amount"] | {"refund": 1235}}),
    "refund without time": notification("REFUND.SUCCESS", without(REFUNDED, "success_time")),
    "sealed with another key": notification("TRANSACTION.SUCCESS", PAID, key="x" * 32),
    "other associated data": notification("TRANSACTION.SUCCESS", PAID, resource={"associated_data": "refund"}),
    "other nonce": notification("TRANSACTION.SUCCESS", PAID, resource={"nonce": "000000000000"}),
    "nonce too short": notification("TRANSACTION.SUCCESS", PAID, resource={"nonce": "0"}),
    "ciphertext cut": notification("TRANSACTION.SUCCESS", PAID, resource={"ciphertext": "AAAA"}),
    "ciphertext not base64": notification("TRANSACTION.SUCCESS", PAID, resource={"ciphertext": "A"}),
    "another algorithm": notification("TRANSACTION.SUCCESS", PAID, resource={"algorithm": "AEAD_SM4_GCM"}),
    "another resource type": notification("TRANSACTION.SUCCESS", PAID, resource_type="plain"),
    "no resource": b'{"id":"1","event_type":"TRANSACTION.SUCCESS","resource_type":"encrypt-resource"}',
    "content not JSON": notification("TRANSACTION.SUCCESS", {}, plain=b"\xff\xfe"),
    "content a list": notification("TRANSACTION.SUCCESS", {}, plain=b"[]"),
    "content with a key twice": notification("TRANSACTION.SUCCESS", {}, plain=b'{"mchid":"1","mchid":"2"}'),
    "content NaN": notification("TRANSACTION.SUCCESS", {}, plain=b'{"amount":NaN}'),
    "content bottomless": notification("TRANSACTION.SUCCESS", {}, plain=b"[" * 10_000),
    "an integer of 5,000 digits": notification("TRANSACTION.SUCCESS", {}, plain=b'{"a":' + b"9" * 5000 + b"}"),
    "empty": b"", "not JSON": b"<xml/>", "a list": b"[]", "not UTF-8": b"\xff",
    "too long": notification("TRANSACTION.SUCCESS", PAID, padding="x" * 70_000),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_signed_but_unreadable(case):
    with pytest.raises(BadNotification) as caught:
        read(UNREADABLE[case])
    assert (caught.value.kind, caught.value.code) == (Kind.INVALID, "bad_notification")
    assert "\n" not in caught.value.reason and len(caught.value.reason) < 100


def test_a_copy_heard_twice_reads_the_same():
    body = notification("TRANSACTION.SUCCESS", PAID)
    assert read(body) == read(body, NOW - timedelta(seconds=100))
