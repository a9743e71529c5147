"""Refund a paid order, wholly or by chosen lines and quantities, freight apart; staff only."""

from collections.abc import Sequence
from typing import Any

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW, NOTHING_TO_REFUND
from backend.orders.rules import may_refund, refund_lines
from backend.payments import store as payments
from backend.payments.events import RefundAsked
from backend.payments.rules import send_at
from backend.payments.states import ASKED, SUCCEEDED
from backend.stock import store as stock


def refund_order(ctx: Context, *, order_id: str, lines: Sequence[tuple[str, int]] | None = None, freight_fen: int | None = None,
                 reason: str, restock: bool = True, key: ClientKey | None = None) -> dict[str, Any]:
    """Ask for a refund; returns {refund_id, amount_fen}. The worker sends it, WeChat's word books it.

    `lines` [(order line id, quantity)], None = all that is left. `freight_fen`: how much of the freight; None = all that is
    left of it when `lines` is None, else nothing. Amounts are computed here, exact to the fen over any series of refunds.
    `restock` puts goods that are still held for the order back on sale (once, also when a first refund failed).
    Refuses more than is left (`refund_too_much`) and orders that are not paid (`not_allowed_now`). Two refunds of one
    payment are sent at least a minute apart, as WeChat demands.
    """
    ctx.actor.must("orders.refund")
    refund_id = new_id("ref", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "refund_order", {"refund_id": refund_id})
        if first is not None:
            earlier = payments.find_refund(tx, first["refund_id"])
            assert earlier is not None
            return {"refund_id": earlier.id, "amount_fen": earlier.amount_fen}
        order = orders.lock_order(tx, order_id)
        attempts = [each for each in payments.lock_payments_of(tx, order_id) if each.state == SUCCEEDED]
        money, skus = orders.line_money(tx, order_id)
        if not may_refund(order.state) or not attempts:
            raise NOT_NOW(state=order.state)
        if freight_fen is None:
            freight_fen = order.freight_fen - order.freight_refund_fen if lines is None else 0
        if freight_fen < 0:
            raise NOTHING_TO_REFUND()
        parts = refund_lines(money, lines) if lines is None or lines else []
        goods_fen = sum(part.amount_fen for part in parts)
        if goods_fen + freight_fen <= 0:
            raise NOTHING_TO_REFUND()

        payment = attempts[0]
        due = send_at(ctx.now, payments.last_refund_due(tx, payment.id))
        orders.ask_refund(tx, order_id, parts, freight_fen, restock=restock)
        payments.insert_refund(tx, payment, {
            "id": refund_id, "payment_id": payment.id, "order_id": order_id, "kind": "order", "state": ASKED,
            "amount_fen": goods_fen + freight_fen, "goods_fen": goods_fen, "freight_fen": freight_fen, "restock": restock,
            "reason": reason[:80], "asked_by": str(ctx.actor), "asked_at": ctx.now, "send_at": due},
            [{"refund_id": refund_id, "order_line_id": part.order_line_id, "quantity": part.quantity,
              "amount_fen": part.amount_fen} for part in parts])
        tx.emit(RefundAsked(refund_id), at=due)
        audit.record(tx, "refund_order", order_id, after={"refund_id": refund_id, "amount_fen": goods_fen + freight_fen,
                                                          "reason": reason[:80]})
        if restock and parts:
            stock.release(tx, order.location_id, [(f"{refund_id}/{part.order_line_id}", skus[part.order_line_id], part.release_qty)
                                                  for part in parts if part.release_qty])
    return {"refund_id": refund_id, "amount_fen": goods_fen + freight_fen}
