"""The money desk: exceptions and bill differences are settled by words, stuck refunds by sending them again, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import RefundState
from backend.gateways.wechat_pay_bills import TradeBill
from backend.infra.once import ClientKey
from backend.kernel.actors import ANONYMOUS, shopper, staff
from backend.kernel.errors import Refused
from backend.usecases.close_bill_difference import close_bill_difference
from backend.usecases.compare_bill import compare_bill
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.recompare_bill import recompare_bill
from backend.usecases.retry_refund import retry_refund
from backend.usecases.send_refund import send_refund
from backend.usecases.settle_exception import settle_exception
from tests.fakes import PAID_AT
from tests.given_orders import STAFF, Shop

Snapshot = Callable[[], Any]
Later = Callable[..., datetime]
DAY = date(2026, 3, 2)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


@pytest.fixture
def stuck(shop: Shop) -> str:
    """A refund that WeChat said no to for good: abnormal and listed."""
    order_id, _ = shop.paid(shop.shopper(), (shop.goods(), 1))
    refund_id = shop.refund(order_id)["refund_id"]
    shop.world.pay.fail["refund"] = [WeChatRefused("NO_AUTH", "no permission to refund")]
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state from refunds")["state"] == "abnormal"
    return refund_id


def exception(shop: Shop) -> dict[str, Any]:
    return shop.one("select * from payment_exceptions")


def test_a_stuck_refund_is_sent_again_and_arrives(shop: Shop, stuck: str, later: Later) -> None:
    later(minutes=3)
    assert retry_refund(shop.ctx(STAFF), refund_id=stuck)["refund_id"] == stuck
    send_refund(shop.ctx(), refund_id=stuck)
    assert shop.world.pay.calls.count(("refund", stuck)) == 2
    assert shop.one("select state, problem from refunds")["state"] == "succeeded"
    assert shop.balances() == {}
    settled = exception(shop)
    assert (settled["state"], settled["note"], settled["settled_by"]) == ("closed", "退款已到账", "system")
    audit = shop.one("select * from audit_log where action = 'retry_refund'")
    assert audit["actor"] == "staff:stf_test"


def test_it_is_not_sent_sooner_than_wechat_wants(shop: Shop, stuck: str) -> None:
    due = datetime.fromisoformat(retry_refund(shop.ctx(STAFF), refund_id=stuck)["send_at"])
    assert (due - shop.ctx().now).total_seconds() > 59
    [event] = shop.rows("select due_at from outbox_events where name = 'RefundAsked' order by due_at desc limit 1")
    assert str(event["due_at"])[:19].replace("T", " ") == due.isoformat()[:19].replace("T", " ")


def test_a_second_click_does_nothing(shop: Shop, stuck: str, snapshot: Snapshot, later: Later) -> None:
    later(minutes=3)
    key = ClientKey("retry-0001", "f")
    first = retry_refund(shop.ctx(STAFF), refund_id=stuck, key=key)
    before = snapshot()
    assert retry_refund(shop.ctx(STAFF), refund_id=stuck, key=ClientKey("retry-0001", "f")) == first
    assert code_of(lambda: retry_refund(shop.ctx(STAFF), refund_id=stuck)) == "refund_not_stuck"
    assert snapshot() == before


def test_what_fails_again_is_listed_again(shop: Shop, stuck: str, later: Later) -> None:
    settle_exception(shop.ctx(STAFF), exception_id=exception(shop)["id"], note="已联系银行")
    later(minutes=3)
    retry_refund(shop.ctx(STAFF), refund_id=stuck)
    shop.world.pay.fail["refund"] = [WeChatRefused("NO_AUTH", "still no permission")]
    send_refund(shop.ctx(), refund_id=stuck)
    assert exception(shop)["state"] == "open"
    assert shop.events().count("PaymentQuarantined") == 2


def test_wechats_abnormal_is_settled_on_its_platform_and_found_by_a_retry(shop: Shop, later: Later) -> None:
    order_id, _ = shop.paid(shop.shopper(), (shop.goods(), 1))
    refund_id = shop.refund(order_id)["refund_id"]
    shop.world.pay.settle_refunds = False
    send_refund(shop.ctx(), refund_id=refund_id)
    sent = shop.world.pay.refunds[refund_id]
    confirm_refund(shop.ctx(), result=replace(sent, state=RefundState.ABNORMAL))
    assert shop.one("select state from refunds")["state"] == "abnormal"
    shop.world.pay.refunds[refund_id] = replace(sent, state=RefundState.SUCCESS, success_at=PAID_AT)
    later(minutes=3)
    retry_refund(shop.ctx(STAFF), refund_id=refund_id)
    send_refund(shop.ctx(), refund_id=refund_id)
    assert shop.one("select state from refunds")["state"] == "succeeded"
    assert exception(shop)["state"] == "closed"


@pytest.mark.parametrize("state", ["asked", "sent", "succeeded"])
def test_what_is_not_stuck_is_left_alone(shop: Shop, snapshot: Snapshot, state: str) -> None:
    order_id, _ = shop.paid(shop.shopper(), (shop.goods(), 1))
    refund_id = shop.refund(order_id)["refund_id"]
    shop.world.pay.settle_refunds = state == "succeeded"
    if state != "asked":
        send_refund(shop.ctx(), refund_id=refund_id)
    before = snapshot()
    assert code_of(lambda: retry_refund(shop.ctx(STAFF), refund_id=refund_id)) == "refund_not_stuck"
    assert code_of(lambda: retry_refund(shop.ctx(STAFF), refund_id="ref_absent")) == "not_found"
    assert snapshot() == before


def test_an_exception_is_settled_once_with_a_note(shop: Shop, stuck: str, snapshot: Snapshot) -> None:
    exception_id = exception(shop)["id"]
    before = snapshot()
    for note in ("", "  \n ", "字" * 201):
        assert code_of(lambda note=note: settle_exception(shop.ctx(STAFF), exception_id=exception_id, note=note)) == "note_needed"
    assert code_of(lambda: settle_exception(shop.ctx(STAFF), exception_id="pex_absent", note="好")) == "not_found"
    assert snapshot() == before
    settle_exception(shop.ctx(STAFF), exception_id=exception_id, note=" 已线下\n退款\x00 ")
    settled = exception(shop)
    assert (settled["state"], settled["note"], settled["settled_by"]) == ("closed", "已线下 退款", "staff:stf_test")
    before = snapshot()
    assert code_of(lambda: settle_exception(shop.ctx(STAFF), exception_id=exception_id, note="好")) == "settled_already"
    assert snapshot() == before
    assert shop.one("select state from refunds")["state"] == "abnormal", "words move no money"


@pytest.fixture
def differing(shop: Shop, later: Later) -> str:
    """A payment of ours that WeChat's bill of the day does not know."""
    _, payment_id = shop.paid(shop.shopper(), (shop.goods(), 1))
    later(days=1)
    shop.world.pay.bills[DAY] = TradeBill(DAY, ())
    assert compare_bill(shop.ctx(STAFF), day=DAY.isoformat()) == 1
    return payment_id


