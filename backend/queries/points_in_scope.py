"""The pick-up points of the stores whose data whoever asks may see, for the choices of a filter."""

from sqlalchemy import select

from backend.context import Context
from backend.infra.uow import reading
from backend.pickups.models import PickupPoint

POINTS = PickupPoint.__table__
_ALL = select(POINTS.c.id, POINTS.c.name, POINTS.c.store_id).order_by(POINTS.c.position, POINTS.c.name, POINTS.c.id)


def points_in_scope(ctx: Context) -> dict[str, str]:
    """Names of points by id, those that are closed down too, in the order in which shoppers see them; staff only."""
    ctx.actor.must("orders.view")
    with reading(ctx) as rd:
        return {row.id: row.name for row in rd.execute(_ALL) if ctx.actor.sees(row.store_id)}
