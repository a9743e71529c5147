"""An error at every SQL statement, commit and outside call of every use case of money leaves nothing half done.

After each failure the same call is made once more, as a retry, a repeated notification or a redelivered job would: it must
end exactly where an undisturbed run ends. Points: see `points.py`; "after commit" is the commit whose answer was lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from backend.fulfilment.sheet import Shipment
from backend.gateways.outcomes import WeChatRefused
from backend.infra.db import write_engine
from backend.infra.once import ClientKey
from backend.usecases.batch_ship import batch_ship
from backend.usecases.cancel_order import cancel_order
from backend.usecases.change_order_address import change_order_address
from backend.usecases.change_order_price import change_order_price
from backend.usecases.check_payment import check_payment
from backend.usecases.close_order import close_order
from backend.usecases.close_payment import close_payment
from backend.usecases.complete_order import complete_order
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.correct_parcel import correct_parcel
from backend.usecases.place_order import place_order
from backend.usecases.retry_refund import retry_refund
from backend.usecases.send_refund import send_refund
from backend.usecases.start_payment import start_payment
from backend.usecases.upload_shipping import upload_shipping
from tests.faults.points import Blown, recorder
from tests.given_goods import Goods
from tests.given_orders import STAFF, Shop


@dataclass
class Case:
    """One run's own goods and shopper, so that runs do not meet."""

    shop: Shop
    number: int
    goods: Goods
    other: Goods
    order_id: str = ""
    payment_id: str = ""
    refund_id: str = ""
    trade: Any = None

    @property
    def who(self) -> Any:
        return self.shop.shopper(f"p{self.number}")

    @property
    def lines(self) -> list[tuple[Goods, int]]:
        return [(self.goods, 2), (self.other, 1)]

    def placed(self) -> "Case":
        self.order_id = self.shop.place(self.who, *self.lines)
        return self

    def begun(self) -> "Case":
        self.placed()
        self.payment_id = self.shop.begin(self.who, self.order_id)
        return self

    def tapped(self) -> "Case":
        self.begun()
        self.trade = self.shop.world.pay.pay(self.payment_id)
        return self

    def paid(self) -> "Case":
        self.tapped()
        self.shop.notify(self.trade)
        return self

    def closed_then_paid(self) -> "Case":
        self.begun()
        cancel_order(self.who, order_id=self.order_id)
        trade = self.shop.world.pay.trades.pop(self.payment_id)
        close_order(self.shop.ctx(), order_id=self.order_id)
        self.shop.world.pay.trades[self.payment_id] = trade
        self.trade = self.shop.world.pay.pay(self.payment_id)
        return self

    def refund_asked(self) -> "Case":
        self.paid()
        self.refund_id = self.shop.refund(self.order_id)["refund_id"]
        return self

    def refund_stuck(self) -> "Case":
        self.refund_asked()
        self.shop.world.pay.fail["refund"] = [WeChatRefused("NO_AUTH", "no permission")]
        send_refund(self.shop.ctx(), refund_id=self.refund_id)
        return self

    def shipped(self) -> "Case":
        self.paid()
        ship(self)
        return self

    def corrected(self) -> "Case":
        self.shipped()
        upload_shipping(self.shop.ctx(), order_id=self.order_id)
        [parcel] = self.shop.rows("select id from parcels where order_id = :id", id=self.order_id)
        correct_parcel(self.shop.ctx(STAFF), parcel_id=parcel["id"], courier="ZTO", tracking_number="7654321")
        return self

    def shipped_long_ago(self) -> "Case":
        self.shipped()
        with write_engine().connect() as connection, connection.begin():
            connection.execute(text("update orders set shipped_at = '2026-01-01 00:00:00.000000' where id = :id"),
                               {"id": self.order_id})
        return self

    def cancelled(self) -> "Case":
        self.begun()
        cancel_order(self.who, order_id=self.order_id)
        return self

    def summary(self) -> dict[str, Any]:
        """Everything that this case touched, without ids and times."""
        rows, member = self.shop.rows, self.who.actor.id
        return {
            "orders": rows("select state, moves, total_fen, discount_fen, paid_fen, refunded_fen, freight_refund_fen, close_reason,"
                           " region_code from orders where member_id = :m", m=member),
            "audit": rows("select a.action, count(*) as n from audit_log a join orders o on o.id = a.subject where o.member_id = :m"
                          " group by a.action order by a.action", m=member),
            "lines": rows("select l.quantity, l.released_qty, l.refund_qty, l.refund_fen from order_lines l join orders o on "
                          "o.id = l.order_id where o.member_id = :m order by l.position", m=member),
            "moves": rows("select h.seq, h.from_state, h.to_state from order_moves h join orders o on o.id = h.order_id "
                          "where o.member_id = :m order by h.seq", m=member),
            "payments": rows("select state, amount_fen, refund_fen, refunds, transaction_id is not null as paid from payments "
                             "where member_id = :m order by id", m=member),
            "refunds": rows("select r.kind, r.state, r.amount_fen from refunds r join payments p on p.id = r.payment_id "
                            "where p.member_id = :m", m=member),
            "ledger": rows("select t.kind, f.debit, f.credit, f.amount_fen from ledger_transactions t join ledger_transfers f on "
                           "f.transaction_id = t.id where t.event_id in (select id from payments where member_id = :m union "
                           "select r.id from refunds r join payments p on p.id = r.payment_id where p.member_id = :m) "
                           "order by t.kind, f.position", m=member),
            "stock": [self.shop.levels(goods) for goods in (self.goods, self.other)],
            "journal": rows("select kind, on_hand_change, reserved_change, count(*) as n from stock_moves where sku_id in (:a, :b) "
                            "group by 1, 2, 3 order by 1, 2, 3", a=self.goods.sku_id, b=self.other.sku_id),
            "parcels": rows("select p.seq, p.courier, p.tracking_number, p.state, l.quantity, u.state as upload, u.completions,"
                            " u.unsure from parcels p join parcel_lines l on l.parcel_id = p.id join orders o on o.id ="
                            " p.order_id join shipping_uploads u on u.order_id = o.id where o.member_id = :m"
                            " order by p.seq, l.quantity", m=member),
            "told": [(each.completions, each.parcels) for number, each in self.shop.world.mini.shipped.items()
                     if number == f"42{self.payment_id[-20:]}"],
            "cart": rows("select quantity from cart_lines where member_id = :m order by quantity", m=member),
            "keys": rows("select use_case from client_keys where actor = :a", a=f"shopper:{member}"),
            "wechat": [each.refund_fen for each in self.shop.world.pay.refunds.values() if each.out_trade_no == self.payment_id],
            "events": self.events(member),
        }

    def events(self, member: str) -> list[str]:
        """The names of all that was told of this case: what follows from it must not be lost, and may be told twice."""
        mine = {row["id"] for row in self.shop.rows(
            "select id from orders where member_id = :m union select p.id from parcels p join orders o on o.id = p.order_id"
            " where o.member_id = :m union select id from payments where member_id = :m union select r.id from refunds r"
            " join payments p on p.id = r.payment_id where p.member_id = :m", m=member)}
        told = self.shop.rows("select name, payload from outbox_events")
        return sorted({row["name"] for row in told if any(each in str(row["payload"]) for each in mine)})


