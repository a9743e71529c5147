"""Placing orders."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask

from backend.carts import store as carts
from backend.infra.once import ClientKey
from backend.kernel.errors import Refused
from backend.usecases.place_order import place_order
from backend.usecases.replace_cart import Line, replace_cart
from tests.counting import counted
from tests.faults.points import recorder
from tests.given_orders import Shop


def test_an_order_freezes_what_was_shown_and_reserves_its_stock(shop: Shop) -> None:
    li, apples, pears = shop.shopper(), shop.goods("A1", 1990, 10), shop.goods("B1", 500, 3, title="雪梨")
    order_id = shop.place(li, (apples, 2), (pears, 3))
    order = shop.one("select * from orders")
    assert (order["id"], order["state"], order["goods_fen"], order["freight_fen"], order["total_fen"]) == (
        order_id, "unpaid", 5480, 800, 6280)
    assert [(line["sku_code"], line["quantity"], line["price_fen"], line["payable_fen"]) for line in shop.rows(
        "select * from order_lines order by position")] == [("A1", 2, 1990, 3980), ("B1", 3, 500, 1500)]
    assert (shop.levels(apples), shop.levels(pears)) == ((10, 2), (3, 3))
    assert shop.events() == ["OrderPlaced", "OrderPaymentDue"] or sorted(shop.events()) == ["OrderPaymentDue", "OrderPlaced"]
    assert "李雷" not in order["ship_to"] and "13800138000" not in order["ship_to"]
    due = shop.one("select o.pay_before, e.due_at from orders o, outbox_events e where e.name = 'OrderPaymentDue'")
    assert due["due_at"] == due["pay_before"] and "04:15:00" in str(due["due_at"])
    moves = shop.rows("select seq, from_state, to_state, actor from order_moves")
    assert moves == [{"seq": 1, "from_state": None, "to_state": "unpaid", "actor": str(li.actor)}]


def refused(call: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(("quantity", "shown", "code"), [(2, 10_801, "total_moved"), (11, 55_000, "out_of_stock")])
def test_a_refused_order_changes_nothing(shop: Shop, snapshot: Callable[[], Any], quantity: int, shown: int, code: str) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    before = snapshot()
    assert refused(lambda: shop.place(li, (apples, quantity), shown=shown)).code == code
    assert snapshot() == before


def test_who_comes_too_late_is_told_before_anything_is_written(shop: Shop, snapshot: Callable[[], Any]) -> None:
    li, apples, pears = shop.shopper(), shop.goods("A1", 5000, 10), shop.goods("B1", 3000, 1)
    before = snapshot()
    with counted() as statements:
        no = refused(lambda: shop.place(li, (apples, 2), (pears, 2), shown=16_000))
    assert (no.code, no.details) == ("out_of_stock", {"short": [{"sku_id": pears.sku_id, "wanted": 2, "available": 1}]})
    assert not [each for each in statements if "orders (" in each or "stock_levels set" in each]
    assert snapshot() == before


def test_r07_the_same_sku_on_two_lines_is_one_want(shop: Shop, snapshot: Callable[[], Any]) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 3)
    before = snapshot()
    no = refused(lambda: shop.place(li, (apples, 2), (apples, 2), shown=20_000))
    assert (no.code, no.details) == ("out_of_stock", {"short": [{"sku_id": apples.sku_id, "wanted": 4, "available": 3}]})
    assert snapshot() == before


@pytest.mark.parametrize(("deliveries", "code"), [(["pickup"], "goods_pickup_only"), (None, "no_delivery_together")])
def test_goods_that_cannot_be_sent_are_named_and_nothing_is_placed(
    shop: Shop, snapshot: Callable[[], Any], deliveries: list[str] | None, code: str
) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10)
    fish = shop.goods("F1", 3000, 10, title="冰鲜三文鱼", deliveries=["pickup"])
    other = apples if deliveries else shop.goods("R1", 2000, 10, title="大米", deliveries=["courier"])
    before = snapshot()
    no = refused(lambda: shop.place(li, (other, 1), (fish, 1)))
    assert no.code == code and "“冰鲜三文鱼”只能自提" in no.sentence("zh")
    assert snapshot() == before
    assert shop.state(shop.place(li, (other, 1))) == "unpaid", "without the fish it goes"


def test_one_short_line_reserves_nothing_of_the_others(shop: Shop, snapshot: Callable[[], Any]) -> None:
    li, apples, pears = shop.shopper(), shop.goods("A1", 5000, 10), shop.goods("B1", 5000, 1)
    before = snapshot()
    assert refused(lambda: shop.place(li, (apples, 1), (pears, 2))).code == "out_of_stock"
    assert snapshot() == before


def test_r08_the_same_key_places_one_order(shop: Shop, snapshot: Callable[[], Any]) -> None:
    apples, li = shop.goods("A1", 5000, 10), shop.shopper()
    items, address = [(apples.sku_id, 1)], shop.addresses[li.actor.id]
    first_key, second_key, other = ClientKey("k" * 8, "f1"), ClientKey("k" * 8, "f1"), ClientKey("k" * 8, "f2")
    first = place_order(li, address_id=address, shown_total_fen=5800, items=items, key=first_key)
    before = snapshot()
    assert place_order(li, address_id=address, shown_total_fen=5800, items=items, key=second_key) == first
    assert (first_key.hit, second_key.hit) == (False, True)
    assert refused(lambda: place_order(li, address_id=address, shown_total_fen=5800, items=items, key=other)).code == (
        "idempotency_key_reused")
    assert snapshot() == before
    assert len(shop.rows("select id from orders")) == 1 and shop.levels(apples) == (10, 1)


def test_r08_twenty_at_once_with_one_key_place_one_order(app: Flask, shop: Shop) -> None:
    apples, li = shop.goods("A1", 5000, 10), shop.shopper()
    items, address = [(apples.sku_id, 1)], shop.addresses[li.actor.id]
    barrier, answers = Barrier(20), []

    def tap() -> None:
        with app.app_context():
            barrier.wait()
            answers.append(place_order(li, address_id=address, shown_total_fen=5800, items=items, key=ClientKey("k" * 8, "f")))

    threads = [Thread(target=tap) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(answers) == 20 and len({str(answer) for answer in answers}) == 1
    assert len(shop.rows("select id from orders")) == 1 and shop.levels(apples) == (10, 1)


def ten_at_once(app: Flask, shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    """One shopper places ten orders of one piece at the same moment; returns the refusals."""
    li, apples = shop.shopper(), shop.goods("A1", 5000, 100)
    barrier, codes = Barrier(10), []

    def tap() -> None:
        with app.app_context():
            barrier.wait()
            try:
                shop.place(li, (apples, 1), shown=5800)
            except Refused as no:
                codes.append((no.code, no.details))

    threads = [Thread(target=tap) for _ in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return codes


def test_unpaid_orders_are_limited_also_when_placed_at_once(app: Flask, shop: Shop) -> None:
    assert ten_at_once(app, shop) == [("too_many_unpaid_orders", {"limit": 5})] * 5
    assert shop.rows("select count(*) as n from orders") == [{"n": 5}]
    assert shop.rows("select on_hand, reserved from stock_levels") == [{"on_hand": 100, "reserved": 5}]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twin_that_believes_the_count_from_before_the_wait_places_more(app: Flask, shop: Shop, monkeypatch: Any) -> None:
    """PostgreSQL only: SQLite's snapshot begins when the wait is over."""
    def believing(tx: Any, member_id: str, asked: Any, params: dict[str, Any]) -> Any:
        statement, _ = carts._touch_asking(tx.dialect, asked)
        return tx.execute(statement, {
            "member_id": member_id, "of_member": member_id, "updated_at": tx.now, **params}).one()[:-2]

    monkeypatch.setattr(carts, "lock_cart_asking", believing)
    assert len(ten_at_once(app, shop)) < 5 < shop.rows("select count(*) as n from orders")[0]["n"]


