"""Open a refund: count it on lines, freight and payment, free its goods or take them back, and have it sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from backend.infra import audit
from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW, NOTHING_TO_REFUND
from backend.orders.rules import Goods, LineRefund, leave_nothing_held, may_refund
from backend.payments import store as payments
from backend.payments.events import RefundAsked
from backend.payments.rules import send_at
from backend.payments.states import ASKED, SUCCEEDED
from backend.stock import store as stock


def open_refund(tx: Transaction, order: Row[Any], parts: Sequence[LineRefund], freight_fen: int, skus: Mapping[str, str], *,
                refund_id: str, reason: str, restock: bool, case: str | None = None) -> int:
    """Ask for a refund of `parts` and `freight_fen` of a locked order; returns its amount in fen. `skus`: line id → SKU id.

    The worker sends it, WeChat's word books it; two refunds of one payment are sent at least a minute apart, as WeChat
    demands. Goods that lay on the shelf for the order are free for others from now on, so that they cannot be shipped any
    more; of those that had left the stock takes what is back (once each, also when a first refund failed: see
    `LineMoney.goods`). `restock` says so on the refund: some came back. When the last fen goes back, goods that
    have not left go with it, whatever they cost. Call `move_on` afterwards: nothing may be left to ship.
    Goods that cost nothing, given back in an after-sale `case`, need no refund: they are counted and 0 is returned.
    Refuses nothing at all (`nothing_to_refund`), more than is left (`refund_too_much`, guarded) and orders that are not paid
    (`not_allowed_now`).
    """
    parts = _whole(tx, order, parts, freight_fen)
    goods_fen = sum(part.amount_fen for part in parts)
    amount_fen = goods_fen + freight_fen
    attempts = [each for each in payments.lock_payments_of(tx, order.id) if each.state == SUCCEEDED]
    if not may_refund(order.state) or not attempts:
        raise NOT_NOW(state=order.state)
    if freight_fen < 0 or amount_fen <= 0 and not (case and parts):
        raise NOTHING_TO_REFUND()

    payment = attempts[0]
    orders.ask_refund(tx, order.id, parts, freight_fen)
    if amount_fen:
        due = send_at(tx.now, payments.last_refund_due(tx, payment.id))
        payments.insert_refund(tx, payment, {
            "id": refund_id, "payment_id": payment.id, "order_id": order.id, "kind": "order", "state": ASKED,
            "amount_fen": amount_fen, "goods_fen": goods_fen, "freight_fen": freight_fen, "restock": restock,
            "reason": reason[:80], "asked_by": str(tx.actor), "asked_at": tx.now, "send_at": due},
            [{"refund_id": refund_id, "order_line_id": part.order_line_id, "quantity": part.quantity,
              "amount_fen": part.amount_fen, "waived_fen": part.waived_fen, "shipped_qty": part.goods.shipped_qty,
              "returned_qty": part.goods.returned_qty} for part in parts])
        tx.emit(RefundAsked(refund_id), at=due)
        audit.record(tx, "refund_order", order.id, after={"refund_id": refund_id, "amount_fen": amount_fen,
                                                          "restock": restock, "reason": reason[:80]})
    cause = refund_id if amount_fen else case
    _move_stock(tx, order, [(f"{cause}/{part.order_line_id}", skus[part.order_line_id], part.goods) for part in parts])
    return amount_fen


def _whole(tx: Transaction, order: Row[Any], parts: Sequence[LineRefund], freight_fen: int) -> Sequence[LineRefund]:
    money, _ = orders.line_money(tx, order.id)
    asked = sum(line.refund_fen for line in money) + order.freight_refund_fen
    all_of_it = asked + sum(part.amount_fen for part in parts) + freight_fen == order.paid_fen
    return leave_nothing_held(money, parts) if all_of_it else parts


def _move_stock(tx: Transaction, order: Row[Any], moved: Sequence[tuple[str, str, Goods]]) -> None:
    free = [(cause, sku_id, goods.release_qty) for cause, sku_id, goods in moved if goods.release_qty]
    back = [(cause, sku_id, goods.restock_qty) for cause, sku_id, goods in moved if goods.restock_qty]
    if free:
        stock.release(tx, order.location_id, free)
    if back:
        stock.restock(tx, order.location_id, back)
