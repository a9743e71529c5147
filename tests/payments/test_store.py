"""Guards of the payments' store hold by themselves, whatever the rules above them have let through."""

from typing import Any

import pytest

from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.payments import store as payments
from backend.payments.states import CLOSED
from tests.given_orders import Shop


def refund(shop: Shop, payment_id: str, amount_fen: int) -> dict[str, Any]:
    payment = shop.one("select order_id from payments where id = :id", id=payment_id)
    now = shop.ctx().now
    return {"id": f"ref_{amount_fen}", "payment_id": payment_id, "order_id": payment["order_id"], "kind": "order",
            "state": "asked", "amount_fen": amount_fen, "goods_fen": amount_fen, "freight_fen": 0, "restock": False, "reason": "",
            "asked_by": "system", "asked_at": now, "send_at": now}


def test_t28_refunds_never_exceed_their_payment(shop: Shop) -> None:
    _, payment_id = shop.paid(shop.shopper(), (shop.goods("A1", 5000, 10), 1))
    with transaction(shop.ctx()) as tx:
        payments.insert_refund(tx, payments.lock_payment(tx, payment_id), refund(shop, payment_id, 5000), [])
    with pytest.raises(Refused) as no, transaction(shop.ctx()) as tx:
        payments.insert_refund(tx, payments.lock_payment(tx, payment_id), refund(shop, payment_id, 801), [])
    assert no.value.code == "refund_exceeds_payment"
    with transaction(shop.ctx()) as tx:
        payments.insert_refund(tx, payments.lock_payment(tx, payment_id), refund(shop, payment_id, 800), [])
    assert shop.one("select refund_fen, refunds from payments") == {"refund_fen": 5800, "refunds": 2}


def test_a_move_from_a_stale_view_is_no_move(shop: Shop) -> None:
    li = shop.shopper()
    payment_id = shop.begin(li, shop.place(li, (shop.goods(), 1)))
    with transaction(shop.ctx()) as tx:
        stale = payments.lock_payment(tx, payment_id)
        payments.move_payment(tx, stale, CLOSED)
    with pytest.raises(AssertionError, match="moved by somebody else"), transaction(shop.ctx()) as tx:
        payments.move_payment(tx, stale, CLOSED)
