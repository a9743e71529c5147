"""Opens the demo shop's pick-up points in a running shop, with their staff."""

from dataclasses import dataclass

from backend.commands._stage import Stage
from backend.demo.points import POINTS
from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, Actor, staff
from backend.organisation import MAIN_STORE
from backend.queries.pickup_counter import point_staff
from backend.usecases.save_pickup_point import save_pickup_point
from backend.usecases.set_point_staff import set_point_staff


@dataclass(frozen=True, slots=True)
class Counter:
    """A point that was opened, and who hands over there."""

    point_id: str
    clerk: Actor


def load_points(stage: Stage) -> dict[str, Counter]:
    """The points by the demo's keys, opened where they are missing; saying it again changes nothing."""
    counters = {}
    for position, point in enumerate(POINTS):
        point_id = save_pickup_point(
            stage.ctx(), store_id=MAIN_STORE, kind=point.kind, name=point.name, region_code=point.region_code, detail=point.detail,
            phone=point.phone, longitude=point.longitude, latitude=point.latitude, hours=point.hours, guide=point.guide,
            position=position, key=ClientKey(f"demo-point-{point.key}", "demo"))
        ids = {each["login"]: each["id"] for each in point_staff(stage.ctx(), point_id=point_id)}
        set_point_staff(stage.ctx(), point_id=point_id, staff_ids=[ids[login] for login in point.staff])
        counters[point.key] = Counter(point_id, staff(ids[point.staff[-1]], EVERYTHING))
    return counters
