"""After-sale cases for tests: orders that were paid, shipped or received, and cases in any state, in one line each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from backend.aftersales.rules import Asked
from backend.context import Context
from backend.gateways.wechat_pay_answers import RefundState
from backend.infra.clock import FileClock
from backend.infra.uow import transaction
from backend.kernel.actors import EVERYTHING, WECHAT, staff
from backend.orders import store as orders
from backend.orders.states import COMPLETED
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.ask_aftersale import ask_aftersale
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.send_refund import send_refund
from backend.usecases.send_return_parcel import send_return_parcel
from backend.usecases.settle_aftersale import settle_aftersale
from backend.usecases.ship_order import ship_order
from tests.given_goods import Goods
from tests.given_orders import Shop

DESK = staff("stf_desk", EVERYTHING)


@dataclass
class Cases:
    """Cases of one shopper in a shop."""

    shop: Shop
    name: str = "li"
    parcels: int = 0

    @property
    def who(self) -> Context:
        """A context of the shopper, now."""
        return self.shop.shopper(self.name)

    again = who.fget  # type: ignore[attr-defined]

    def paid(self, *lines: tuple[Goods, int]) -> tuple[str, list[str]]:
        """A paid order: its id and those of its lines, in order."""
        order_id, _ = self.shop.paid(self.who, *lines)
        return order_id, [row["id"] for row in self.shop.rows(
            "select id from order_lines where order_id = :id order by position", id=order_id)]

    def shipped(self, *lines: tuple[Goods, int]) -> tuple[str, list[str]]:
        """An order whose goods have left."""
        order_id, ids = self.paid(*lines)
        self.ship(order_id)
        return order_id, ids

    def ship(self, order_id: str, *lines: tuple[str, int]) -> None:
        """Send what is left of an order, or `lines` of it."""
        self.parcels += 1
        ship_order(self.shop.ctx(DESK), order_id=order_id, courier="SF", tracking_number=f"SF{10**9 + self.parcels}",
                   lines=lines or None)

    def completed(self, *lines: tuple[Goods, int]) -> tuple[str, list[str]]:
        """An order that the shopper has received."""
        order_id, ids = self.shipped(*lines)
        with transaction(self.shop.ctx()) as tx:
            orders.move(tx, orders.lock_order(tx, order_id), COMPLETED, completed_at=tx.now)
        return order_id, ids

    def ask(self, order_id: str, kind: str = "refund_only", *, reason: str = "quality", quantity: int | None = None,
            lines: Sequence[Asked] | None = None, **more: Any) -> str:
        """A case on `lines`, or on `quantity` (all) of every line of the order that has some left; returns its id."""
        if lines is None:
            lines = [Asked(row["id"], quantity or row["quantity"] - row["refund_qty"]) for row in self.shop.rows(
                "select id, quantity, refund_qty from order_lines where order_id = :id and refund_qty < quantity", id=order_id)]
        return ask_aftersale(self.who, order_id=order_id, kind=kind, reason=reason, lines=lines, **more)["id"]

    def approved(self, order_id: str, kind: str = "refund_only", reason: str = "changed_mind", **more: Any) -> str:
        """A case that staff agreed to."""
        case_id = self.ask(order_id, kind, reason=reason, **more)
        approve_aftersale(self.shop.ctx(DESK), aftersale_id=case_id)
        return case_id

    def returning(self, order_id: str, **more: Any) -> str:
        """A return whose parcel is on its way."""
        case_id = self.approved(order_id, "return_and_refund", **more)
        send_return_parcel(self.who, aftersale_id=case_id, courier="顺丰", tracking_number="SF1234567890")
        return case_id

    def work_off(self, **later: float) -> None:
        """Send every refund that waits and let the cases hear how refunds ended, as the worker does."""
        if later:
            clock = FileClock(self.shop.ctx().settings.data_dir / "clock")
            clock.move_to(clock.now() + timedelta(**later))
        for row in self.shop.rows("select id from refunds where state = 'asked' order by asked_at, id"):
            send_refund(self.shop.ctx(), refund_id=row["id"])
        for row in self.shop.rows("select id, order_id from refunds where state <> 'asked' order by asked_at, id"):
            settle_aftersale(self.shop.ctx(), refund_id=row["id"], order_id=row["order_id"])

    def send(self, refund_id: str) -> None:
        """Send one refund."""
        send_refund(self.shop.ctx(), refund_id=refund_id)

    def end_refund(self, case_id: str, how: RefundState = RefundState.CLOSED) -> None:
        """WeChat's word on the refund of a case that is on its way; the case has not heard of it."""
        self.end(self.case(case_id, "refund_id")["refund_id"], how)

    def end(self, refund_id: str, how: RefundState = RefundState.CLOSED) -> None:
        """WeChat's word on a refund that is on its way."""
        pay = self.shop.world.pay
        pay.refunds[refund_id] = replace(pay.refunds[refund_id], state=how)
        confirm_refund(self.shop.ctx(WECHAT), result=pay.refunds[refund_id])

    def close_refund(self, case_id: str) -> None:
        """WeChat gave the refund of a case up, and the case knows."""
        self.end_refund(case_id)
        settle_aftersale(self.shop.ctx(), refund_id=self.case(case_id, "refund_id")["refund_id"])

    def state(self, case_id: str) -> str:
        return self.case(case_id, "state")["state"]

    def case(self, case_id: str, columns: str) -> dict[str, Any]:
        return self.shop.one(f"select {columns} from aftersales where id = :id", id=case_id)
