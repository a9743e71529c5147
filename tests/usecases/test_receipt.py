"""Receipt: by the shopper's word, or by itself when the time to object is over; and what is known of a parcel's way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.aftersales import store as aftersales
from backend.aftersales.rules import CaseLine
from backend.fulfilment import store as fulfilment
from backend.fulfilment.states import DELIVERED
from backend.infra.once import ClientKey
from backend.infra.shop_rules import ShopRules
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, WECHAT, staff
from backend.kernel.errors import Refused
from backend.usecases.complete_order import complete_order
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.note_tracking import note_tracking
from backend.usecases.send_refund import send_refund
from tests.conftest import NOON
from tests.given_orders import STAFF, Shop


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


@pytest.fixture
def order(shop: Shop) -> str:
    """A shipped order of 2 × 50.00."""
    order, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 10), 2))
    shop.ship(order)
    return order


def test_the_shopper_confirms_once(shop: Shop, order: str) -> None:
    li = shop.shopper()
    assert [confirm_receipt(shop.ctx(li.actor), order_id=order, key=ClientKey("key-1", "f")) for _ in range(2)] == ["completed"] * 2
    assert confirm_receipt(shop.ctx(li.actor), order_id=order) == "completed"
    assert shop.one("select state, moves, completed_at is not null as at from orders") == {
        "state": "completed", "moves": 4, "at": True}
    assert shop.one("select state, ended_at is not null as at from parcels") == {"state": "delivered", "at": True}
    assert shop.events().count("OrderCompleted") == 1


def test_the_same_key_again_gets_the_same_answer_whatever_became_of_the_order(shop: Shop, order: str) -> None:
    """Found by `campaign random`: once the order was refunded the repeat was refused."""
    li = shop.shopper()
    confirm = {"order_id": order, "key": ClientKey("key-1", "f")}
    assert confirm_receipt(shop.ctx(li.actor), **confirm) == "completed"
    send_refund(shop.ctx(), refund_id=shop.refund(order)["refund_id"])
    assert shop.state(order) == "refunded"
    assert confirm_receipt(shop.ctx(li.actor), **confirm) == "completed"


def test_nobody_confirms_for_another_or_too_early(shop: Shop, order: str, snapshot: Callable[[], Any]) -> None:
    li = shop.shopper()
    paid, _ = shop.paid(li, (shop.goods("B1", 9000, 5), 2))
    shop.ship(paid, [(shop.lines(paid)[0], 1)])
    mei = shop.shopper("mei")
    before = snapshot()
    assert code_of(lambda: confirm_receipt(mei, order_id=order)) == "not_found"
    assert code_of(lambda: confirm_receipt(shop.ctx(STAFF), order_id=order)) == "forbidden"
    assert code_of(lambda: confirm_receipt(shop.ctx(li.actor), order_id=paid)) == "not_allowed_now"
    assert snapshot() == before


def test_after_ten_days_it_completes_by_itself(shop: Shop, order: str, later: Callable[..., datetime]) -> None:
    [due] = shop.rows("select due_at from outbox_events where name = 'OrderReceiptDue'")
    assert str(due["due_at"]).startswith("2026-03-12 04:00")
    later(days=9, hours=23)
    complete_order(shop.ctx(), order_id=order)
    assert shop.state(order) == "shipped"
    later(hours=2)
    complete_order(shop.ctx(), order_id=order)
    complete_order(shop.ctx(), order_id=order)
    assert shop.one("select state, moves from orders") == {"state": "completed", "moves": 4}
    assert shop.events().count("OrderCompleted") == 1


def given_case(shop: Shop, order: str, line: str, held: int = 0) -> None:
    """The shopper wants their money back for one unit of a line."""
    member = shop.shopper().actor.id
    with transaction(shop.ctx()) as tx:
        aftersales.insert_case(tx, {
            "id": "aft_1", "number": "AFT1", "order_id": order, "member_id": member, "store_id": "sto_main", "kind": "refund_only",
            "state": "asked", "moves": 1, "reason": "unwanted", "words": "", "answer": "", "pictures": [], "asked_fen": 100,
            "freight_fen": 0, "due_at": tx.now, "asked_at": tx.now}, [CaseLine(line, 1, held, 100)])


def test_an_open_case_stops_the_clock(shop: Shop, order: str, later: Callable[..., datetime]) -> None:
    [line] = shop.lines(order)
    given_case(shop, order, line)
    later(days=11)
    complete_order(shop.ctx(), order_id=order)
    assert shop.state(order) == "shipped"
    assert shop.events().count("OrderReceiptDue") == 2
    with transaction(shop.ctx()) as tx:
        aftersales.move(tx, aftersales.get_case(tx, "aft_1"), "cancelled", ended_at=tx.now)
    later(days=1)
    complete_order(shop.ctx(), order_id=order)
    assert shop.state(order) == "completed"


def test_what_is_in_an_open_case_does_not_leave(shop: Shop) -> None:
    order, _ = shop.paid(shop.shopper(), (shop.goods("B1", 5000, 10), 2))
    [line] = shop.lines(order)
    given_case(shop, order, line, held=1)
    assert code_of(lambda: shop.ship(order, [(line, 2)])) == "ship_too_much"
    assert shop.ship(order)["state"] == "paid"
    assert code_of(lambda: shop.ship(order)) == "goods_in_case"


def test_a_longer_setting_counts_for_orders_on_their_way(shop: Shop, order: str, later: Callable[..., datetime],
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    later(days=10, minutes=1)
    ctx = shop.ctx()
    monkeypatch.setattr(ctx.rules, "now", lambda: ShopRules(receive_days=15))
    complete_order(ctx, order_id=order)
    assert shop.state(order) == "shipped"
    due = shop.rows("select due_at from outbox_events where name = 'OrderReceiptDue' order by due_at")
    assert str(due[-1]["due_at"]).startswith("2026-03-17 04:00")


def test_r11_and_t10_a_late_payment_notice_moves_nothing_back(shop: Shop, later: Callable[..., datetime]) -> None:
    li = shop.shopper()
    order, payment = shop.paid(li, (shop.goods("B1", 5000, 10), 2))
    trade = shop.world.pay.trades[payment]
    shop.ship(order)
    later(days=1)
    before = shop.one("select state, moves, paid_fen from orders where id = :id", id=order)
    assert [confirm_payment(shop.ctx(WECHAT), trade=trade) for _ in range(3)] == ["known"] * 3
    confirm_receipt(shop.ctx(li.actor), order_id=order)
    assert confirm_payment(shop.ctx(WECHAT), trade=trade) == "known"
    assert shop.state(order) == "completed" and before["state"] == "shipped" and before["moves"] == 3
    assert shop.world.pay.refunded_fen() == 0


def parcel_of(shop: Shop) -> str:
    [parcel] = shop.rows("select id from parcels")
    return parcel["id"]


def test_a_parcel_is_followed_and_nothing_is_said_twice(shop: Shop, order: str, later: Callable[..., datetime]) -> None:
    later(days=2)
    parcel = parcel_of(shop)
    way = [(NOON + timedelta(hours=1), "杭州转运中心 已揽收"), (NOON + timedelta(hours=20), " 北京\u202e朝阳\n派送中 ")]
    assert note_tracking(shop.ctx(STAFF), parcel_id=parcel, traces=way[:1], from_courier=True) == 1
    assert note_tracking(shop.ctx(STAFF), parcel_id=parcel, traces=way, from_courier=True) == 1
    assert note_tracking(shop.ctx(STAFF), parcel_id=parcel, traces=[(NOON + timedelta(days=1), "本人签收")], state="delivered") == 1
    assert shop.rows("select text, source from parcel_traces order by at") == [
        {"text": "杭州转运中心 已揽收", "source": "courier"}, {"text": "北京朝阳 派送中", "source": "courier"},
        {"text": "本人签收", "source": "staff"}]
    assert shop.one("select state from parcels")["state"] == "delivered"
    assert shop.state(order) == "shipped", "delivered is the courier's word, receipt the shopper's"


def test_nonsense_about_a_parcel_is_refused(shop: Shop, order: str, snapshot: Callable[[], Any],
                                            later: Callable[..., datetime]) -> None:
    later(days=1)
    parcel, at = parcel_of(shop), NOON + timedelta(hours=1)
    note_tracking(shop.ctx(STAFF), parcel_id=parcel, traces=[], state="delivered")
    before = snapshot()
    for traces, state, code in [
        ([(at, " ")], None, "trace_text"), ([(at, "长" * 201)], None, "trace_text"),
        ([(at - timedelta(days=4), "揽收")], None, "trace_time"), ([(at + timedelta(days=1), "签收")], None, "trace_time"),
        ([], "underway", "parcel_ended"),
    ]:
        assert code_of(lambda: note_tracking(shop.ctx(STAFF), parcel_id=parcel, traces=traces, state=state)) == code  # noqa: B023
    for who, code in ((staff("stf_x", ["orders.view"]), "forbidden"),
                      (staff("stf_y", EVERYTHING, store_ids=["sto_other"]), "not_found")):
        for call in (lambda: note_tracking(shop.ctx(who), parcel_id=parcel, traces=[(at, "x")]),  # noqa: B023
                     lambda: correct_parcel(shop.ctx(who), parcel_id=parcel, courier="SF", tracking_number="SF7654321")):  # noqa: B023
            assert code_of(call) == code
    assert code_of(lambda: note_tracking(shop.ctx(STAFF), parcel_id="shp_none", traces=[])) == "not_found"
    assert snapshot() == before


def test_a_wrong_number_is_corrected_before_receipt(shop: Shop, order: str, snapshot: Callable[[], Any]) -> None:
    parcel = parcel_of(shop)
    before = snapshot()
    def correct(number: str = "YT1234567", courier: str = "圆通", **more: Any) -> str:
        return correct_parcel(shop.ctx(STAFF), parcel_id=parcel, courier=courier, tracking_number=number, **more)

    assert code_of(lambda: correct("SF0000000001", "SF")) == "parcel_same"
    assert code_of(lambda: correct("1")) == "tracking_number"
    assert snapshot() == before
    assert [correct(key=ClientKey("key-1", "f")) for _ in range(2)] == [parcel] * 2
    assert shop.one("select courier, tracking_number, corrected_at is not null as at from parcels") == {
        "courier": "YTO", "tracking_number": "YT1234567", "at": True}
    assert shop.one("select wanted from shipping_uploads")["wanted"] == 2
    assert shop.one("select before, after from audit_log where action = 'correct_parcel'") is not None
    confirm_receipt(shop.shopper(), order_id=order)
    assert code_of(lambda: correct("YT7654321")) == "parcel_ended"


def test_a_parcel_that_arrived_is_not_corrected(shop: Shop, order: str) -> None:
    """The order itself still waits for the shopper's word."""
    parcel = parcel_of(shop)
    with transaction(shop.ctx()) as tx:
        found = fulfilment.find_parcel(tx, parcel)
        assert found is not None
        fulfilment.end_parcel(tx, found, DELIVERED)
    assert code_of(lambda: correct_parcel(
        shop.ctx(STAFF), parcel_id=parcel, courier="YTO", tracking_number="YT1234567")) == "parcel_ended"
    assert shop.state(order) == "shipped" and shop.one("select courier from parcels")["courier"] == "SF"


def test_a_number_of_another_parcel_is_no_correction(shop: Shop) -> None:
    order, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 10), 2))
    [line] = shop.lines(order)
    first = shop.ship(order, [(line, 1)], number="SF0000001")["parcel_id"]
    shop.ship(order, number="SF0000002")
    assert code_of(lambda: correct_parcel(
        shop.ctx(STAFF), parcel_id=first, courier="SF", tracking_number="sf 0000002")) == "parcel_known"
