"""Hand a picked-up order over: the shopper is at the point and takes everything."""

from typing import Any

from backend.aftersales import store as aftersales
from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import Transaction, transaction
from backend.kernel.calendar import rfc3339
from backend.orders import store as orders
from backend.orders.events import OrderCompleted, OrderHandedOver
from backend.orders.states import CLOSING, COMPLETED, PAID, UNPAID
from backend.organisation import store as organisation
from backend.pickups import store as pickups
from backend.pickups.refusals import ALL_REFUNDED, ALREADY_HANDED_OVER, CASE_OPEN, CODE_NOT_FOUND, NOT_PAID_YET, ORDER_OVER
from backend.pickups.rules import read_code, say_moment
from backend.steps.serve_at_point import serve_at_point
from backend.steps.try_pickup_code import try_pickup_code
from backend.stock import store as stock


def hand_over(ctx: Context, *, order_id: str | None = None, code: str | None = None,
              key: ClientKey | None = None) -> dict[str, Any]:
    """Hand over all that is owed of an order, named by its pick-up code or (from the point's list) its id; returns
    {order_id, handed_over_at}. Partial hand-over is not offered: what the shopper does not take is refunded.

    The order completes, its goods leave the shelf and its code is dead, all in one transaction. With the same key again: the
    same answer. By staff of that point only; see `serve_at_point` and `try_pickup_code` for what they refuse; a wrong code is
    `pickup_code_not_found`. Refuses what was handed over already (saying when and by whom), is not paid (`not_paid_yet`),
    closed or refunded (`order_over`), has goods whose shopper asks for a refund (`pickup_case_open`), or is being refunded wholly
    (`all_refunded`).
    """
    ctx.actor.must("orders.hand_over")
    if code is not None:
        with transaction(ctx) as tx:
            order_id = try_pickup_code(tx, ctx, code)
    with transaction(ctx) as tx:
        facts = {"order_id": order_id, "handed_over_at": rfc3339(ctx.now)}
        first = claim(tx, key, "hand_over", facts)
        if first is not None:
            return first
        if order_id is None:
            raise CODE_NOT_FOUND()
        order = orders.lock_order(tx, order_id)
        pickup = serve_at_point(tx, ctx, order)
        if pickup.handed_over_at is not None:
            raise ALREADY_HANDED_OVER(at=say_moment(pickup.handed_over_at), by=_name(tx, pickup.handed_over_by))
        if order.state in (UNPAID, CLOSING):
            raise NOT_PAID_YET()
        if order.state != PAID:
            raise ORDER_OVER(state=order.state)
        if code is not None and pickups.find_code(tx, order_id) != read_code(code):
            raise CODE_NOT_FOUND()
        if any(aftersales.open_lines(tx, order_id).values()):
            raise CASE_OPEN()
        goods = [(line.id, line.sku_id, line.held) for line in orders.lines_to_ship(tx, order_id) if line.held]
        if not goods:
            raise ALL_REFUNDED()

        if not pickups.claim_hand_over(tx, order_id, with_code=code is not None):
            raise AssertionError(f"{order_id} was handed over while we held its lock")
        orders.ship_lines(tx, [(line_id, quantity) for line_id, _, quantity in goods])
        orders.move(tx, order, COMPLETED, "handed over", shipped_at=ctx.now, completed_at=ctx.now)
        tx.emit(OrderHandedOver(order_id))
        tx.emit(OrderCompleted(order_id))
        audit.record(tx, "hand_over", order_id, before={"state": order.state},
                     after={"state": COMPLETED, "point_id": pickup.point_id, "with_code": code is not None})
        stock.ship(tx, order.location_id, goods)
    return facts


def _name(tx: Transaction, actor: str) -> str:
    kind, _, staff_id = actor.partition(":")
    return organisation.get_staff(tx, staff_id).name if kind == "staff" else actor
