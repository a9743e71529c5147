"""Say who serves at a pick-up point: they, and nobody else, hand orders over there."""

from collections.abc import Collection

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.pickups import store as pickups


def set_point_staff(ctx: Context, *, point_id: str, staff_ids: Collection[str]) -> None:
    """The staff of the point is exactly these people from now on; the same again changes nothing.

    Being bound gives no right by itself: who hands over also needs `orders.hand_over` and the point's store in their scope.
    Refuses unknown people (`staff_not_found`) and points outside the actor's scope. Staff only.
    """
    ctx.actor.must("points.edit")
    wanted = set(staff_ids)
    with transaction(ctx) as tx:
        point = pickups.lock_point(tx, point_id)
        ctx.actor.must_see(point.store_id)
        for staff_id in sorted(wanted):
            organisation.get_staff(tx, staff_id)
        there = set(pickups.staff_of(tx, point_id))
        pickups.bind(tx, point_id, sorted(wanted - there))
        pickups.unbind(tx, point_id, sorted(there - wanted))
        if wanted != there:
            audit.record(tx, "set_point_staff", point_id, before={"staff": sorted(there)}, after={"staff": sorted(wanted)})