def test_what_is_bought_leaves_the_cart_and_nothing_else_does(shop: Shop) -> None:
    li, apples, pears = shop.shopper(), shop.goods("A1", 5000, 10), shop.goods("B1", 5000, 10)
    replace_cart(li, lines=[Line(apples.sku_id, 3), Line(pears.sku_id, 1)])
    shop.place(li, (apples, 1))
    assert shop.rows("select sku_id, quantity from cart_lines") == [{"sku_id": pears.sku_id, "quantity": 1}]


def test_goods_off_the_shelf_are_named(shop: Shop, snapshot: Callable[[], Any]) -> None:
    li, apples = shop.shopper(), shop.goods("A1", 5000, 10, on_shelf=False)
    before = snapshot()
    no = refused(lambda: shop.place(li, (apples, 1)))
    assert (no.code, no.details) == ("not_for_sale", {"items": [{"sku_id": apples.sku_id, "why": "off_shelf"}]})
    assert snapshot() == before


def test_r03_a_foreign_address_is_as_good_as_none(shop: Shop, snapshot: Callable[[], Any]) -> None:
    apples, li, mei = shop.goods(), shop.shopper("li"), shop.shopper("mei")
    before = snapshot()
    items = [(apples.sku_id, 1)]
    foreign = refused(lambda: place_order(li, address_id=shop.addresses[mei.actor.id], shown_total_fen=5800, items=items))
    absent = refused(lambda: place_order(li, address_id="adr_none", shown_total_fen=5800, items=items))
    assert (foreign.code, foreign.details) == (absent.code, absent.details)
    assert snapshot() == before


def test_only_shoppers_place_orders(shop: Shop) -> None:
    apples = shop.goods()
    assert refused(lambda: place_order(shop.ctx(), address_id="a", shown_total_fen=1, items=[(apples.sku_id, 1)])).code == (
        "forbidden")


@pytest.mark.parametrize("at_once", [False, True])
def test_the_number_of_statements_does_not_grow_with_the_lines(shop: Shop, at_once: bool) -> None:
    counts = []
    for lines in (2, 80):
        goods = [shop.goods(f"G{lines}-{number}", 5000, 10) for number in range(lines)]
        li = shop.shopper(f"p{lines}")
        replace_cart(li, lines=[Line(each.sku_id, 1) for each in goods])
        with recorder(shop.world.pay) as points, points.counting():
            place_order(shop.ctx(li.actor), address_id=shop.addresses[li.actor.id], shown_total_fen=5000 * lines,
                        items=[(each.sku_id, 1) for each in goods] if at_once else None, key=ClientKey("abcdefgh", "f"))
        counts.append(len([name for name in points.names if name.startswith("sql") and "BEGIN" not in name]))
    one_by_one = shop.ctx().settings.database.startswith("sqlite")
    assert counts == ([10, 10] if one_by_one else [4, 4] if at_once else [5, 5])
