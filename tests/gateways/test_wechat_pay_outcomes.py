"""Every answer of WeChat Pay is done, a definite no, or unknown – never guessed (F33–F35, S12)."""

import json

import httpx
import pytest

from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.wechat_pay_answers import RefundState, TradeState
from tests.gateways.playing_wechat import NOW, PAID, REFUNDED, Clock, Script, client, says, signed
from tests.gateways.test_wechat_pay_requests import ACCEPTED, NOTIFY, prepay

OPEN = {"mchid": "1900000001", "out_trade_no": "pay_01", "trade_state": "NOTPAY", "trade_state_desc": "订单未支付",
        "amount": {"payer_currency": "CNY", "total": 1234}, "payer": {}, "promotion_detail": []}  # fmt: skip


def query(reply):
    return client(Script(reply)).query("pay_01")


@pytest.mark.parametrize("state", ["NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR"])
def test_an_order_that_is_not_paid(state):
    trade = query(says(200, OPEN | {"trade_state": state}))
    assert trade.state is TradeState(state) and not trade.paid
    assert trade.over is (state in ("CLOSED", "REVOKED"))
    assert (trade.transaction_id, trade.success_at, trade.payer_openid, trade.total_fen) == (None, None, None, 1234)


@pytest.mark.parametrize("state", ["SUCCESS", "REFUND"])
def test_an_order_that_is_paid(state):
    trade = query(says(200, PAID | {"trade_state": state}))
    assert trade.paid and not trade.over and trade.payer_total_fen == 1234


def test_a_refund_accepted_and_looked_up():
    accepted = client(Script(says(200, ACCEPTED))).refund("pay_01", "ref_01", 234, 1234, "", NOTIFY)
    assert (accepted.state, accepted.refund_fen, accepted.success_at) == (RefundState.PROCESSING, 234, None)
    done = REFUNDED | {"status": "SUCCESS", "amount": REFUNDED["amount"] | {"currency": "CNY", "from": []}}
    assert client(Script(says(200, done))).query_refund("ref_01").currency == "CNY"


NO = {"code": "ORDER_NOT_EXIST", "message": "订单不存在\r\nERROR fake", "detail": {"field": "x"}}


def test_a_definite_no_carries_wechat_s_words_tamed():
    with pytest.raises(WeChatRefused) as caught:
        query(says(404, NO))
    error = caught.value
    assert (error.code, error.message) == ("ORDER_NOT_EXIST", "订单不存在  ERROR fake")
    assert error.request_id == "08F78BB5AF0610D302189FF4E48C01-0"
    assert error.unknown_number and not error.already_paid and "\n" not in str(error)


@pytest.mark.parametrize(
    ("code", "flag"),
    [("ORDERNOTEXIST", "unknown_number"), ("RESOURCE_NOT_EXISTS", "unknown_number"), ("ORDERPAID", "already_paid"),
     ("ORDER_CLOSED", "already_closed"), ("FREQUENCY_LIMITED", "try_later"), ("NOT_ENOUGH", "try_later")],
)  # fmt: skip
def test_noes_that_matter_are_told_apart(code, flag):
    with pytest.raises(WeChatRefused) as caught:
        query(says(400, {"code": code, "message": "x"}))
    flags = ("unknown_number", "already_paid", "already_closed", "try_later")
    assert [name for name in flags if getattr(caught.value, name)] == [flag]


def test_closing_what_is_closed_is_fine_and_what_is_paid_is_not():
    client(Script(says(204))).close("pay_01")
    client(Script(says(400, {"code": "ORDER_CLOSED", "message": "x"}))).close("pay_01")
    with pytest.raises(WeChatRefused) as caught:
        client(Script(says(400, {"code": "ORDERPAID", "message": "x"}))).close("pay_01")
    assert caught.value.already_paid


