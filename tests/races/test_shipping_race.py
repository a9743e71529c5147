"""Clerks and desks on one order at once: goods leave once, never beside their refund, and to the address that the order has."""

from functools import partial
from threading import Barrier
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from backend.checks.check_books import check_books
from backend.fulfilment import store as fulfilment
from backend.fulfilment.models import Parcel, ParcelLine
from backend.kernel.errors import Refused
from backend.orders import store as orders
from backend.stock import store as stock
from backend.usecases.change_order_address import change_order_address
from backend.usecases.receive_return import receive_return
from tests.given_aftersales import DESK, Cases
from tests.given_orders import STAFF
from tests.races.together import THREADS, together

on_postgres = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""On SQLite BEGIN IMMEDIATE makes the second wait, whatever else is left out."""


def answer_of(call):
    """"done", the code of the refusal, or "guarded" when only a guard behind the lock said no."""
    try:
        call()
    except Refused as refused:
        return refused.code
    except (AssertionError, sa.exc.IntegrityError):
        return "guarded"
    return "done"


def books(shop):
    return check_books(shop.ctx(), waiting=False)


def without_lock(monkeypatch):
    """Orders are read without their lock, and both have read before either goes on."""
    both_have_read = Barrier(2)

    def read_only(tx, order_id, member_id=None):
        order = tx.execute(sa.select(*orders._HEAD).where(orders.ORDERS.c.id == order_id)).one()
        both_have_read.wait(10)
        return order

    monkeypatch.setattr(orders, "lock_order", read_only)


def without_guards(monkeypatch):
    """What leaves is counted without asking whether it is there."""
    monkeypatch.setattr(orders, "ship_lines", lambda *_: None)
    monkeypatch.setattr(orders, "move", lambda *_, **__: None)
    monkeypatch.setattr(stock, "ship", lambda *_: None)


def insert_unnumbered(tx, parcel, lines):
    """A parcel with a number of its own, not the next one of its order."""
    tx.execute(sa.insert(Parcel.__table__), parcel | {"seq": int(parcel["tracking_number"][2]) + 1})
    tx.execute(sa.insert(ParcelLine.__table__), [
        {"parcel_id": parcel["id"], "order_line_id": line_id, "quantity": quantity} for line_id, quantity in lines])


def ship(shop, order_id, who, lines=None):
    return answer_of(lambda: shop.ship(order_id, lines, number=f"SF{who}{order_id[-8:]}"))


def test_goods_leave_once_however_many_send_them(app, shop):
    apples = shop.goods("A1", 5000, 500)
    ids = [shop.paid(shop.shopper(), (apples, 3))[0] for _ in range(3)]
    assert together(app, lambda who: [ship(shop, order_id, who) for order_id in ids]) == {
        "done": 3, "not_allowed_now": 3 * (THREADS - 1)}
    assert shop.levels(apples) == (491, 0) and books(shop) == []


def test_parcels_of_one_line_hold_no_more_than_the_line(app, shop):
    apples = shop.goods("A1", 5000, 500)
    order_id, _ = shop.paid(shop.shopper(), (apples, 5))
    [line] = shop.lines(order_id)
    answers = together(app, lambda who: [ship(shop, order_id, who, [(line, 2)])])
    assert answers["done"] == 2 and answers["ship_too_much"] == THREADS - 2
    assert shop.one("select sum(quantity) as n from parcel_lines") == {"n": 4} and books(shop) == []


@on_postgres
def test_without_the_lock_alone_the_guards_still_hold(app, shop, monkeypatch):
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 500), 2))
    without_lock(monkeypatch)
    assert together(app, lambda who: [ship(shop, order_id, who)], threads=2) == {"done": 1, "guarded": 1}
    assert len(shop.rows("select id from parcels")) == 1 and books(shop) == []


@on_postgres
def test_twin_without_lock_and_guards_goods_leave_twice(app, shop, monkeypatch):
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 500), 2))
    without_lock(monkeypatch)
    without_guards(monkeypatch)
    monkeypatch.setattr(fulfilment, "insert_parcel", insert_unnumbered)
    assert together(app, lambda who: [ship(shop, order_id, who)], threads=2) == {"done": 2}
    assert shop.one("select sum(quantity) as n from parcel_lines") == {"n": 4}
    assert "I12.parcels" in {each.check for each in books(shop)}


def test_goods_leave_or_are_refunded_but_never_both(app, shop):
    apples = shop.goods("A1", 5000, 500)
    for _ in range(5):
        order_id, _ = shop.paid(shop.shopper(), (apples, 2))
        acts = [lambda: ship(shop, order_id, 0), lambda: "refund " + answer_of(lambda: shop.refund(order_id))]  # noqa: B023
        answers = set(together(app, lambda who: [acts[who]()], threads=2))  # noqa: B023
        gone = shop.one("select shipped_qty as n from order_lines where order_id = :id", id=order_id)["n"]
        assert answers in ({"done", "refund done"}, {"done", "refund say_shipped"}, {"not_allowed_now", "refund done"},
                           {"nothing_to_ship", "refund done"}), answers
        assert (gone == 2) == ("done" in answers)
    assert books(shop) == []


@on_postgres
def test_without_the_lock_alone_what_is_refunded_still_stays(app, shop, monkeypatch):
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 500), 2))
    without_lock(monkeypatch)
    acts = [lambda: ship(shop, order_id, 0), lambda: answer_of(lambda: shop.refund(order_id, shipped=False))]
    answers = together(app, lambda who: [acts[who]()], threads=2)
    assert answers["done"] == 1 and answers["guarded"] + answers["refund_too_much"] == 1 and books(shop) == []


def move_house(shop, order_id):
    return answer_of(lambda: change_order_address(
        shop.ctx(STAFF), order_id=order_id, name="韩梅梅", phone="13900139000", region_code="330106", detail="文三路 1 号"))


def test_an_address_is_changed_before_goods_leave_or_not_at_all(app, shop):
    apples = shop.goods("A1", 5000, 500)
    for _ in range(5):
        order_id, _ = shop.paid(shop.shopper(), (apples, 2))
        acts = [lambda: ship(shop, order_id, 0), lambda: "moved " + move_house(shop, order_id)]  # noqa: B023
        answers = set(together(app, lambda who: [acts[who]()], threads=2))  # noqa: B023
        assert answers in ({"done", "moved done"}, {"done", "moved not_allowed_now"}), answers
        what = [row["action"] for row in shop.rows(
            "select action from audit_log where subject = :id and action in ('change_order_address', 'ship_order') order by at, id",
            id=order_id)]
        assert sorted(what) == (["change_order_address", "ship_order"] if "moved done" in answers else ["ship_order"])
    assert books(shop) == []


@on_postgres
def test_twin_without_the_lock_an_address_changes_under_a_parcel(app, shop, monkeypatch):
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 500), 2))
    shipped = Barrier(2)

    def slow(tx, of):
        found = orders.goods_left(tx, of)
        shipped.wait(10)
        return found

    def ship_meanwhile():
        answer = ship(shop, order_id, 0)
        shipped.wait(10)
        return answer

    monkeypatch.setattr(orders, "lock_order", lambda tx, of, member_id=None: tx.execute(
        sa.select(*orders._HEAD).where(orders.ORDERS.c.id == of)).one())
    monkeypatch.setattr("backend.usecases.change_order_address.orders", SimpleNamespace(**vars(orders) | {"goods_left": slow}))
    acts = [ship_meanwhile, lambda: "moved " + move_house(shop, order_id)]
    assert set(together(app, lambda who: [acts[who]()], threads=2)) == {"done", "moved done"}


def test_a_return_is_received_beside_a_refund_and_paid_back_once(app, shop):
    apples = shop.goods("A1", 5000, 500)
    cases = Cases(shop)
    for _ in range(4):
        order_id, [line] = cases.shipped((apples, 2))
        case_id = cases.approved(order_id, "return_and_refund")
        receive = partial(receive_return, aftersale_id=case_id, restock=[line])
        acts = [lambda: "received " + answer_of(lambda: receive(shop.ctx(DESK))),  # noqa: B023
                lambda: "refund " + answer_of(lambda: shop.refund(order_id, shipped=True))]  # noqa: B023
        answers = set(together(app, lambda who: [acts[who]()], threads=2))  # noqa: B023
        assert {"received done", "refund done"} & answers and answers != {"received done", "refund done"}, answers
        paid_back = shop.one("select refund_fen, amount_fen from payments where order_id = :id", id=order_id)
        assert paid_back["refund_fen"] <= paid_back["amount_fen"]
    assert books(shop) == []


@on_postgres
def test_without_the_lock_alone_a_return_is_still_paid_back_once(app, shop, monkeypatch):
    cases = Cases(shop)
    order_id, [line] = cases.shipped((shop.goods("A1", 5000, 500), 2))
    case_id = cases.approved(order_id, "return_and_refund")
    without_lock(monkeypatch)
    answers = together(app, lambda _: [answer_of(lambda: receive_return(
        shop.ctx(DESK), aftersale_id=case_id, restock=[line]))], threads=2)
    assert answers == {"done": 1, "refund_too_much": 1}
    assert len(shop.rows("select id from refunds")) == 1 and books(shop) == []