def test_what_was_paid_and_stands_in_no_bill_is_a_difference(shop: Shop) -> None:
    _, payment_id = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 10), 1))
    shop.world.pay.bills[DAY] = TradeBill(DAY, ())
    assert compare_bill(shop.ctx(STAFF), day=DAY.isoformat()) == 1
    assert shop.one("select kind, number, problem, ours_fen, theirs_fen from bill_differences") == {
        "kind": "payment", "number": payment_id, "problem": "missing_there", "ours_fen": 5800, "theirs_fen": None}


def test_a_difference_is_closed_with_a_note_and_stays_so(shop: Shop, differing: str, snapshot: Snapshot) -> None:
    def close(note: str = "微信晚记一天", number: str = differing) -> None:
        close_bill_difference(shop.ctx(STAFF), day=DAY, kind="payment", number=number, note=note)

    before = snapshot()
    assert code_of(lambda: close(note="")) == "note_needed"
    assert code_of(lambda: close(number="pay_absent")) == "not_found"
    assert snapshot() == before
    close()
    assert code_of(close) == "settled_already"
    compare_bill(shop.ctx(STAFF), day=DAY.isoformat())
    row = shop.one("select state, note, settled_by from bill_differences")
    assert row == {"state": "closed", "note": "微信晚记一天", "settled_by": "staff:stf_test"}
    assert shop.one("select after from audit_log where action = 'close_bill_difference'")


@pytest.mark.parametrize(("days", "hours", "ready"), [(0, 0, False), (1, 0, True), (1, -3, False), (90, 0, True), (91, 0, False)])
def test_a_bill_is_compared_anew_when_wechat_has_it(shop: Shop, later: Later, days: int, hours: int, ready: bool) -> None:
    later(days=days, hours=hours)
    if ready:
        recompare_bill(shop.ctx(STAFF), day=DAY)
        assert shop.events() == ["BillDue"]
        assert shop.one("select subject from audit_log")["subject"] == "2026-03-02"
    else:
        assert code_of(lambda: recompare_bill(shop.ctx(STAFF), day=DAY)) == "bill_not_ready"
        assert shop.events() == []


@pytest.mark.parametrize("actor", [ANONYMOUS, shopper("mem_1"), staff("stf_1", {"money.view", "orders.refund"}),
                                   staff("stf_2", {"money.check"}, ["sto_other"])])
def test_only_who_may_and_only_within_their_scope(shop: Shop, stuck: str, snapshot: Snapshot, actor: Any) -> None:
    exception_id = exception(shop)["id"]
    before = snapshot()
    ctx = shop.ctx(actor)
    scoped = actor.store_ids == frozenset({"sto_other"})
    for call in (lambda: settle_exception(ctx, exception_id=exception_id, note="好"), lambda: recompare_bill(ctx, day=DAY),
                 lambda: close_bill_difference(ctx, day=DAY, kind="payment", number="x", note="好")):
        assert code_of(call) in ("forbidden", "login_needed")
    assert code_of(lambda: retry_refund(ctx, refund_id=stuck)) == ("not_found" if scoped else code_of(
        lambda: ctx.actor.must("money.check")))
    assert snapshot() == before
