"""Refund a paid order, wholly or by chosen lines and quantities, freight apart; staff only."""

from collections.abc import Sequence
from typing import Any

from backend.aftersales import store as aftersales
from backend.aftersales.refusals import LINE_IN_CASE
from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW
from backend.orders.rules import may_refund, refund_lines
from backend.payments import store as payments
from backend.steps.move_on import move_on
from backend.steps.open_refund import open_refund


def refund_order(ctx: Context, *, order_id: str, lines: Sequence[tuple[str, int]] | None = None, freight_fen: int | None = None,
                 reason: str, restock: bool = False, shipped: bool | None = None, key: ClientKey | None = None) -> dict[str, Any]:
    """Ask for a refund; returns {refund_id, amount_fen}. The worker sends it, WeChat's word books it.

    `lines` [(order line id, quantity)], None = all that is left. `freight_fen`: how much of the freight; None = all that is
    left of it when `lines` is None, else nothing. Amounts are computed here, exact to the fen over any series of refunds.

    `shipped` says which of a line's units are meant: those that have left, those that have not, or (None) the latter first.
    Those that have not left are free for others from now on; those that have are put back on the shelf only with `restock`:
    they are back. When nothing is left to ship and something has left, the order is `shipped`.

    Refuses lines that are in an open after-sale case (`aftersale_open`: decide that), more than is left (`refund_too_much`) and
    orders that are not paid (`not_allowed_now`). Two refunds of one payment are sent at least a minute apart, as WeChat
    demands. Staff only; orders of other stores are absent.
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
        ctx.actor.must_see(order.store_id)
        money, skus = orders.line_money(tx, order_id)
        if not may_refund(order.state):
            raise NOT_NOW(state=order.state)
        bound = aftersales.open_lines(tx, order_id)
        chosen = bound.keys() if lines is None else bound.keys() & {line_id for line_id, _ in lines}
        if chosen:
            raise LINE_IN_CASE(order_line_id=min(chosen))
        if freight_fen is None:
            freight_fen = order.freight_fen - order.freight_refund_fen if lines is None else 0
        parts = refund_lines(money, lines, shipped=shipped, restock=restock) if lines is None or lines else []

        amount_fen = open_refund(tx, order, parts, freight_fen, skus, refund_id=refund_id, reason=reason, restock=restock)
        move_on(tx, ctx, order)
    return {"refund_id": refund_id, "amount_fen": amount_fen}
