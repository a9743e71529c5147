"""Save a pick-up point: open a new one, or change one."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.calendar import business_day
from backend.kernel.ids import new_id
from backend.kernel.words import one_line
from backend.members import regions
from backend.members.refusals import REGION
from backend.members.rules import phone as clean_phone
from backend.organisation import store as organisation
from backend.pickups import rules
from backend.pickups import store as pickups
from backend.steps.claim_pictures import claim_pictures
from backend.uploads import store as uploads

AUDITED = ("store_id", "kind", "name", "region_code", "detail", "longitude_e6", "latitude_e6", "hours", "closed_on", "active",
           "position", "picture")


def save_pickup_point(ctx: Context, *, store_id: str, kind: str, name: str, region_code: str, detail: str, phone: str,
                      longitude: float, latitude: float, hours: Sequence[Sequence[Sequence[str]]],
                      closed_on: Sequence[date] = (), guide: str = "", picture: str | None = None, active: bool = True,
                      position: int = 0, point_id: str | None = None, key: ClientKey | None = None) -> str:
    """Write a point and return its id; with `point_id` that one is changed, and saying it again changes nothing.

    Orders keep the name and address that the point had when they were placed; a point that is not `active` takes no new ones,
    those it has are still handed over. Orders placed from now on belong to the point's store. Refuses what a point cannot look
    like (`point_…`, `place`, `opening_hours`, `closed_days`, `region`, `phone`), points and stores outside the actor's scope as
    if they were not there, and pictures that the actor did not send for a point. Staff only.
    """
    ctx.actor.must("points.edit")
    ctx.actor.must_see(store_id)
    name, detail = one_line(name), one_line(detail)
    guide = "\n".join(line for each in guide.splitlines() if (line := one_line(each)))
    rules.check_point(kind=kind, name=name, detail=detail, guide=guide, position=position)
    if not regions.is_district(region_code):
        raise REGION()
    place = rules.place(longitude, latitude)
    values: dict[str, Any] = {
        "store_id": store_id, "kind": kind, "name": name, "region_code": region_code, "detail": detail,
        "phone": clean_phone(phone), "longitude_e6": place.longitude_e6, "latitude_e6": place.latitude_e6,
        "hours": rules.as_clocks(rules.week(hours)),
        "closed_on": [day.isoformat() for day in rules.closed_days(closed_on, business_day(ctx.now))],
        "guide": guide, "picture": picture, "active": active, "position": position}
    saved_id = point_id or new_id("ppt", ctx.now)

    with transaction(ctx) as tx:
        first = claim(tx, key, "save_pickup_point", {"id": saved_id})
        if first is not None:
            return first["id"]
        before = None
        if point_id is not None:
            before = pickups.lock_point(tx, point_id)
            ctx.actor.must_see(before.store_id)
        organisation.get_place(tx, "store", store_id)
        if picture is not None and (before is None or picture != before.picture):
            claim_pictures(tx, ctx.actor, [picture], "point", saved_id)
        if before is not None and before.picture is not None and before.picture != picture:
            uploads.release(tx, saved_id, [before.picture])
        pickups.write_point(tx, saved_id, values, new=before is None)
        was = None if before is None else before._mapping
        changed = [column for column in AUDITED if was is None or was[column] != values[column]]
        if changed:
            audit.record(tx, "save_pickup_point", saved_id, before=None if was is None else {each: was[each] for each in changed},
                         after={each: values[each] for each in changed})
    return saved_id
