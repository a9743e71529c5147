"""What staff do: prices, shelves, stock, rules of the shop, cheaper orders, parcels and refunds."""

from typing import Any

from backend.app import runtime
from backend.infra.once import ClientKey
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.change_order_price import change_order_price
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.change_shop_rules import change_shop_rules
from backend.usecases.refund_order import refund_order
from backend.usecases.retry_refund import retry_refund
from backend.usecases.set_on_shelf import set_on_shelf
from backend.usecases.ship_order import ship_order
from tests.campaigns import oracle as rules
from tests.campaigns.both_sides import STAFF, BothSides
from tests.campaigns.oracle import Refund
from tests.fakes import LOST


class StaffOps(BothSides):
    """What staff do: prices, shelves, stock, rules of the shop, cheaper orders, parcels and refunds."""

    minutes: tuple[int, ...] = (15, 15, 15, 1, 6, 90)
    """What the time to pay may become."""

    def reprice(self) -> None:
        goods, price = self.some_goods(), self.rng.choices((1, 2, 500, 4999, 9999, 0, -5, 10**9 + 1), (2, 2, 5, 5, 5, 1, 1, 1))[0]
        self.do(f"price of {goods.name}: {price}", lambda: change_prices(
            self.ctx(STAFF), changes=[PriceChange(goods.name, price)]), lambda: self.oracle.reprice(goods, price), lambda _: None)

    def change_rules(self) -> None:
        """Time to pay, unpaid orders and freight are others from now on."""
        drawn = {"payment_minutes": self.rng.choice(self.minutes), "unpaid_orders_limit": self.rng.choice((5, 5, 3, 9)),
                 "freight_fen": self.rng.choice((800, 800, 0, 1250)),
                 "free_freight_from_fen": self.rng.choice((8800, 8800, 0, 30_000))}
        values = {name: value for name, value in drawn.items() if self.rng.random() < 0.6}
        if self.rng.random() < 0.1:
            values |= self.rng.choice(({"payment_minutes": 0}, {"unpaid_orders_limit": 101}, {"freight_fen": -1}))

        def call() -> list[str]:
            seen = {row["name"]: row["version"] for row in self.rows("select name, version from shop_settings")}
            changed = change_shop_rules(self.ctx(STAFF), values=values, seen=seen)
            runtime(self.app).rules.forget()
            return changed

        self.do(f"rules {values}", call, lambda: self.oracle.change_rules(values), lambda _: None)

    def shelve(self) -> None:
        goods, on_shelf = self.some_goods(), self.rng.random() < 0.9
        self.do(f"{goods.name} on shelf: {on_shelf}", lambda: set_on_shelf(
            self.ctx(STAFF), product_ids=[self.made[goods].product_id], on_shelf=on_shelf),
            lambda: self.oracle.shelve(goods, on_shelf), lambda _: None)

    def adjust(self) -> None:
        goods = self.some_goods()
        change = self.rng.choices((5, 10, 1, -1, -goods.available, -goods.available - 1, 0), (6, 3, 2, 3, 1, 1, 1))[0]
        self.keyed(f"stock of {goods.name}: {change:+}", lambda key: adjust_stock(
            self.ctx(STAFF), sku_id=self.made[goods].sku_id, change=change, reason="盘点", key=key),
            lambda: self.oracle.adjust(goods, change), lambda _: None, None)

    def reduce(self) -> None:
        order = self.pick(self.payable()) or self.an_order()
        if order is None:
            return
        goods_fen = sum(line.payable for line in order.lines)
        off_goods = self.rng.choice((1, goods_fen - 1, goods_fen // 3, goods_fen // 7, 0, goods_fen, goods_fen + 1, -1))
        off_freight = self.rng.choice((0, 0, order.freight, order.freight // 2, order.freight + 1))
        fault = self.rng.choices(("", "close before", "close after", "query before"), (91, 3, 3, 3))[0] if self.faulty else ""
        told = f"{self.tell(order)} less {off_goods} and {off_freight} of freight {fault}"

        def call(key: ClientKey) -> int:
            return change_order_price(self.ctx(STAFF), order_id=order.id, off_goods_fen=off_goods, off_freight_fen=off_freight,
                                      reason="老顾客", key=key)

        def rule() -> int:
            return self.oracle.reduce(order, off_goods, off_freight, fault)

        if fault:
            self._arm(fault.split()[0], LOST, fault)
            self._faulted(told, lambda: call(ClientKey(self.key(), "f")), rule)
        else:
            self.keyed(told, call, rule, lambda got: got, lambda _: order.total, single=False)

    def ship(self) -> None:
        order = self.an_order(rules.PAID)
        if order is None:
            return
        wanted: list[tuple[Any, int]] | None = None
        if self.rng.random() < 0.6:
            wanted = [(line, self.rng.randint(1, max(line.held, 1))) for line in order.lines if self.rng.random() < 0.7]
            if self.rng.random() < 0.06:
                wanted.append((self.rng.choice(order.lines), self.rng.choice((0, 1, 99))))
        number = f"SF{self.number:010}" if self.rng.random() < 0.96 or not order.parcels else order.parcels[0]
        lines = None if wanted is None else [(self.line_id(order, line), n) for line, n in wanted]
        made: list[str] = []

        def read(got: dict[str, Any]) -> str:
            if made and made[0] != got["parcel_id"]:
                return f"another parcel: {got['parcel_id']}"
            made.append(got["parcel_id"])
            return got["state"]

        self.keyed(f"ship {self.tell(order)} {self.tell_lines(order, wanted)}", lambda key: ship_order(
            self.ctx(STAFF), order_id=order.id, courier="SF", tracking_number=number, lines=lines, key=key),
            lambda: self.oracle.ship(order, number, wanted), read, lambda _: order.state)

    def refund(self) -> None:
        order = self.an_order(rules.PAID, rules.SHIPPED, rules.COMPLETED)
        if order is None:
            return
        shipped, restock = self.rng.choices((None, True, False), (6, 2, 2))[0], self.rng.random() < 0.5
        wanted: list[tuple[Any, int]] | None = None
        if self.rng.random() < 0.85:
            wanted = [(line, self.rng.randint(1, max(line.left(shipped), 1))) for line in order.lines if self.rng.random() < 0.6]
            if self.rng.random() < 0.06:
                wanted.append((self.rng.choice([*order.lines, None]), self.rng.choice((0, 1, 99))))
        left = order.freight - order.freight_refund
        freight = self.rng.choices((None, 0, left, left // 3, left + 1, -1), (8, 2, 2, 3, 1, 1))[0]
        lines = None if wanted is None else [(self.line_id(order, line), n) for line, n in wanted]
        made: list[Refund] = []

        def rule() -> int:
            made.append(self.oracle.refund(order, wanted, freight, shipped, restock))
            return made[0].fen

        def read(got: dict[str, Any]) -> int | str:
            if made and not made[0].id:
                made[0].id = got["refund_id"]
                self.refunds[made[0].id] = made[0]
            return got["amount_fen"] if made and made[0].id == got["refund_id"] else f"another refund: {got['refund_id']}"

        told = f"refund {self.tell(order)} {self.tell_lines(order, wanted)}"
        self.keyed(f"{told} freight {freight} shipped {shipped} restock {restock}",
                   lambda key: refund_order(self.ctx(STAFF), order_id=order.id, lines=lines, freight_fen=freight, reason="少发",
                                            restock=restock, shipped=shipped, key=key), rule, read)

    def retry(self) -> None:
        stuck = [each for each in self.refunds.values() if each.state == rules.ABNORMAL]
        refund = self.pick_refund(stuck if stuck and self.rng.random() < 0.8 else list(self.refunds.values()))
        if refund is not None:
            self.keyed(f"retry {refund.id}", lambda key: retry_refund(self.ctx(STAFF), refund_id=refund.id, key=key),
                       lambda: self.oracle.retry(refund), lambda _: None)

    def pick_refund(self, refunds: list[Refund]) -> Refund | None:
        """One of these refunds; None when there is none."""
        return self.rng.choice(refunds) if refunds else None
