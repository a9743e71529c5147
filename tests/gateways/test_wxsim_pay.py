"""WeChat Pay against the stand-in process: every call, what it answers, and what is left when an answer is lost."""

import pytest

from backend.gateways import wire
from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.gateways.wechat_pay_answers import RefundState, TradeState
from tests.wxsim_server import ControlRefused, key_pair

LIES = ["answer-html", "answer-empty", "answer-truncated", "answer-gzip-bomb", "answer-unsigned", "answer-forged",
        "answer-altered", "answer-stale"]  # fmt: skip
AFTER_EFFECT = [("answer-lost", {}), ("answer-500", {"after_effect": True}), ("answer-502", {"after_effect": True}),
                ("answer-503", {"after_effect": True}), *((name, {}) for name in LIES)]  # fmt: skip
WITH_A_BODY = {"answer-html", "answer-empty", "answer-truncated", "answer-altered"}
BEFORE_EFFECT = [("connection-dropped", {}), ("answer-500", {}), ("answer-502", {}), ("answer-503", {})]


def test_from_order_to_paid(seller):
    pay, number = seller.gateways.pay, seller.order(fen=1234)
    before = pay.query(number)
    assert before.state is TradeState.NOTPAY and not before.paid and before.total_fen in (None, 1234)
    tapped = seller.tap(number)
    assert tapped["out_trade_no"] == number and tapped["delivered"]
    trade = pay.query(number)
    assert trade.paid and trade.transaction_id == tapped["transaction_id"]
    assert (trade.appid, trade.mchid, trade.currency) == (seller.wx.appid, seller.wx.mchid, "CNY")
    assert (trade.total_fen, trade.payer_total_fen) == (1234, 1234)
    assert trade.payer_openid == seller.wx.openid("buyer")
    heard = seller.read(seller.shop.taken[-1])
    assert heard.trade == trade and heard.event_type == "TRANSACTION.SUCCESS"


def test_the_same_order_again_gives_a_fresh_prepay_id_and_another_is_refused(seller):
    number = seller.order()
    assert seller.again(number) != seller.made[number]["prepay_id"]
    for changes in ({"total_fen": 1}, {"description": "梨"}, {"openid": seller.wx.openid("other")}):
        with pytest.raises(WeChatRefused):
            seller.again(number, **changes)
    seller.tap(number)
    with pytest.raises(WeChatRefused) as caught:
        seller.again(number)
    assert caught.value.already_paid and caught.value.request_id


def test_what_was_never_opened_is_an_unknown_number(seller):
    for ask in (
        lambda: seller.gateways.pay.query("pay_never"),
        lambda: seller.gateways.pay.close("pay_never"),
        lambda: seller.gateways.pay.query_refund("ref_never"),
        lambda: seller.refund("pay_never", 1),
    ):
        with pytest.raises(WeChatRefused) as caught:
            ask()
        assert caught.value.unknown_number


def test_closing(seller):
    number = seller.order()
    seller.gateways.pay.close(number)
    seller.gateways.pay.close(number)
    assert seller.gateways.pay.query(number).over
    with pytest.raises(ControlRefused):
        seller.tap(number)
    with pytest.raises(WeChatRefused) as caught:
        seller.again(number)
    assert caught.value.already_closed


def test_closing_too_late(seller):
    number = seller.paid()
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.pay.close(number)
    assert caught.value.already_paid


def test_a_payment_that_wins_the_race_with_closing(seller):
    seller.wx.fault("close-loses")
    number = seller.order()
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.pay.close(number)
    assert caught.value.already_paid and seller.gateways.pay.query(number).paid


def test_a_payment_in_flight_when_closed_shows_in_the_query_afterwards(seller):
    seller.wx.fault("payment-after-close")
    number = seller.order()
    seller.gateways.pay.close(number)
    seller.shop.wait_for(1)
    assert seller.gateways.pay.query(number).paid


def test_refund(seller):
    number = seller.paid()
    asked = seller.refund(number, 234, "ref_first")
    assert (asked.out_refund_no, asked.out_trade_no, asked.refund_fen, asked.total_fen) == (
        "ref_first",
        number,
        234,
        1234,
    )
    assert seller.refund(number, 234, "ref_first").refund_id == asked.refund_id
    heard = seller.read(seller.shop.wait_for(2)[-1]).refund
    done = seller.gateways.pay.query_refund("ref_first")
    assert done.state is RefundState.SUCCESS and done.success_at is not None
    assert (heard.state, heard.refund_id, heard.refund_fen, heard.success_at, heard.mchid) == (
        done.state, done.refund_id, 234, done.success_at, seller.wx.mchid)  # fmt: skip
    assert seller.gateways.pay.query(number).state is TradeState.REFUND
    with pytest.raises(WeChatRefused) as caught:
        seller.refund(number, 1)
    assert caught.value.try_later, "two refunds of one order within a minute"
    for fen, name in ((235, "ref_first"), (1001, None)):
        with pytest.raises(WeChatRefused) as caught:
            seller.refund(number, fen, name)
        assert not caught.value.try_later


