"""What actors do to one shop in the interleaved races: ten things that can happen to the same goods and orders at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backend.checks.check_books import check_books
from backend.infra import outbox
from backend.infra.clock import FileClock
from backend.infra.db import db
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, staff
from backend.reactions import NAMES, find
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.cancel_order import cancel_order
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.check_payment import check_payment
from backend.usecases.close_order import close_order
from backend.usecases.place_order import place_order
from tests.given_goods import Goods
from tests.given_orders import Shop

STAFF = staff("stf_races", EVERYTHING)
OVER = timedelta(minutes=16)


@dataclass
class Scene:
    """One run's own goods and orders: `unpaid` was paid at WeChat a moment ago and nobody has told us, its time is over or – by
    an action – about to be; `paid` is paid. One piece of the goods is left."""

    shop: Shop
    number: int
    goods: Goods
    clock: FileClock
    unpaid: str = ""
    payment: str = ""
    paid: str = ""
    trade: Any = None
    before: tuple[int, int] = (0, 0)

    def actions(self) -> dict[str, Callable[[], Any]]:
        """Everything that can be done to it, by name."""
        shop = self.shop
        return {
            "place": self.place,
            "cancel": lambda: cancel_order(self.li, order_id=self.unpaid),
            "time-out": lambda: close_order(shop.ctx(), order_id=self.unpaid),
            "notify": lambda: shop.notify(self.trade),
            "query": lambda: check_payment(shop.ctx(), payment_id=self.payment),
            "refund": lambda: shop.refund(self.paid)["amount_fen"],
            "ship": lambda: bool(shop.ship(self.paid, number=f"SF{self.number:08}")["parcel_id"]),
            "price": lambda: change_prices(shop.ctx(STAFF), changes=[PriceChange(f"R{self.number}", 4900)]),
            "time": self.time_passes,
            "stock": lambda: bool(adjust_stock(shop.ctx(STAFF), sku_id=self.goods.sku_id, change=-1, reason="盘点")),
        }

    def time_passes(self) -> None:
        """The time to pay ends; who has looked at the clock before does not know it."""
        self.clock.move_to(self.clock.now() + OVER)

    @property
    def li(self) -> Any:
        return self.shop.shopper(f"li{self.number}")

    def place(self) -> bool:
        """Another shopper wants the last piece, at the price that they saw."""
        who = self.who
        return bool(place_order(who, address_id=self.shop.addresses[who.actor.id], shown_total_fen=5800,
                                items=[(self.goods.sku_id, 1)])["id"])

    @property
    def who(self) -> Any:
        return self.shop.shopper(f"han{self.number}")


def scenes(shop: Shop, clock: FileClock, *, over: bool = True) -> Callable[[], Scene]:
    """`fresh()` sets a new scene each time; runs share the database but nothing in it. Not `over`: there is time left to pay."""
    made = 0

    def fresh() -> Scene:
        nonlocal made
        made += 1
        scene = Scene(shop, made, shop.goods(f"R{made}", 5000, 3), clock)
        assert scene.who
        scene.unpaid = shop.place(scene.li, (scene.goods, 1))
        scene.payment = shop.begin(scene.li, scene.unpaid)
        scene.paid, _ = shop.paid(scene.li, (scene.goods, 1))
        scene.trade = shop.world.pay.pay(scene.payment)
        if over:
            scene.time_passes()
        return scene

    return fresh


def drain(shop: Shop) -> None:
    """Let everything happen that is due by now, as workers would, until nothing is left."""
    for _ in range(50):
        with transaction(shop.ctx()) as tx:
            outbox.fan_out(tx.connection, NAMES)
            leases = outbox.lease_due(tx.connection, tx.now, tx.now)
        if not leases:
            return
        for lease in leases:
            with transaction(shop.ctx()) as tx:
                name, payload = outbox.start(tx.connection, lease, tx.now) or ("", {})
            use_case = find(name, lease.reaction)
            assert use_case is not None
            use_case(shop.ctx(delivery=lease), **payload)
            with transaction(shop.ctx()) as tx:
                outbox.finish_if_open(tx.connection, lease, tx.now)
    raise AssertionError("it never became quiet")


def wrongs(scene: Scene) -> list[str]:
    """What is not as the rules demand once everything has happened, of this scene alone; told without looking at the code."""
    shop = scene.shop
    order = shop.one("select state, paid_fen, refunded_fen, total_fen from orders where id = :id", id=scene.unpaid)
    went_back = sum(each.refund_fen for each in shop.world.pay.refunds.values() if each.out_trade_no == scene.payment)
    found = []
    held = order["state"] == "paid" and order["paid_fen"] == order["total_fen"] and went_back == 0
    given_up = order["state"] == "closed" and order["paid_fen"] == 0 and went_back == order["total_fen"]
    if not (held or given_up):
        found.append(f"paid at WeChat, and the order is {order['state']}, paid {order['paid_fen']}, {went_back} went back")
    on_hand, reserved = shop.levels(scene.goods)
    wanted = shop.one("select coalesce(sum(l.quantity - l.released_qty - l.shipped_qty), 0) as n from order_lines l"
                      " join orders o on o.id = l.order_id where l.sku_id = :sku", sku=scene.goods.sku_id)["n"]
    if reserved != wanted or reserved > on_hand:
        found.append(f"{reserved} of {on_hand} reserved, orders hold {wanted}")
    return found


def books(shop: Shop) -> list[str]:
    """What the books checker says of the whole database."""
    return [f"{each.check} {dict(each.ids)}: {each.found}, not {each.expected}" for each in check_books(shop.ctx(), waiting=False)]


def dialect() -> str:
    return db.engines[None].dialect.name
