"""After-sales: asked within the rules, decided by staff or by time, refunded by WeChat's word alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.aftersales.rules import Asked
from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_pay_answers import RefundState
from backend.infra.once import ClientKey
from backend.infra.shop_rules import find_set
from backend.infra.uow import transaction
from backend.kernel.actors import WECHAT, staff
from backend.kernel.errors import Refused
from backend.queries.aftersales import aftersale_page
from backend.queries.uploads import visible_evidence
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.ask_aftersale import ask_aftersale
from backend.usecases.cancel_aftersale import cancel_aftersale
from backend.usecases.change_shop_rules import change_shop_rules
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.lapse_aftersale import lapse_aftersale
from backend.usecases.receive_return import receive_return
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.retry_aftersale_refund import retry_aftersale_refund
from backend.usecases.send_return_parcel import send_return_parcel
from backend.usecases.settle_aftersale import settle_aftersale
from tests.fakes import PAID_AT
from tests.given_aftersales import Cases
from tests.given_orders import STAFF, Shop
from tests.given_uploads import given_picture

CLERK = staff("stf_clerk", {"aftersales.decide"})


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def cases(shop: Shop) -> Cases:
    return Cases(shop)


RETURNS = ("return_name", "return_phone", "return_address")


def set_address(ctx: Context, *values: str) -> None:
    """Set name, phone and address for returns."""
    with transaction(ctx) as tx:
        seen = {name: rule.version for name, rule in find_set(tx).items()}
    change_shop_rules(ctx, values=dict(zip(RETURNS, values, strict=True)), seen=seen)
    ctx.rules.forget()


@pytest.fixture
def no_address(shop: Shop) -> None:
    """The shop has a name and an address for returns, and no phone."""
    set_address(shop.ctx(), "退货组", "", "文三路 478 号")


def test_unshipped_goods_are_refunded_with_their_freight(shop: Shop, cases: Cases) -> None:
    apples = shop.goods("A1", 1500, 10)
    order_id, [line] = cases.paid((apples, 3))
    assert shop.levels(apples) == (10, 3)
    case_id = cases.ask(order_id, reason="changed_mind")
    assert cases.case(case_id, "state, asked_fen, freight_fen") == {"state": "asked", "asked_fen": 4500, "freight_fen": 800}
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert cases.state(case_id) == "refunding" and shop.state(order_id) == "paid"
    assert shop.levels(apples) == (10, 0)
    cases.work_off()
    assert cases.state(case_id) == "refunded" and shop.state(order_id) == "refunded" and shop.balances() == {}
    assert shop.one("select refund_qty, refund_fen, released_qty from order_lines") == {
        "refund_qty": 3, "refund_fen": 4500, "released_qty": 3}
    assert [row["to_state"] for row in shop.rows("select to_state from aftersale_moves order by seq")] == [
        "asked", "refunding", "refunded"]
    assert [row["action"] for row in shop.rows("select action from audit_log where subject in (:a, :o) order by action", a=case_id,
                                               o=order_id)] == ["approve_aftersale", "refund_order"]


def test_a_return_goes_its_whole_way(shop: Shop, cases: Cases, later: Callable[..., datetime]) -> None:
    apples = shop.goods("A1", 3333, 10)
    order_id, [line] = cases.shipped((apples, 3))
    assert shop.levels(apples) == (7, 0)
    case_id = cases.ask(order_id, "return_and_refund", quantity=2)
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert cases.state(case_id) == "approved" and shop.rows("select id from refunds") == []
    send_return_parcel(cases.who, aftersale_id=case_id, courier="顺丰", tracking_number="sf 12345678")
    send_return_parcel(cases.who, aftersale_id=case_id, courier="中通", tracking_number="ZT12345678")
    assert cases.case(case_id, "state, courier, tracking_number") == {
        "state": "returning", "courier": "中通", "tracking_number": "ZT12345678"}
    receive_return(shop.ctx(CLERK), aftersale_id=case_id, restock=[line])
    assert cases.state(case_id) == "refunding" and shop.levels(apples) == (9, 0)
    cases.work_off()
    assert cases.state(case_id) == "refunded" and shop.state(order_id) == "shipped"
    assert shop.one("select refund_qty, refund_fen, waived_fen from order_lines") == {
        "refund_qty": 2, "refund_fen": 6666, "waived_fen": 0}
    assert shop.one("select on_hand_change from stock_moves where kind = 'restock'") == {"on_hand_change": 2}


def test_worn_goods_give_less_and_nobody_else_gets_the_rest(shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.shipped((shop.goods("A1", 1000, 10), 3))
    case_id = cases.ask(order_id, "return_and_refund", quantity=1)
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert code_of(lambda: receive_return(shop.ctx(CLERK), aftersale_id=case_id, given={line: 400})) == "aftersale_words_needed"
    receive_return(shop.ctx(CLERK), aftersale_id=case_id, given={line: 400}, answer="少了包装")
    cases.work_off()
    assert cases.case(case_id, "given_fen, answer, state") == {"given_fen": 400, "answer": "少了包装", "state": "refunded"}
    assert shop.one("select refund_qty, refund_fen, waived_fen from order_lines") == {
        "refund_qty": 1, "refund_fen": 400, "waived_fen": 600}
    assert shop.refund(order_id)["amount_fen"] == 2000 + 800


def test_a_compensation_leaves_the_rest_open(shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.shipped((shop.goods("A1", 9000, 10), 1))
    case_id = cases.ask(order_id, "refund_only", reason="damaged")
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id, given={line: 2000}, answer="轻微磕碰，补偿 20 元")
    cases.work_off()
    assert shop.one("select refund_qty, refund_fen from order_lines") == {"refund_qty": 0, "refund_fen": 2000}
    again = cases.ask(order_id, "return_and_refund")
    assert cases.case(again, "asked_fen")["asked_fen"] == 7000
    approve_aftersale(shop.ctx(CLERK), aftersale_id=again)
    receive_return(shop.ctx(CLERK), aftersale_id=again)
    cases.work_off(minutes=2)
    assert shop.state(order_id) == "refunded" and shop.world.pay.refunded_fen() == 9000


def test_ph30_goods_that_cost_nothing_need_no_gateway(shop: Shop, cases: Cases) -> None:
    gift = shop.goods("G1", 1, 10)
    order_id, lines = cases.paid((shop.goods("A1", 9000, 10), 1), (gift, 2))
    with transaction(shop.ctx()) as tx:
        tx.execute(text("update order_lines set discount_fen = 2, payable_fen = 0 where id = :id"), {"id": lines[1]})
    case_id = cases.ask(order_id, reason="changed_mind", lines=[Asked(lines[1], 2)])
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert cases.state(case_id) == "refunded" and shop.levels(gift) == (10, 0)
    assert shop.rows("select id from refunds") == [] and shop.world.pay.refunds == {}
    assert shop.one("select refund_qty, released_qty from order_lines where position = 1") == {"refund_qty": 2, "released_qty": 2}


def test_staff_show_pictures_with_each_answer(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 1))
    case_id, clerk, li = cases.ask(order_id, "return_and_refund"), shop.ctx(CLERK), cases.who
    first, second = given_picture(clerk, "aftersale"), given_picture(clerk, "aftersale")
    assert code_of(lambda: approve_aftersale(clerk, aftersale_id=case_id, pictures=[first, first])) == "aftersale_pictures"
    approve_aftersale(clerk, aftersale_id=case_id, pictures=[first])
    assert aftersale_page(li, aftersale_id=case_id)["answer_pictures"] == [first]
    receive_return(clerk, aftersale_id=case_id, pictures=[second])
    page = aftersale_page(li, aftersale_id=case_id)
    assert (page["pictures"], page["answer_pictures"]) == ([], [first, second])
    assert [visible_evidence(li, key=key) for key in (first, second)] == [first, second]
    assert code_of(lambda: visible_evidence(shop.shopper("han"), key=first)) == "picture_not_found"


def test_a_refusal_is_shown_with_pictures(shop: Shop, cases: Cases) -> None:
    case_id, clerk = cases.ask(cases.shipped((shop.goods("A1", 9000, 10), 1))[0]), shop.ctx(CLERK)
    key = given_picture(clerk, "aftersale")
    refuse_aftersale(clerk, aftersale_id=case_id, reason="包装完好", pictures=[key])
    refuse_aftersale(clerk, aftersale_id=case_id, reason="包装完好", pictures=[key])
    assert aftersale_page(cases.who, aftersale_id=case_id)["answer_pictures"] == [key]


def test_ph31_a_silent_shop_has_agreed(shop: Shop, cases: Cases, later: Callable[..., datetime]) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 1))
    case_id = cases.ask(order_id, reason="too_slow")
    later(hours=47, minutes=59)
    approve_aftersale(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "asked"
    later(minutes=1)
    approve_aftersale(shop.ctx(), aftersale_id=case_id)
    approve_aftersale(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "refunding" and len(shop.rows("select id from refunds")) == 1
    assert shop.rows("select action from audit_log where action = 'approve_aftersale'") == []


def test_no_return_is_granted_without_an_address_and_the_timer_looks_again(
    shop: Shop, cases: Cases, later: Callable[..., datetime], no_address: None, snapshot: Callable[[], Any]
) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 1))
    case_id = cases.ask(order_id, "return_and_refund")
    before = snapshot()
    assert code_of(lambda: approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)) == "aftersale_no_return_address"
    assert snapshot() == before
    due = later(hours=48)
    approve_aftersale(shop.ctx(), aftersale_id=case_id)
    assert cases.case(case_id, "state, moves") == {"state": "asked", "moves": 1}
    again = shop.rows("select due_at from outbox_events where name = 'AftersaleAnswerDue' order by due_at")[-1]["due_at"]
    assert str(again)[:16] == str(due + timedelta(hours=1))[:16] == str(cases.case(case_id, "due_at")["due_at"])[:16]
    set_address(shop.ctx(), "退货组", "0571-88001024", "文三路 478 号")
    later(hours=1)
    approve_aftersale(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "approved"
    assert "文三路 478 号" in str(cases.case(case_id, "return_to")["return_to"])


def test_goods_that_are_kept_need_no_address(shop: Shop, cases: Cases, no_address: None) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 1))
    approve_aftersale(shop.ctx(CLERK), aftersale_id=(case_id := cases.ask(order_id, "refund_only")))
    assert cases.state(case_id) == "refunding"


def test_ph31_a_silent_shopper_has_given_up(shop: Shop, cases: Cases, later: Callable[..., datetime]) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 1))
    case_id = cases.ask(order_id, "return_and_refund")
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    later(days=6)
    lapse_aftersale(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "approved"
    later(days=1)
    lapse_aftersale(shop.ctx(), aftersale_id=case_id)
    lapse_aftersale(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "lapsed"
    assert code_of(lambda: send_return_parcel(cases.who, aftersale_id=case_id, courier="顺丰", tracking_number="SF123456")) == (
        "aftersale_not_now")
    cases.ask(order_id, "return_and_refund")


def test_a_parcel_that_nobody_received_is_received(shop: Shop, cases: Cases, later: Callable[..., datetime]) -> None:
    apples = shop.goods("A1", 9000, 10)
    order_id, _ = cases.shipped((apples, 1))
    case_id = cases.returning(order_id)
    later(days=9)
    receive_return(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "returning"
    later(days=1)
    receive_return(shop.ctx(), aftersale_id=case_id)
    receive_return(shop.ctx(), aftersale_id=case_id)
    assert cases.state(case_id) == "refunding" and shop.levels(apples) == (9, 0), "what nobody saw is not sold again"


def test_the_timers_are_set(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 1))
    cases.returning(order_id)
    due = shop.rows("select name, due_at from outbox_events where name like 'Aftersale%Due'")
    assert {row["name"]: str(row["due_at"])[:10] for row in due} == {
        "AftersaleAnswerDue": "2026-03-04", "AftersaleParcelDue": "2026-03-09", "AftersaleReceiptDue": "2026-03-12"}


def test_ph33_refunded_only_after_wechats_word(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 1))
    case_id = cases.approved(order_id)
    shop.world.pay.settle_refunds = False
    cases.work_off()
    assert cases.state(case_id) == "refunding"
    [result] = shop.world.pay.refunds.values()
    confirm_refund(shop.ctx(WECHAT), result=replace(result, state=RefundState.SUCCESS, success_at=PAID_AT))
    assert cases.state(case_id) == "refunding", "only the reaction moves it"
    cases.work_off()
    assert cases.state(case_id) == "refunded"


def test_t29_a_closed_refund_is_asked_for_anew(shop: Shop, cases: Cases) -> None:
    apples = shop.goods("A1", 3000, 10)
    order_id, _ = cases.paid((apples, 3))
    case_id = cases.ask(order_id, reason="changed_mind", quantity=1)
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert shop.levels(apples) == (10, 2)
    shop.world.pay.settle_refunds = False
    cases.work_off()
    [result] = shop.world.pay.refunds.values()
    confirm_refund(shop.ctx(WECHAT), result=replace(result, state=RefundState.CLOSED))
    cases.work_off()
    assert cases.state(case_id) == "refund_failed"
    assert code_of(lambda: cases.ask(order_id, reason="changed_mind", quantity=1)) == "aftersale_open"
    shop.world.pay.settle_refunds = True
    retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=case_id, key=ClientKey("key-retry", "f"))
    retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=case_id, key=ClientKey("key-retry", "f"))
    cases.work_off(minutes=2)
    assert cases.state(case_id) == "refunded" and shop.levels(apples) == (10, 2), "released once"
    assert sorted(row["state"] for row in shop.rows("select state from refunds")) == ["closed", "succeeded"]
    assert shop.one("select refund_qty, refund_fen, released_qty from order_lines") == {
        "refund_qty": 1, "refund_fen": 3000, "released_qty": 1}


def test_t30_what_is_not_known_keeps_its_number(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 1))
    case_id = cases.approved(order_id)
    shop.world.pay.fail["refund"] = [WeChatRefused("USER_ACCOUNT_ABNORMAL", "closed")]
    cases.work_off()
    assert cases.state(case_id) == "refund_failed"
    retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=case_id)
    assert code_of(lambda: retry_aftersale_refund(shop.ctx(CLERK), aftersale_id=case_id)) == "aftersale_not_now"
    cases.work_off()
    assert cases.state(case_id) == "refunded"
    assert len({number for name, number in shop.world.pay.calls if name == "refund"}) == 1


def test_a_failed_refund_may_still_arrive(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 1))
    case_id = cases.approved(order_id)
    shop.world.pay.settle_refunds = False
    cases.work_off()
    [result] = shop.world.pay.refunds.values()
    confirm_refund(shop.ctx(WECHAT), result=replace(result, state=RefundState.ABNORMAL))
    cases.work_off()
    assert cases.state(case_id) == "refund_failed"
    confirm_refund(shop.ctx(WECHAT), result=replace(result, state=RefundState.SUCCESS, success_at=PAID_AT))
    cases.work_off()
    assert cases.state(case_id) == "refunded"
    settle_aftersale(shop.ctx(), refund_id=result.out_refund_no)
    assert cases.state(case_id) == "refunded"


def test_a_refused_case_may_be_asked_once_more(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 2))
    for _ in range(2):
        case_id = cases.ask(order_id, "refund_only", reason="quality", quantity=1)
        refuse_aftersale(shop.ctx(CLERK), aftersale_id=case_id, reason="图片看不出问题")
        refuse_aftersale(shop.ctx(CLERK), aftersale_id=case_id, reason="再说一次")
        assert cases.case(case_id, "state, answer") == {"state": "refused", "answer": "图片看不出问题"}
    assert code_of(lambda: cases.ask(order_id, "refund_only", reason="quality", quantity=1)) == "aftersale_refused_twice"


def test_a_withdrawn_case_frees_its_lines(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 2))
    case_id = cases.ask(order_id, reason="changed_mind")
    assert code_of(lambda: shop.refund(order_id)) == "aftersale_open"
    cancel_aftersale(cases.who, aftersale_id=case_id)
    cancel_aftersale(cases.who, aftersale_id=case_id)
    assert cases.state(case_id) == "cancelled"
    assert code_of(lambda: approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)) == "aftersale_not_now"
    assert shop.refund(order_id)["amount_fen"] == 18_000


def test_a_parcel_on_its_way_is_not_withdrawn(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 9000, 10), 1))
    case_id = cases.returning(order_id)
    assert code_of(lambda: cancel_aftersale(cases.who, aftersale_id=case_id)) == "aftersale_not_now"
    refuse_aftersale(shop.ctx(CLERK), aftersale_id=case_id, reason="寄回的不是本店商品")
    assert cases.state(case_id) == "refused"


def test_the_same_key_is_one_case(shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.paid((shop.goods("A1", 9000, 10), 2))

    def ask() -> dict[str, Any]:
        return ask_aftersale(cases.again(), order_id=order_id, kind="refund_only", reason="changed_mind",
                             lines=[Asked(line, 1)], key=ClientKey("key-12345", "f"))
    assert ask() == ask()
    assert len(shop.rows("select id from aftersales")) == 1


def test_what_is_asked_back_does_not_leave(shop: Shop, cases: Cases, snapshot: Callable[[], Any]) -> None:
    order_id, [apples, _] = cases.paid((shop.goods("A1", 5000, 10), 2), (shop.goods("B1", 5000, 10), 2))
    case_id = cases.ask(order_id, reason="changed_mind", lines=[Asked(apples, 1)])
    cases.ship(order_id)
    assert shop.state(order_id) == "paid" and shop.rows("select shipped_qty from order_lines order by position") == [
        {"shipped_qty": 1}, {"shipped_qty": 2}]
    before = snapshot()
    assert code_of(lambda: cases.ship(order_id)) == "goods_in_case"
    assert snapshot() == before
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert shop.state(order_id) == "shipped"
    assert shop.one("select released_qty, shipped_qty from order_lines where position = 0") == {"released_qty": 1, "shipped_qty": 1}


def test_a_refund_of_all_that_did_not_leave_moves_the_order_on(shop: Shop, cases: Cases) -> None:
    order_id, [line] = cases.paid((shop.goods("A1", 5000, 10), 3))
    cases.ship(order_id, (line, 1))
    case_id = cases.ask(order_id, reason="too_slow", lines=[Asked(line, 2)])
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id)
    assert shop.state(order_id) == "shipped"


def test_staff_add_the_freight(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.shipped((shop.goods("A1", 1000, 10), 1))
    case_id = cases.ask(order_id, "refund_only", reason="not_arrived")
    assert cases.case(case_id, "freight_fen")["freight_fen"] == 0
    assert code_of(lambda: approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id, freight_fen=801)) == "aftersale_freight"
    approve_aftersale(shop.ctx(CLERK), aftersale_id=case_id, freight_fen=800)
    cases.work_off()
    assert shop.state(order_id) == "refunded" and shop.world.pay.refunded_fen() == 1800


def test_r12_nonsense_changes_nothing(shop: Shop, cases: Cases, snapshot: Callable[[], Any]) -> None:
    order_id, [line] = cases.paid((shop.goods("A1", 9000, 10), 2))
    unpaid = shop.place(cases.who, (shop.goods("B1", 9000, 10), 1))
    [other] = [row["id"] for row in shop.rows("select id from order_lines where order_id = :o", o=unpaid)]
    mei = shop.shopper("mei")
    before = snapshot()
    for who, order, kind, reason, lines, code in [
        (cases.again(), order_id, "refund_only", "changed_mind", [Asked(line, 3)], "aftersale_quantity"),
        (cases.again(), order_id, "refund_only", "changed_mind", [Asked(line, 2, 18_001)], "aftersale_unshipped_whole"),
        (cases.again(), order_id, "refund_only", "changed_mind", [Asked(line, -1)], "aftersale_quantity"),
        (cases.again(), order_id, "return_and_refund", "changed_mind", [Asked(line, 1)], "aftersale_kind"),
        (cases.again(), order_id, "refund_only", "damaged", [Asked(line, 1)], "aftersale_reason"),
        (cases.again(), order_id, "refund_only", "changed_mind", [Asked(other, 1)], "aftersale_line"),
        (cases.again(), order_id, "refund_only", "changed_mind", [], "aftersale_nothing"),
        (cases.again(), unpaid, "refund_only", "changed_mind", [Asked(other, 1)], "aftersale_order_not_now"),
        (shop.ctx(mei.actor), order_id, "refund_only", "changed_mind", [Asked(line, 1)], "not_found"),
        (cases.again(), "ord_none", "refund_only", "changed_mind", [Asked(line, 1)], "not_found"),
        (shop.ctx(STAFF), order_id, "refund_only", "changed_mind", [Asked(line, 1)], "forbidden"),
    ]:
        assert code_of(lambda: ask_aftersale(
            who, order_id=order, kind=kind, reason=reason, lines=lines)) == code  # noqa: B023
    assert code_of(lambda: cases.ask(order_id, reason="changed_mind", pictures=["a" * 32])) == "picture_not_found"
    assert snapshot() == before


def test_strangers_decide_nothing(shop: Shop, cases: Cases, snapshot: Callable[[], Any]) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 2))
    case_id = cases.ask(order_id, reason="changed_mind")
    mei, before = shop.shopper("mei"), snapshot()
    viewer, elsewhere = staff("stf_2", {"aftersales.view"}), staff("stf_3", {"aftersales.decide"}, store_ids={"sto_other"})
    acts: list[Callable[[Context, str], Any]] = [
        lambda ctx, it: approve_aftersale(ctx, aftersale_id=it),
        lambda ctx, it: refuse_aftersale(ctx, aftersale_id=it, reason="不"),
        lambda ctx, it: receive_return(ctx, aftersale_id=it), lambda ctx, it: retry_aftersale_refund(ctx, aftersale_id=it)]
    for act in acts:
        assert code_of(lambda: act(cases.again(), case_id)) == "forbidden"  # noqa: B023
        assert code_of(lambda: act(shop.ctx(viewer), case_id)) == "forbidden"  # noqa: B023
        assert code_of(lambda: act(shop.ctx(elsewhere), case_id)) == "not_found"  # noqa: B023
        assert code_of(lambda: act(shop.ctx(CLERK), "aft_none")) == "not_found"  # noqa: B023
    assert code_of(lambda: cancel_aftersale(mei, aftersale_id=case_id)) == "not_found"
    assert code_of(lambda: send_return_parcel(mei, aftersale_id=case_id, courier="顺丰", tracking_number="SF123456")) == "not_found"
    assert code_of(lambda: cancel_aftersale(shop.ctx(STAFF), aftersale_id=case_id)) == "forbidden"
    assert code_of(lambda: lapse_aftersale(shop.ctx(STAFF), aftersale_id=case_id)) == "forbidden"
    assert code_of(lambda: settle_aftersale(cases.again(), refund_id="ref_x")) == "forbidden"
    assert snapshot() == before


def test_the_window_ends_after_receipt(shop: Shop, cases: Cases, later: Callable[..., datetime]) -> None:
    order_id, _ = cases.completed((shop.goods("A1", 9000, 10), 1))
    later(days=6, hours=23)
    cancel_aftersale(cases.again(), aftersale_id=cases.ask(order_id, "refund_only", reason="quality"))
    later(hours=1)
    assert code_of(lambda: cases.ask(order_id, "refund_only", reason="quality")) == "aftersale_window_over"


def test_deciding_needs_no_right_to_refund_orders(shop: Shop, cases: Cases) -> None:
    order_id, _ = cases.paid((shop.goods("A1", 9000, 10), 1))
    approve_aftersale(shop.ctx(CLERK), aftersale_id=cases.ask(order_id, reason="changed_mind"))
    assert not CLERK.may("orders.refund") and len(shop.rows("select id from refunds")) == 1