def place(case: Case) -> None:
    place_order(case.who, address_id=case.shop.addresses[case.who.actor.id], shown_total_fen=13_000,
                items=[(goods.sku_id, quantity) for goods, quantity in case.lines], key=ClientKey("key-place", "f"))


def refund(case: Case) -> None:
    case.shop.refund(case.order_id, key=ClientKey(f"refund-{case.number}", "f"))


def ship(case: Case) -> None:
    case.shop.ship(case.order_id, number="SF1234567", key=ClientKey(f"ship-{case.number}", "f"))


def lower(case: Case) -> None:
    change_order_price(case.shop.ctx(STAFF), order_id=case.order_id, off_goods_fen=100, off_freight_fen=0, reason="老顾客",
                       key=ClientKey(f"lower-{case.number}", "f"))


def move_house(case: Case) -> None:
    change_order_address(case.shop.ctx(STAFF), order_id=case.order_id, name="韩梅梅", phone="13900139000", region_code="330106",
                         detail="文三路 1 号", key=ClientKey(f"address-{case.number}", "f"))


def correct(case: Case) -> None:
    [parcel] = case.shop.rows("select id from parcels where order_id = :id", id=case.order_id)
    correct_parcel(case.shop.ctx(STAFF), parcel_id=parcel["id"], courier="ZTO", tracking_number="7654321",
                   key=ClientKey(f"correct-{case.number}", "f"))


def ship_batch(case: Case) -> None:
    number = case.shop.one("select number from orders where id = :id", id=case.order_id)["number"]
    batch_ship(case.shop.ctx(STAFF), shipments=[Shipment((2,), number, "SF", "SF1234567", ())])


