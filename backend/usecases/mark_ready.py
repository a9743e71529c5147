"""Note that goods have arrived at the pick-up point, so that their shoppers can come."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW
from backend.orders.states import PAID
from backend.pickups import store as pickups
from backend.pickups.events import OrderReadyForPickup
from backend.steps.serve_at_point import serve_at_point

MOST = 200
"""Orders at once."""


def mark_ready(ctx: Context, *, order_ids: Sequence[str]) -> dict[str, str]:
    """Mark these orders (at most 200); by id: "ready", "known" when it was marked before, or the code of what is refused.

    Each order by itself; the state of the order does not change. By staff of the point only.
    """
    ctx.actor.must("orders.hand_over")
    if len(order_ids) > MOST:
        raise ValueError(f"at most {MOST} orders at once")
    answers: dict[str, str] = {}
    with transaction(ctx) as tx:
        for order_id in sorted(set(order_ids)):
            try:
                order = orders.lock_order(tx, order_id)
                serve_at_point(tx, ctx, order)
                if order.state != PAID:
                    raise NOT_NOW(state=order.state)
            except Refused as no:
                answers[order_id] = no.code
                continue
            if pickups.claim_ready(tx, order_id):
                tx.emit(OrderReadyForPickup(order_id))
                audit.record(tx, "mark_ready", order_id)
                answers[order_id] = "ready"
            else:
                answers[order_id] = "known"
    return answers
