"""Pick-up orders from checkout to hand-over: codes, points, staff, refusals."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.aftersales import store as aftersales
from backend.aftersales.rules import CaseLine
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, SYSTEM, Actor, staff
from backend.kernel.errors import Refused
from backend.queries.checkout import preview
from backend.usecases.cancel_order import cancel_order
from backend.usecases.hand_over import hand_over
from backend.usecases.look_up_pickup_code import look_up_pickup_code
from backend.usecases.mark_ready import mark_ready
from backend.usecases.place_order import place_order
from backend.usecases.remind_pickup import remind_pickup
from backend.usecases.rotate_pickup_code import rotate_pickup_code
from backend.usecases.send_refund import send_refund
from tests.given_orders import Shop
from tests.given_pickups import code_of_order, given_clerk, given_pickup, given_point, given_store

Contexts = Callable[..., Any]


def refused(call: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as no:
        call()
    return no.value


@pytest.fixture
def wang(ctx: Contexts) -> Actor:
    return given_clerk(ctx, "wang")


@pytest.fixture
def point(ctx: Contexts, wang: Actor) -> str:
    return given_point(ctx, wang)


@pytest.fixture
def waiting(shop: Shop, point: str) -> str:
    """A paid order of 2 × 50.00 that waits at the point."""
    return given_pickup(shop, shop.shopper(), point, (shop.goods("A1", 5000, 10), 2))


def test_placing_freezes_the_point_and_costs_no_freight(ctx: Contexts, shop: Shop, wang: Actor, rows: Any) -> None:
    second = given_store(ctx)
    point_id = given_point(ctx, wang, store_id=second, name="二店")
    li, apples = shop.shopper(), shop.goods("A1", 1000, 10)
    order_id = given_pickup(shop, li, point_id, (apples, 1), paid=False)
    [order] = rows("select store_id, location_id, delivery, freight_fen, total_fen, region_code from orders")
    assert order == {"store_id": second, "location_id": "loc_main", "delivery": "pickup", "freight_fen": 0, "total_fen": 1000,
                     "region_code": "330106"}
    assert rows("select order_id, point_id, ready_at, handed_over_at from pickups") == [
        {"order_id": order_id, "point_id": point_id, "ready_at": None, "handed_over_at": None}]
    assert rows("select * from pickup_codes") == [], "no code before it is paid"


def test_goods_may_be_for_fetching_or_for_sending_alone(ctx: Contexts, shop: Shop, point: str, snapshot: Any) -> None:
    fish, rice = (shop.goods(code, 1000, 10, title=title, deliveries=[way]) for code, title, way in (
        ("F1", "冰鲜三文鱼", "pickup"), ("R1", "大米", "courier")))
    li = shop.shopper()
    assert preview(li, items=[(fish.sku_id, 1)])["delivery"] == "pickup", "the only way that there is"
    assert shop.state(given_pickup(shop, li, point, (fish, 1), paid=False)) == "unpaid"
    before = snapshot()
    no = refused(lambda: given_pickup(shop, li, point, (rice, 1), paid=False))
    assert (no.code, no.sentence("zh")) == ("goods_courier_only", "“大米”只能快递配送，请改为快递并选择收货地址。")
    assert snapshot() == before


def test_a_contact_from_the_address_book(ctx: Contexts, shop: Shop, point: str) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 1000, 10)
    placed = place_order(shop.ctx(li.actor), delivery="pickup", point_id=point, address_id=shop.addresses[li.actor.id],
                         items=[(apples.sku_id, 1)], shown_total_fen=1000)
    assert shop.state(placed["id"]) == "unpaid"


@pytest.mark.parametrize(("wrong", "code"), [
    ({"point_id": None}, "pickup_point_not_found"), ({"point_id": "ppt_none"}, "pickup_point_not_found"),
    ({"contact": None}, "pickup_contact_needed"), ({"contact": ("", "13900139000")}, "receiver_name"),
    ({"contact": ("韩梅梅", "123")}, "phone"), ({"contact": None, "address_id": "adr_mei"}, "address_not_found"),
    ({"shown_total_fen": 1800}, "total_moved"), ({"delivery": "courier", "contact": None}, "delivery_mixed"),
    ({"delivery": "courier", "point_id": None}, "delivery_mixed"),
    ({"delivery": "courier", "point_id": None, "contact": None}, "address_not_found"),
])
def test_what_placing_refuses(shop: Shop, point: str, snapshot: Any, wrong: dict[str, Any], code: str) -> None:
    li, _, apples = shop.shopper(), shop.shopper("mei"), shop.goods("A1", 1000, 10)
    good: dict[str, Any] = {"delivery": "pickup", "point_id": point, "contact": ("韩梅梅", "13900139000"),
                            "items": [(apples.sku_id, 1)], "shown_total_fen": 1000}
    before = snapshot()
    assert refused(lambda: place_order(shop.ctx(li.actor), **(good | wrong))).code == code
    assert snapshot() == before
    assert place_order(shop.ctx(li.actor), **good)["total_fen"] == 1000


def test_a_closed_point_takes_no_orders_and_hands_over_those_it_has(ctx: Contexts, shop: Shop, wang: Actor, waiting: str,
                                                                      point: str) -> None:
    given_point(ctx, point_id=point, active=False)
    li = shop.shopper()
    assert refused(lambda: given_pickup(shop, li, point, (shop.goods("B1", 100, 5), 1))).code == "pickup_point_not_found"
    assert hand_over(ctx(wang), code=code_of_order(ctx(), waiting))["order_id"] == waiting


def test_the_code_opens_the_order_once(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, later: Any, rows: Any) -> None:
    code = code_of_order(ctx(), waiting)
    assert code is not None and len(code) == 8
    assert look_up_pickup_code(ctx(wang), code=f" tm1:{code.lower()} ") == waiting
    assert shop.state(waiting) == "paid", "looking up hands nothing over"
    later(hours=3)
    done = hand_over(ctx(wang), code=code, key=ClientKey("key-1", "f"))
    assert done["order_id"] == waiting and done["handed_over_at"].startswith("2026-03-02T07:00:")
    assert hand_over(ctx(wang), code=code, key=ClientKey("key-1", "f")) == done
    assert shop.one("select state, shipped_at is not null as gone, completed_at is not null as done from orders") == {
        "state": "completed", "gone": True, "done": True}
    assert rows("select quantity, shipped_qty, released_qty from order_lines") == [
        {"quantity": 2, "shipped_qty": 2, "released_qty": 0}]
    assert rows("select on_hand, reserved from stock_levels") == [{"on_hand": 8, "reserved": 0}]
    assert rows("select to_state, actor, why from order_moves order by seq desc limit 1") == [
        {"to_state": "completed", "actor": "staff:stf_wang", "why": "handed over"}]
    assert rows("select with_code, handed_over_by from pickups") == [{"with_code": 1, "handed_over_by": "staff:stf_wang"}]
    assert rows("select * from pickup_codes") == [] and shop.events().count("OrderHandedOver") == 1
    assert rows("select action, actor from audit_log where subject = :id", id=waiting) == [
        {"action": "hand_over", "actor": "staff:stf_wang"}]
    no = refused(lambda: hand_over(ctx(wang), code=code))
    assert (no.code, no.details) == ("already_handed_over", {"at": "03-02 15:00", "by": "wang"})
    assert no.sentence() == "该订单已于 03-02 15:00 由 wang 核销，请勿重复交货。"
    assert refused(lambda: hand_over(ctx(wang), order_id=waiting)).code == "already_handed_over"


def test_without_the_code_from_the_list(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, rows: Any) -> None:
    hand_over(ctx(wang), order_id=waiting)
    assert rows("select with_code from pickups") == [{"with_code": 0}] and shop.state(waiting) == "completed"


def test_staff_of_that_point_only(ctx: Contexts, shop: Shop, waiting: str, snapshot: Any, rows: Any) -> None:
    code = code_of_order(ctx(), waiting)
    owner = staff("stf_owner", EVERYTHING)
    elsewhere = given_clerk(ctx, "zhao")
    given_point(ctx, elsewhere, name="别处")
    far = given_clerk(ctx, "qian", store_ids=["sto_other"])
    no_right = given_clerk(ctx, "sun", permissions=["orders.view"])
    before = snapshot()
    for actor, refusal in [(owner, "not_your_pickup_point"), (elsewhere, "not_your_pickup_point"), (far, "not_found"),
                           (no_right, "forbidden"), (shop.shopper().actor, "forbidden")]:
        assert refused(lambda: hand_over(ctx(actor), order_id=waiting)).code == refusal  # noqa: B023
    assert snapshot() == before
    for actor in (owner, elsewhere, far):
        wrong, absent = (refused(lambda: hand_over(ctx(actor), code=each)) for each in (code, "ABCD2345"))  # noqa: B023
        assert (wrong.code, wrong.sentence()) == (absent.code, absent.sentence()) == ("pickup_code_not_found", absent.sentence())
    assert rows("select staff_id, tries, misses from pickup_tries order by staff_id") == [
        {"staff_id": each, "tries": 2, "misses": 2} for each in ("stf_owner", "stf_qian", "stf_zhao")]
    assert shop.state(waiting) == "paid"


def test_bound_but_outside_ones_scope(ctx: Contexts, shop: Shop, waiting: str, point: str) -> None:
    far = given_clerk(ctx, "qian", store_ids=["sto_other"])
    given_point(ctx, far, point_id=point)
    code = code_of_order(ctx(), waiting)
    assert refused(lambda: hand_over(ctx(far), code=code)).code == "pickup_code_not_found"
    assert refused(lambda: hand_over(ctx(far), order_id=waiting)).code == "not_found"


def test_what_cannot_be_handed_over(ctx: Contexts, shop: Shop, wang: Actor, point: str, snapshot: Any) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 50)
    unpaid = given_pickup(shop, li, point, (apples, 1), paid=False)
    closed = given_pickup(shop, li, point, (apples, 1), paid=False)
    cancel_order(shop.ctx(li.actor), order_id=closed)
    shipped, _ = shop.paid(li, (apples, 2))
    refunding = given_pickup(shop, li, point, (apples, 1))
    shop.refund(refunding)
    refunded = given_pickup(shop, li, point, (apples, 1))
    send_refund(ctx(), refund_id=shop.refund(refunded)["refund_id"])
    before = snapshot()
    for order_id, code in [(unpaid, "not_paid_yet"), (closed, "order_over"), (shipped, "not_a_pickup_order"),
                           (refunding, "all_refunded"), (refunded, "order_over"), ("ord_none", "not_found")]:
        assert refused(lambda: hand_over(ctx(wang), order_id=order_id)).code == code  # noqa: B023
    assert snapshot() == before
    assert code_of_order(ctx(), refunded) is None and code_of_order(ctx(), refunding) is not None


def test_an_open_after_sales_case_comes_first(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, snapshot: Any) -> None:
    [order] = shop.rows("select member_id, store_id from orders")
    [line] = shop.rows("select id from order_lines")
    with transaction(ctx()) as tx:
        aftersales.insert_case(tx, {
            "id": "afs_1", "number": "N1", "order_id": waiting, **order, "kind": "refund_only", "state": "asked", "moves": 1,
            "reason": "unwanted", "words": "", "pictures": [], "asked_fen": 100, "freight_fen": 0, "answer": "",
            "due_at": tx.now, "asked_at": tx.now}, [CaseLine(line["id"], 1, 1, 100)])
    before = snapshot()
    assert refused(lambda: hand_over(ctx(wang), order_id=waiting)).code == "pickup_case_open"
    assert snapshot() == before


def test_what_was_refunded_stays_and_the_rest_is_handed_over(ctx: Contexts, shop: Shop, wang: Actor, point: str,
                                                             rows: Any) -> None:
    li, apples, pears = shop.shopper(), shop.goods("A1", 5000, 10), shop.goods("B1", 3000, 10)
    order_id = given_pickup(shop, li, point, (apples, 3), (pears, 1))
    lines = rows("select id from order_lines order by position")
    shop.refund(order_id, [(lines[0]["id"], 2), (lines[1]["id"], 1)])
    hand_over(ctx(wang), order_id=order_id)
    assert rows("select shipped_qty, released_qty from order_lines order by position") == [
        {"shipped_qty": 1, "released_qty": 2}, {"shipped_qty": 0, "released_qty": 1}]
    assert (shop.levels(apples), shop.levels(pears)) == ((9, 0), (10, 0))


def test_r26_wrong_codes_are_counted_and_bounded(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, later: Any,
                                                 rows: Any) -> None:
    code = code_of_order(ctx(), waiting)
    for number in range(9):
        assert refused(lambda: look_up_pickup_code(ctx(wang), code=f"ABCD234{number}")).code == "pickup_code_not_found"  # noqa: B023
    assert look_up_pickup_code(ctx(wang), code=code) == waiting
    assert rows("select tries, misses from pickup_tries") == [{"tries": 0, "misses": 9}], "a hit begins anew"
    for _ in range(10):
        assert refused(lambda: hand_over(ctx(wang), code="nonsense")).code == "pickup_code_not_found"
    later(minutes=4)
    no = refused(lambda: hand_over(ctx(wang), code=code))
    assert (no.code, no.details) == ("too_many_wrong_codes", {"minutes": 6})
    assert rows("select tries, misses from pickup_tries") == [{"tries": 10, "misses": 19}]
    zhao = given_clerk(ctx, "zhao")
    assert refused(lambda: look_up_pickup_code(ctx(zhao), code=code)).code == "pickup_code_not_found", "others may still try"
    later(minutes=6)
    assert hand_over(ctx(wang), code=code)["order_id"] == waiting


def test_ph59_the_shopper_takes_a_new_code(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, snapshot: Any) -> None:
    li = shop.shopper()
    old = code_of_order(ctx(), waiting)
    new = rotate_pickup_code(ctx(li.actor), order_id=waiting, key=ClientKey("key-1", "f"))
    assert new != old and code_of_order(ctx(), waiting) == new
    assert rotate_pickup_code(ctx(li.actor), order_id=waiting, key=ClientKey("key-1", "f")) == new
    assert refused(lambda: hand_over(ctx(wang), code=old)).code == "pickup_code_not_found"
    assert hand_over(ctx(wang), code=new)["order_id"] == waiting
    before = snapshot()
    assert refused(lambda: rotate_pickup_code(ctx(li.actor), order_id=waiting)).code == "not_allowed_now"
    assert snapshot() == before


def test_s1_only_the_shopper_takes_a_new_code_and_not_for_ever(ctx: Contexts, shop: Shop, wang: Actor, waiting: str,
                                                                snapshot: Any) -> None:
    li, mei = shop.shopper(), shop.shopper("mei")
    courier, _ = shop.paid(li, (shop.goods("C1", 9000, 5), 1))
    before = snapshot()
    assert refused(lambda: rotate_pickup_code(ctx(mei.actor), order_id=waiting)).code == "not_found"
    assert refused(lambda: rotate_pickup_code(ctx(wang), order_id=waiting)).code == "forbidden"
    assert refused(lambda: rotate_pickup_code(ctx(li.actor), order_id=courier)).code == "not_allowed_now"
    assert snapshot() == before
    codes = {rotate_pickup_code(ctx(li.actor), order_id=waiting) for _ in range(20)}
    assert len(codes) == 20
    before = snapshot()
    assert refused(lambda: rotate_pickup_code(ctx(li.actor), order_id=waiting)).code == "too_many_new_codes"
    assert snapshot() == before


def test_a_code_that_was_met_is_not_given_twice(ctx: Contexts, shop: Shop, point: str, waiting: str,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    taken = code_of_order(ctx(), waiting)
    draws = iter([taken, taken, "WXYZ2345"])
    monkeypatch.setattr("backend.pickups.store.human_code", lambda _: next(draws))
    second = given_pickup(shop, shop.shopper(), point, (shop.goods("B1", 100, 5), 1))
    assert code_of_order(ctx(), second) == "WXYZ2345"


def test_ready_in_a_batch(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, point: str, rows: Any) -> None:
    li = shop.shopper()
    unpaid = given_pickup(shop, li, point, (shop.goods("B1", 100, 5), 1), paid=False)
    courier, _ = shop.paid(li, (shop.goods("C1", 9000, 5), 1))
    elsewhere = given_pickup(shop, li, given_point(ctx, name="别处"), (shop.goods("D1", 100, 5), 1))
    ids = [waiting, unpaid, courier, elsewhere, "ord_none"]
    assert mark_ready(ctx(wang), order_ids=ids) == dict(zip(
        ids, ["ready", "not_allowed_now", "not_a_pickup_order", "not_your_pickup_point", "not_found"], strict=True))
    assert mark_ready(ctx(wang), order_ids=[waiting, waiting]) == {waiting: "known"}
    assert shop.state(waiting) == "paid" and shop.events().count("OrderReadyForPickup") == 1
    assert [row["ready_by"] for row in rows("select ready_by from pickups where ready_at is not null")] == ["staff:stf_wang"]
    with pytest.raises(ValueError, match="at most"):
        mark_ready(ctx(wang), order_ids=[f"ord_{number}" for number in range(201)])
    assert refused(lambda: mark_ready(ctx(shop.shopper().actor), order_ids=[waiting])).code == "forbidden"


def test_ph57_goods_that_nobody_fetches_are_listed(ctx: Contexts, shop: Shop, wang: Actor, waiting: str, later: Any,
                                                   rows: Any) -> None:
    due = rows("select due_at from outbox_events where name = 'PickupReminderDue'")
    assert len(due) == 1
    later(days=2)
    mark_ready(ctx(wang), order_ids=[waiting])
    later(days=1, minutes=1)
    assert remind_pickup(ctx(), order_id=waiting) == "too early", "three days from when they arrived"
    assert shop.events().count("PickupReminderDue") == 2
    ready, again = (datetime.fromisoformat(str(row["due_at"])) for row in rows(
        "select ready_at as due_at from pickups union all"
        " select max(due_at) from outbox_events where name = 'PickupReminderDue'"))
    assert again - ready == timedelta(days=3)
    later(days=2)
    assert [remind_pickup(ctx(), order_id=waiting) for _ in range(2)] == ["overdue", "known"]
    assert shop.events().count("PickupOverdue") == 1
    assert hand_over(ctx(wang), order_id=waiting)["order_id"] == waiting
    assert remind_pickup(ctx(), order_id=waiting) == "over"


def test_the_system_serves_at_no_point(ctx: Contexts, waiting: str) -> None:
    assert refused(lambda: hand_over(ctx(SYSTEM), order_id=waiting)).code == "not_your_pickup_point"
