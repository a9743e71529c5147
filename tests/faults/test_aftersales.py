"""An error at every SQL statement and commit of what decides an after-sale case leaves nothing half done.

After each failure the same call is made once more: it must end exactly where an undisturbed run ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from backend.aftersales.rules import Asked
from backend.infra.db import write_engine
from backend.infra.once import ClientKey
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.ask_aftersale import ask_aftersale
from backend.usecases.cancel_aftersale import cancel_aftersale
from backend.usecases.receive_return import receive_return
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.retry_aftersale_refund import retry_aftersale_refund
from backend.usecases.settle_aftersale import settle_aftersale
from tests.faults.points import recorder
from tests.given_aftersales import DESK, Cases
from tests.given_goods import Goods
from tests.given_orders import Shop


@dataclass
class Run:
    """One run's own shopper and goods, so that runs do not meet."""

    cases: Cases
    goods: Goods
    number: int
    order_id: str = ""
    line_id: str = ""
    case_id: str = ""

    @property
    def key(self) -> ClientKey:
        return ClientKey(f"key-of-run-{self.number}", "f")

    def paid(self) -> "Run":
        self.order_id, [self.line_id] = self.cases.paid((self.goods, 3))
        return self

    def asked(self) -> "Run":
        self.paid()
        self.case_id = self.cases.ask(self.order_id, reason="changed_mind", quantity=2)
        return self

    def returning(self) -> "Run":
        self.order_id, [self.line_id] = self.cases.shipped((self.goods, 3))
        self.case_id = self.cases.returning(self.order_id, reason="quality", quantity=2)
        return self

    def overdue(self) -> "Run":
        self.returning()
        with write_engine().connect() as connection, connection.begin():
            connection.execute(text("update aftersales set due_at = '2026-01-01 00:00:00.000000' where id = :id"),
                               {"id": self.case_id})
        return self

    def refunding(self) -> "Run":
        self.paid()
        self.case_id = self.cases.approved(self.order_id, quantity=2)
        shop = self.cases.shop
        [refund] = shop.rows("select refund_id from aftersales where id = :id", id=self.case_id)
        shop.world.pay.settle_refunds = False
        self.cases.send(refund["refund_id"])
        return self

    def failed(self) -> "Run":
        self.refunding()
        self.cases.close_refund(self.case_id)
        return self

    def summary(self) -> dict[str, Any]:
        """Everything that this run touched, without ids and times."""
        rows, order = self.cases.shop.rows, self.order_id
        return {
            "cases": rows("select kind, state, moves, asked_fen, given_fen, freight_fen from aftersales where order_id = :o",
                          o=order),
            "lines": rows("select l.quantity, l.held_qty, l.given_fen, l.restocked_qty, l.is_open from aftersale_lines l join"
                          " aftersales a on a.id = l.aftersale_id where a.order_id = :o", o=order),
            "moves": rows("select m.seq, m.from_state, m.to_state from aftersale_moves m join aftersales a on"
                          " a.id = m.aftersale_id where a.order_id = :o order by m.seq", o=order),
            "order": rows("select state, moves, refunded_fen, freight_refund_fen from orders where id = :o", o=order),
            "order lines": rows("select released_qty, shipped_qty, refund_qty, refund_fen, waived_fen, returned_qty, restocked_qty"
                                " from order_lines where order_id = :o", o=order),
            "refunds": rows("select kind, state, amount_fen from refunds where order_id = :o order by asked_at, id", o=order),
            "payment": rows("select refund_fen, refunds from payments where order_id = :o", o=order),
            "stock": self.cases.shop.levels(self.goods),
            "journal": rows("select kind, on_hand_change, reserved_change, count(*) as n from stock_moves where sku_id = :s"
                            " group by 1, 2, 3 order by 1, 2, 3", s=self.goods.sku_id),
            "audit": rows("select count(*) as n from audit_log where subject in (:c, :o)", c=self.case_id, o=order),
        }


def ask(run: Run) -> None:
    run.case_id = ask_aftersale(run.cases.who, order_id=run.order_id, kind="refund_only", reason="changed_mind",
                                lines=[Asked(run.line_id, 2)], key=run.key)["id"]


def settle(run: Run) -> None:
    [refund] = run.cases.shop.rows("select refund_id from aftersales where id = :id", id=run.case_id)
    settle_aftersale(run.cases.shop.ctx(), refund_id=refund["refund_id"])


SCENARIOS: dict[str, tuple[Callable[[Run], Any], Callable[[Run], Any]]] = {
    "ask": (Run.paid, ask),
    "approve": (Run.asked, lambda run: approve_aftersale(run.cases.shop.ctx(DESK), aftersale_id=run.case_id, key=run.key)),
    "receive": (Run.returning, lambda run: receive_return(
        run.cases.shop.ctx(DESK), aftersale_id=run.case_id, restock=[run.line_id], key=run.key)),
    "refuse": (Run.asked, lambda run: refuse_aftersale(run.cases.shop.ctx(DESK), aftersale_id=run.case_id, reason="已在打包")),
    "withdraw": (Run.asked, lambda run: cancel_aftersale(run.cases.who, aftersale_id=run.case_id)),
    "receive by itself": (Run.overdue, lambda run: receive_return(run.cases.shop.ctx(), aftersale_id=run.case_id)),
    "retry": (Run.failed, lambda run: retry_aftersale_refund(run.cases.shop.ctx(DESK), aftersale_id=run.case_id, key=run.key)),
    "hear of a failure": (lambda run: run.refunding().cases.end_refund(run.case_id), settle),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_failure_at_every_point_leaves_nothing_half_done(shop: Shop, name: str) -> None:
    prepare, act = SCENARIOS[name]
    made = 0

    def fresh() -> Run:
        nonlocal made
        made += 1
        run = Run(Cases(shop, f"p{made}", parcels=made * 10), shop.goods(f"A{made}", 3333, 10), made)
        prepare(run)
        return run

    with recorder(shop.world.pay) as points:
        undisturbed = fresh()
        with points.counting():
            act(undisturbed)
        expected, names = undisturbed.summary(), list(points.names)
        act(undisturbed)
        assert undisturbed.summary() == expected, "twice is once"
        assert len(names) >= 3
        for at, point in enumerate(names, 1):
            run = fresh()
            with points.counting(at), pytest.raises(Exception, match=r".*"):
                act(run)
            act(run)
            assert run.summary() == expected, f"after a failure at {at} ({point})"