SCENARIOS: dict[str, tuple[Callable[[Case], Any], Callable[[Case], Any]]] = {
    "place an order": (lambda case: case, place),
    "start a payment": (Case.placed, lambda case: start_payment(case.who, order_id=case.order_id, key=ClientKey("key-pay1", "f"))),
    "confirm a payment": (Case.tapped, lambda case: case.shop.notify(case.trade)),
    "find a payment by asking": (Case.tapped, lambda case: check_payment(case.shop.ctx(), payment_id=case.payment_id)),
    "cancel without a payment": (Case.placed, lambda case: cancel_order(case.who, order_id=case.order_id)),
    "cancel with a payment begun": (Case.begun, lambda case: cancel_order(case.who, order_id=case.order_id)),
    "close what was given up": (Case.cancelled, lambda case: close_order(case.shop.ctx(), order_id=case.order_id)),
    "close what was paid meanwhile": (
        lambda case: case.cancelled() and setattr(case, "trade", case.shop.world.pay.pay(case.payment_id)),
        lambda case: close_order(case.shop.ctx(), order_id=case.order_id)),
    "a late payment": (Case.closed_then_paid, lambda case: case.shop.notify(case.trade)),
    "ask for a refund": (Case.paid, refund),
    "ship an order": (Case.paid, ship),
    "ship a batch": (Case.paid, ship_batch),
    "lower the price": (Case.placed, lower),
    "lower the price of what is being paid": (Case.begun, lower),
    "change the address": (Case.paid, move_house),
    "correct a parcel": (Case.shipped, correct),
    "refund what was shipped": (Case.shipped, lambda case: case.shop.refund(
        case.order_id, restock=True, key=ClientKey(f"refund-{case.number}", "f"))),
    "tell WeChat what left": (Case.shipped, lambda case: upload_shipping(case.shop.ctx(), order_id=case.order_id)),
    "tell WeChat of a correction": (Case.corrected, lambda case: upload_shipping(case.shop.ctx(), order_id=case.order_id)),
    "confirm receipt": (Case.shipped, lambda case: confirm_receipt(case.who, order_id=case.order_id)),
    "complete by itself": (Case.shipped_long_ago, lambda case: complete_order(case.shop.ctx(), order_id=case.order_id)),
    "send a refund": (Case.refund_asked, lambda case: send_refund(case.shop.ctx(), refund_id=case.refund_id)),
    "send a stuck refund again": (Case.refund_stuck, lambda case: retry_refund(
        case.shop.ctx(STAFF), refund_id=case.refund_id, key=ClientKey(f"retry-{case.number}", "f"))),
    "close a superseded attempt": (Case.begun, lambda case: close_payment(case.shop.ctx(), payment_id=case.payment_id)),
}


def fail_everywhere(shop: Shop, prepare: Callable[[Case], Any], act: Callable[[Case], Any]) -> None:
    """Run `act` once undisturbed, then once with a failure at each of its points and a retry: all must end alike."""
    made = 0

    def fresh() -> Case:
        nonlocal made
        made += 1
        case = Case(shop, made, shop.goods(f"A{made}", 5000, 10), shop.goods(f"B{made}", 3000, 10))
        prepare(case)
        return case

    with recorder(shop.world.pay, shop.world.mini) as points:
        undisturbed = fresh()
        with points.counting():
            act(undisturbed)
        expected, names = undisturbed.summary(), list(points.names)
        act(undisturbed)
        assert undisturbed.summary() == expected, "twice is once"
        assert len(names) >= 3

        for at, point in enumerate(names, 1):
            case = fresh()
            with points.counting(at), pytest.raises(Exception, match=r".*"):
                act(case)
            assert len(points.names) >= at, f"{point} was not reached again"
            act(case)  # as a client, WeChat or the relay does: once more, and it must go through
            assert case.summary() == expected, f"after a failure at {at} ({point})"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_failure_at_every_point_leaves_nothing_half_done(shop: Shop, name: str) -> None:
    fail_everywhere(shop, *SCENARIOS[name])


def test_without_the_guard_it_is_noticed(shop: Shop) -> None:
    """The twin: an order placed without a key is placed twice when the answer of its commit is lost."""
    placed: set[int] = set()

    def once_without_key(case: Case) -> None:
        if case.number not in placed:
            shop.place(case.who, *case.lines)
            placed.add(case.number)

    with pytest.raises(AssertionError, match="after commit"):
        fail_everywhere(shop, lambda case: case, once_without_key)


def test_the_recorder_itself_fails_where_it_is_told(shop: Shop) -> None:
    case = Case(shop, 1, shop.goods("A1", 5000, 10), shop.goods("B1", 3000, 10))
    with recorder(shop.world.pay) as points:
        with points.counting(2), pytest.raises(Blown, match="^2: "):
            place(case)
        with points.counting():
            place(case)
        assert points.names[-2:] == ["before commit", "after commit"]
        assert any(each.startswith(("sql INSERT INTO orders", "sql WITH from_cart_lines")) for each in points.names)