GOOD = json.dumps(PAID).encode()
UNKNOWN = {
    "500": lambda: says(500, {"code": "SYSTEM_ERROR", "message": "x"}),
    "502 HTML unsigned": lambda: httpx.Response(502, html="<h1>bad gateway</h1>"),
    "503 empty": lambda: httpx.Response(503),
    "200 HTML unsigned": lambda: httpx.Response(200, html="<html>"),
    "200 HTML signed": lambda: says(200, body=b"<html>"),
    "200 empty signed": lambda: says(200, body=b""),
    "204 signed": lambda: says(204),
    "200 truncated": lambda: httpx.Response(200, content=GOOD[:-9], headers=signed(GOOD)),
    "200 truncated, signed": lambda: says(200, body=GOOD[:-9]),
    "200 unsigned": lambda: httpx.Response(200, content=GOOD),
    "200 by a stranger": lambda: says(200, PAID, by="stranger"),
    "200 stale": lambda: says(200, PAID, at=NOW.replace(hour=3)),
    "200 under another serial": lambda: says(200, PAID, serial="PUB_KEY_ID_X"),
    "200 altered": lambda: httpx.Response(200, content=GOOD.replace(b"1234", b"4321"), headers=signed(GOOD)),
    "200 for another order": lambda: says(200, PAID | {"out_trade_no": "pay_02"}),
    "200 with an unknown state": lambda: says(200, PAID | {"trade_state": "PAID"}),
    "200 with a list": lambda: says(200, [PAID]),
    "200 with a key twice": lambda: says(200, body=b'{"trade_state":"NOTPAY",' + GOOD[1:]),
    "200 bottomless": lambda: says(200, body=b'{"a":' * 20_000),
    "200 in UTF-16": lambda: says(200, body=GOOD.decode().encode("utf-16")),
    "200 without payer": lambda: says(200, PAID | {"payer": None}),
    "200 too long": lambda: says(200, PAID | {"attach": "x" * 300_000}),
    "200 compressed": lambda: httpx.Response(200, stream=httpx.ByteStream(GOOD), headers=signed(GOOD) | {
        "Content-Encoding": "gzip"}),
    "202 not yet": lambda: says(202, {"code": "USER_PAYING", "message": "x"}),
    "206": lambda: says(206, PAID),
    "302": lambda: httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
    "401 unsigned": lambda: httpx.Response(401, json={"code": "SIGN_ERROR", "message": "x"}),
    "404 unsigned": lambda: httpx.Response(404, json=NO),
    "404 by a stranger": lambda: says(404, NO, by="stranger"),
    "400 signed without a code": lambda: says(400, {"message": "x"}),
    "400 signed HTML": lambda: says(400, body=b"<html>"),
    "429 unsigned": lambda: httpx.Response(429),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_proves_nothing_is_unknown(case):
    script = Script(UNKNOWN[case]())
    with pytest.raises(WeChatUnknown) as caught:
        client(script).query("pay_01")
    assert len(script.asked) == 1, "an unknown outcome must not be repeated by itself"
    assert "<" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout,
     httpx.ReadError, httpx.RemoteProtocolError],
)  # fmt: skip
def test_no_answer_is_unknown(error):
    def reply(request):
        raise error("secret detail")

    with pytest.raises(WeChatUnknown) as caught:
        query(reply)
    assert caught.value.reason == error.__name__ and "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [{}, {"prepay_id": ""}, {"prepay_id": 7}, {"prepay_id": "a b"}, {"prepay_id": "x" * 200}]
)
def test_prepay_without_a_usable_id_is_unknown(content):
    with pytest.raises(WeChatUnknown):
        prepay(Script(says(200, content)))


@pytest.mark.parametrize(
    "changes",
    [{"out_refund_no": "ref_02"}, {"out_trade_no": "pay_02"}, {"status": "DONE"}, {"status": "SUCCESS"},
     {"amount": {"refund": 234}}, {"amount": {"refund": 0, "total": 1234, "payer_refund": 0}}, {"refund_id": None}],
)  # fmt: skip
def test_refund_answers_are_read_strictly(changes):
    with pytest.raises(WeChatUnknown):
        client(Script(says(200, ACCEPTED | changes))).refund("pay_01", "ref_01", 234, 1234, "", NOTIFY)


def test_freshness_is_judged_by_the_given_clock():
    clock = Clock()
    script = Script(lambda request: says(200, PAID, at=clock.at))
    clock.move(days=400)
    assert client(script, clock).query("pay_01").paid
    assert f'timestamp="{int(clock.at.timestamp())}"' in script.asked[0].headers["Authorization"]