@pytest.mark.parametrize(("fault", "state"), [("refund-abnormal", "ABNORMAL"), ("refund-closed", "CLOSED")])
def test_a_refund_that_does_not_work(seller, fault, state):
    number = seller.paid()
    seller.wx.fault(fault)
    refund = seller.refund(number, 234).out_refund_no
    heard = seller.read(seller.shop.wait_for(2)[-1])
    assert (heard.event_type, heard.refund.state) == (f"REFUND.{state}", state)
    assert seller.gateways.pay.query_refund(refund).state == state


def test_a_refund_on_its_way_and_one_without_balance(seller):
    number = seller.paid()
    seller.wx.fault("refund-not-enough")
    with pytest.raises(WeChatRefused) as caught:
        seller.refund(number, 234, "ref_late")
    assert caught.value.try_later
    seller.wx.fault("refund-processing", seconds=60)
    assert seller.refund(number, 234, "ref_late").state is RefundState.PROCESSING


@pytest.mark.parametrize(("fault", "options"), AFTER_EFFECT, ids=lambda value: str(value))
def test_done_but_the_answer_proves_nothing(seller, fault, options):
    """Unknown each time; asking by our own number, or again under it, shows that it was done once."""
    pay = seller.gateways.pay
    seller.wx.fault(fault, call="order", **options)
    with pytest.raises(WeChatUnknown):
        seller.order()
    number = list(seller.made)[-1]
    assert pay.query(number).state is TradeState.NOTPAY
    seller.made[number]["prepay_id"] = seller.again(number)
    seller.tap(number)

    seller.wx.fault(fault, call="query", **options)
    with pytest.raises(WeChatUnknown):
        pay.query(number)

    seller.wx.fault(fault, call="refund", **options)
    name = f"ref_{number}"
    with pytest.raises(WeChatUnknown):
        seller.refund(number, 234, name)
    assert pay.query_refund(name).refund_fen == 234
    assert seller.refund(number, 234, name).refund_fen == 234
    assert len(seller.wx.refunds(number)) == 1

    seller.wx.fault(fault, call="refund-query", **options)
    with pytest.raises(WeChatUnknown):
        pay.query_refund(name)

    other = seller.order()
    if fault not in WITH_A_BODY:  # what closing answers is empty
        seller.wx.fault(fault, call="close", **options)
        with pytest.raises(WeChatUnknown):
            pay.close(other)
        assert pay.query(other).over
    pay.close(other)


@pytest.mark.parametrize(("fault", "options"), BEFORE_EFFECT, ids=lambda value: str(value))
def test_not_done_and_no_answer_either(seller, fault, options):
    seller.wx.fault(fault, call="order", **options)
    with pytest.raises(WeChatUnknown):
        seller.order()
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.pay.query(list(seller.made)[-1])
    assert caught.value.unknown_number


@pytest.mark.parametrize(("fault", "done"), [("slow", False), ("slow-answer", True)])
def test_slow_is_unknown(seller, monkeypatch, fault, done):
    monkeypatch.setattr(wire, "READ_SECONDS", 0.15)
    number = seller.order()
    seller.wx.fault(fault, call="close", seconds=0.6)
    with pytest.raises(WeChatUnknown) as caught:
        seller.gateways.pay.close(number)
    assert caught.value.reason == "ReadTimeout"
    monkeypatch.undo()
    assert seller.gateways.pay.query(number).over is done


def test_unknown_fields_are_fine_and_unknown_states_are_not(seller):
    number = seller.paid()
    seller.wx.fault("answer-unknown-field", call="query")
    assert seller.gateways.pay.query(number).paid
    seller.wx.fault("answer-unknown-state", call="query")
    with pytest.raises(WeChatUnknown):
        seller.gateways.pay.query(number)


def test_too_many_calls_and_any_other_signed_no(seller):
    number = seller.order()
    seller.wx.fault("frequency", call="query")
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.pay.query(number)
    assert caught.value.try_later
    seller.wx.fault("answer-error", call="query", status=403, code="RULE_LIMIT", message="业务规则限制")
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.pay.query(number)
    assert (caught.value.code, caught.value.message) == ("RULE_LIMIT", "业务规则限制")


def test_a_clock_six_minutes_wrong_proves_nothing(seller):
    number = seller.order()
    seller.wx.fault("clock-skew", call="query", seconds=360)
    with pytest.raises(WeChatUnknown):
        seller.gateways.pay.query(number)


@pytest.mark.parametrize(
    "changes", [{"pay_serial": "0" * 40}, {"pay_mchid": "1900000999"}, {"wechat_appid": "wx0000000000000000"}]
)
def test_another_merchant_s_settings_are_refused(running, sell, seller, changes):
    stranger = sell(running, **changes)
    with pytest.raises(WeChatRefused):
        stranger.order()
    with pytest.raises(WeChatRefused) as caught:
        seller.gateways.pay.query(list(stranger.made)[-1])
    assert caught.value.unknown_number


def test_a_key_that_is_not_wechat_s_proves_nothing(running, sell, seller):
    (running.folder / "other.pem").write_text(key_pair("merchant")[1])
    deceived = sell(running, pay_public_keys=f"{running.platform_public_key_id}={running.folder / 'other.pem'}")
    with pytest.raises(WeChatUnknown) as caught:
        deceived.gateways.pay.query(seller.order())
    assert "signature" in caught.value.reason
