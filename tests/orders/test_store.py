"""Guards of the orders' store hold by themselves, whatever the rules above them have let through."""

import pytest
import sqlalchemy as sa

from backend.infra.db import db
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.orders import store as orders
from backend.orders.rules import Goods, LineRefund
from backend.orders.states import CLOSED, CLOSING
from tests.given_orders import Shop


@pytest.fixture
def order_id(shop: Shop) -> str:
    """A paid order of 3 × 50.00 with 10.00 of freight left to give back, of which one unit has left."""
    order_id, _ = shop.paid(shop.shopper(), (shop.goods("A1", 1000, 10), 3))
    shop.ship(order_id, [(shop.lines(order_id)[0], 1)])
    return order_id


def ask(shop: Shop, order_id: str, freight_fen: int = 0, **part: object) -> str:
    """The code of the refusal to count such a refund."""
    line = LineRefund(shop.lines(order_id)[0], **({"quantity": 1, "amount_fen": 1} | part))
    with pytest.raises(Refused) as no, transaction(shop.ctx()) as tx:
        orders.ask_refund(tx, order_id, [line], freight_fen)
    return no.value.code


@pytest.mark.parametrize("part", [
    {"quantity": 4}, {"amount_fen": 3001}, {"amount_fen": 3000, "waived_fen": 1}, {"quantity": 2, "goods": Goods(shipped_qty=2)},
    {"quantity": 3, "goods": Goods(release_qty=3)}, {"goods": Goods(shipped_qty=1, returned_qty=1, restock_qty=2)}])
def test_t31_no_more_is_counted_than_a_line_has(shop: Shop, order_id: str, part: dict[str, object]) -> None:
    assert ask(shop, order_id, **part) == "refund_too_much"


def test_no_more_freight_is_counted_than_was_paid(shop: Shop, order_id: str) -> None:
    assert ask(shop, order_id, freight_fen=801) == "refund_too_much"


def test_no_more_leaves_than_is_held(shop: Shop, order_id: str) -> None:
    with pytest.raises(AssertionError, match="more was shipped than is held"), transaction(shop.ctx()) as tx:
        orders.ship_lines(tx, [(shop.lines(order_id)[0], 3)])


def test_only_the_index_of_the_unpaid_can_count_them(shop: Shop) -> None:
    """However few were unpaid when the plan was made: a sale must not read all that are unpaid for each order of one shopper."""
    shop.place(shop.shopper(), (shop.goods(), 1))
    with db.engines[None].connect() as connection:
        explain = "explain query plan "
        if connection.dialect.name == "postgresql":
            explain = "explain "
            connection.execute(sa.text("analyze orders"))
            connection.execute(sa.text("set enable_seqscan = off"))
        literal = {"literal_binds": True}
        asked = orders.UNPAID_OF_MEMBER.params(of_member="mem_1").compile(connection, compile_kwargs=literal)
        plan = str(connection.exec_driver_sql(explain + str(asked)).all())
    assert "ix_orders_unpaid" in plan and plan.count("ix_") == 1


def test_t13_a_move_from_a_stale_view_is_no_move(shop: Shop) -> None:
    order_id = shop.place(shop.shopper(), (shop.goods(), 1))
    with transaction(shop.ctx()) as tx:
        stale = orders.lock_order(tx, order_id)
        orders.move(tx, stale, CLOSING)
    with pytest.raises(AssertionError, match="moved by somebody else"), transaction(shop.ctx()) as tx:
        orders.move(tx, stale, CLOSING)
    with transaction(shop.ctx()) as tx:
        orders.move(tx, orders.lock_order(tx, order_id), CLOSED, closed_at=tx.now)
    assert shop.state(order_id) == "closed"
