"""What shoppers do: carts, orders, paying, giving up, receiving, and asking again with an old key."""

from typing import Any

from backend.gateways.outcomes import WeChatRefused
from backend.infra.once import ClientKey
from backend.usecases.cancel_order import cancel_order
from backend.usecases.confirm_receipt import confirm_receipt
from backend.usecases.place_order import place_order
from backend.usecases.put_cart_line import put_cart_line
from backend.usecases.remove_cart_line import remove_cart_line
from backend.usecases.start_payment import start_payment
from tests.campaigns import oracle as rules
from tests.campaigns.both_sides import BothSides
from tests.campaigns.oracle import Goods, No, Order
from tests.fakes import LOST


class ShopperOps(BothSides):
    """What shoppers do: carts, orders, paying, giving up, receiving, and asking again with an old key."""

    def put(self) -> None:
        member, quantity, selected = self.a_member(), self.a_quantity(), self.rng.random() < 0.8
        goods = self.some_goods() if self.rng.random() < 0.97 else None
        sku = self.made[goods].sku_id if goods else "sku_none"
        self.do(f"{member} puts {quantity} {goods and goods.name}", lambda: put_cart_line(
            self.who(member), sku_id=sku, quantity=quantity, selected=selected),
            lambda: self.oracle.put(member, goods, quantity, selected))

    def drop(self) -> None:
        member, goods = self.a_member(), self.some_goods()
        self.do(f"{member} drops {goods.name}", lambda: remove_cart_line(self.who(member), sku_id=self.made[goods].sku_id),
                lambda: self.oracle.drop(member, goods))

    def place(self) -> None:
        member = self.a_member()
        items: list[tuple[Goods | None, int]] | None = None
        if self.rng.random() < (0.6 if self.oracle.carts.get(member) else 0.97):
            items = [(self.some_goods() if self.rng.random() < 0.99 else None, self.a_quantity())
                     for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3, 0)))]
        cart = self.oracle.carts.get(member, {}).values()
        chosen = items if items is not None else [(goods, quantity) for goods, quantity, selected in cart if selected]
        point = self.rng.choices((None, True, False), (80, 19, 1))[0]
        shown = self.oracle.shown([(goods, quantity) for goods, quantity in chosen if goods], point is not None)
        shown += self.rng.choices((0, 1, -1, 800), (94, 2, 2, 2))[0]
        whose = member if self.rng.random() < 0.98 else self.a_member()
        wanted = items if items is None else [(self.made[goods].sku_id if goods else "sku_none", n) for goods, n in items]
        made: list[Order] = []

        def rule() -> dict[str, Any]:
            order = self.oracle.place(member, whose == member, items, shown, point)
            made.append(order)
            return {"total_fen": order.total}

        def read(got: dict[str, Any]) -> dict[str, Any]:
            if made and not made[0].id:
                made[0].id = got["id"]
            if made and got["id"] != made[0].id:
                return {"id": got["id"]}
            return {"total_fen": got["total_fen"]}

        told = "cart" if items is None else [(goods and goods.name, n) for goods, n in items]
        way = {} if point is None else {"delivery": "pickup", "point_id": self.point if point else "pup_none"}
        self.keyed(f"{member} places {told} at {shown} {'to be fetched' if way else ''}", lambda key: place_order(
            self.who(member), address_id=self.shop.addresses[self.members[whose]], shown_total_fen=shown, items=wanted, key=key,
            **way), rule, read)
        for order in made:
            self._keep(order)

    def begin(self) -> None:
        order = self.an_order(rules.UNPAID)
        ready = self.payable()
        if ready and self.rng.random() < 0.8:
            order = self.rng.choice(ready)
        if order is None:
            return
        member = self.its_member(order)
        fault = self.rng.choices(("", "lost before", "lost after", "refused"), (88, 4, 5, 3))[0]
        told = f"{member} begins to pay {self.tell(order)} {fault}"

        def call() -> dict[str, Any]:
            return start_payment(self.who(member), order_id=order.id, key=ClientKey(self.key(), "f"))

        if fault:
            self._arm("prepay", WeChatRefused("PARAM_ERROR", "no") if fault == "refused" else LOST, fault)
            self._faulted(told, call, lambda: self.oracle.begin(member, order, fault))
        else:
            self.do(told, call, lambda: self.oracle.begin(member, order).id or None, lambda got: got["payment_id"], single=False)
        self._name_attempts(order)

    def cancel(self) -> None:
        order = self.an_order(rules.UNPAID)
        if order is not None:
            member = self.its_member(order)
            self.keyed(f"{member} cancels {self.tell(order)}", lambda key: cancel_order(
                self.who(member), order_id=order.id, key=key), lambda: self.oracle.cancel(member, order), lambda got: got,
                lambda _: order.state)

    def receive(self) -> None:
        order = self.an_order(rules.SHIPPED)
        if order is not None:
            member = self.its_member(order)
            self.keyed(f"{member} received {self.tell(order)}", lambda key: confirm_receipt(
                self.who(member), order_id=order.id, key=key), lambda: self.oracle.received(member, order), lambda got: got)

    def ask_again(self) -> None:
        """The same key again gets the same answer and does nothing; with another request it is refused."""
        if not self.done:
            return
        done = self.rng.choice(self.done[-40:])
        if self.rng.random() < 0.25:
            def other() -> None:
                raise No("idempotency_key_reused")
            self.do(f"{done.key} with another request: {done.told}", lambda: done.call(ClientKey(done.key, "other")), other)
        else:
            self.do(f"{done.key} again: {done.told}", lambda: done.call(ClientKey(done.key, "f")), done.answer, done.read,
                    single=False)
