"""Orders for tests: a shopper with an address, and orders in any state in one line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backend.context import Context
from backend.gateways.wechat_pay_answers import Trade
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, SYSTEM, WECHAT, shopper, staff
from backend.members import store as members
from backend.members.rules import Destination
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.place_order import place_order
from backend.usecases.refund_order import refund_order
from backend.usecases.ship_order import ship_order
from backend.usecases.start_payment import start_payment
from tests.fakes import FakeWorld
from tests.given_goods import Goods, given_product

STAFF = staff("stf_test", EVERYTHING)


@dataclass
class Shop:
    """A shop in a test: `ctx()` makes contexts, `world` is WeChat."""

    ctx: Callable[..., Context]
    world: FakeWorld
    addresses: dict[str, str] = field(default_factory=dict)

    def shopper(self, name: str = "li") -> Context:
        """A context of the shopper of that name, who is made when new; their openid is `openid-<name>`."""
        context = self.ctx(SYSTEM)
        index = context.cipher.blind_index(f"openid-{name}", "openid")
        with transaction(context) as tx:
            account = members.find_account(tx, context.settings.wechat_appid, index) or members.claim_account(
                tx, appid=context.settings.wechat_appid, openid=f"openid-{name}", openid_index=index, unionid_index=None,
                nickname=name)
            assert account is not None
            if account.member_id not in self.addresses:
                address_id = f"adr_{name}"
                members.insert_address(tx, address_id, account.member_id,
                                       Destination("李雷", "13800138000", "110105", "建国路 1 号"), "index", True)
                self.addresses[account.member_id] = address_id
        return self.ctx(shopper(account.member_id))

    def goods(self, code: str = "A1", price_fen: int = 5000, stock: int = 10, **more: Any) -> Goods:
        return given_product(self.ctx, code, price_fen, stock, **more)

    def place(self, who: Context, *lines: tuple[Goods, int], shown: int | None = None, **more: Any) -> str:
        """Place an order of (goods, quantity); the shown total is right unless given. Returns the order id."""
        if shown is None:
            shown = self.total(who, *lines)
        items = [(goods.sku_id, quantity) for goods, quantity in lines]
        address_id = self.addresses[who.actor.id]
        return place_order(self.ctx(who.actor), address_id=address_id, shown_total_fen=shown, items=items, **more)["id"]

    def total(self, who: Context, *lines: tuple[Goods, int]) -> int:
        prices = {row["id"]: row["price_fen"] for row in self.rows("select id, price_fen from skus")}
        goods_fen = sum(prices[goods.sku_id] * quantity for goods, quantity in lines)
        return goods_fen + (0 if goods_fen >= 8800 else 800)

    def begin(self, who: Context, order_id: str) -> str:
        """Start paying; returns the payment id."""
        return start_payment(self.ctx(who.actor), order_id=order_id)["payment_id"]

    def notify(self, trade: Trade) -> str:
        return confirm_payment(self.ctx(WECHAT), trade=trade)

    def paid(self, who: Context, *lines: tuple[Goods, int]) -> tuple[str, str]:
        """A paid order: (order id, payment id)."""
        order_id = self.place(who, *lines)
        payment_id = self.begin(who, order_id)
        assert self.notify(self.world.pay.pay(payment_id)) == "succeeded"
        return order_id, payment_id

    def refund(self, order_id: str, lines: list[tuple[str, int]] | None = None, **more: Any) -> dict[str, Any]:
        return refund_order(self.ctx(STAFF), order_id=order_id, lines=lines, reason="测试退款", **more)

    def ship(self, order_id: str, lines: list[tuple[str, int]] | None = None, number: str = "", **more: Any) -> dict[str, Any]:
        """Ship all that is left, or these lines; the number is a new one unless given."""
        number = number or f"SF{len(self.rows('select id from parcels')) + 1:010}"
        return ship_order(self.ctx(STAFF), order_id=order_id, courier=more.pop("courier", "SF"), tracking_number=number,
                          lines=lines, **more)

    def lines(self, order_id: str) -> list[str]:
        """The ids of an order's lines."""
        return [row["id"] for row in self.rows("select id from order_lines where order_id = :id order by position", id=order_id)]

    rows: Callable[..., list[dict[str, Any]]] = field(default=lambda *_: [])

    def state(self, order_id: str) -> str:
        return self.rows("select state from orders where id = :id", id=order_id)[0]["state"]

    def one(self, statement: str, **params: Any) -> dict[str, Any]:
        [row] = self.rows(statement, **params)
        return row

    def levels(self, goods: Goods) -> tuple[int, int]:
        row = self.one("select on_hand, reserved from stock_levels where sku_id = :sku", sku=goods.sku_id)
        return row["on_hand"], row["reserved"]

    def events(self) -> list[str]:
        return [row["name"] for row in self.rows("select name from outbox_events order by id")]

    def balances(self) -> dict[str, int]:
        """Ledger balances by account, debits minus credits, without those that are zero."""
        found: dict[str, int] = {}
        for row in self.rows("select debit, credit, amount_fen from ledger_transfers"):
            found[row["debit"]] = found.get(row["debit"], 0) + row["amount_fen"]
            found[row["credit"]] = found.get(row["credit"], 0) - row["amount_fen"]
        return {account: fen for account, fen in found.items() if fen}
