"""Who serves at a pick-up point: nobody but its own staff does anything with the orders that wait there."""

from typing import Any

from sqlalchemy import Row

from backend.context import Context
from backend.infra.uow import Reading
from backend.kernel.errors import NOT_FOUND
from backend.pickups import store as pickups
from backend.pickups.refusals import NOT_A_PICKUP, NOT_YOUR_POINT


def serve_at_point(rd: Reading, ctx: Context, order: Row[Any]) -> Row[Any]:
    """The pick-up of `order`, for an actor who is bound to its point.

    An order of a store that the actor does not see is not there (`not_found`). Refuses orders that are shipped
    (`not_a_pickup_order`) and actors who are not on the staff of the point, owners too (`not_your_pickup_point`).
    """
    if not ctx.actor.sees(order.store_id):
        raise NOT_FOUND()
    pickup = pickups.find_pickup(rd, order.id)
    if pickup is None:
        raise NOT_A_PICKUP()
    if not pickups.is_bound(rd, pickup.point_id, ctx.actor.id):
        raise NOT_YOUR_POINT(point=pickup.point_name)
    return pickup
