"""Pick-up points as shoppers choose among them: the nearest first, with what is open now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.pickups import store as pickups
from backend.pickups.models import PickupPoint
from backend.pickups.rules import KINDS, MICRO, Place, closes_at, distance_m, opens_at, place, say_week, week
from backend.queries.regions import names_of

POINTS = PickupPoint.__table__

_RANKED = select(POINTS.c.id, POINTS.c.longitude_e6, POINTS.c.latitude_e6, POINTS.c.position).where(
    POINTS.c.active, POINTS.c.region_code.like(bindparam("region")))
_PAGE = select(POINTS).where(among(POINTS.c.id, "ids"))


def pickup_points(ctx: Context, *, longitude: float | None = None, latitude: float | None = None, region_code: str | None = None,
                  after: str | None = None, limit: int = 20, language: str = "zh") -> dict[str, Any]:
    """Open points in a region (a district, city or province; None: all), a page of them; `next` is the cursor of the following.

    Ordered by distance from the given place, else as the merchant put them. Refuses (`place`) half a place and what lies
    nowhere on earth. Two statements; the first reads a merchant's points narrowly, some thousand at most.
    """
    near = None
    if longitude is not None or latitude is not None:
        near = place(float("nan") if longitude is None else longitude, float("nan") if latitude is None else latitude)
    region = "%" if region_code is None else region_code.removesuffix("00").removesuffix("00") + "%"
    rank, _, after_id = (after or "").partition(".")
    with reading(ctx) as rd:
        ranked = sorted(_ranks(rd.execute(_RANKED, {"region": region}), near))
        if after is not None:
            ranked = [each for each in ranked if each > (int(rank), after_id)]
        page = ranked[:limit]
        rows = {row.id: row for row in rd.execute(_PAGE, {"ids": [point_id for _, point_id in page]})} if page else {}
    items = [shown_point(rows[point_id], ctx.now, language) | {"distance_m": metres if near else None} for metres, point_id in page]
    return {"items": items, "next": f"{page[-1][0]}.{page[-1][1]}" if len(ranked) > limit else None}


def _ranks(rows: Any, near: Place | None) -> list[tuple[int, str]]:
    return [(row.position if near is None else distance_m(near, Place(row.longitude_e6, row.latitude_e6)), row.id) for row in rows]


def pickup_point(ctx: Context, *, point_id: str, language: str = "zh") -> dict[str, Any]:
    """One open point; refuses (`pickup_point_not_found`) absent and closed ones alike."""
    with reading(ctx) as rd:
        return shown_point(pickups.get_open_point(rd, point_id), ctx.now, language) | {"distance_m": None}


@dataclass(frozen=True, slots=True)
class Opening:
    """When a point is open, seen from a moment: `closes_at` while it is open, else `opens_at`, None when not within sixty days."""

    open_now: bool
    closes_at: datetime | None
    opens_at: datetime | None
    hours_text: list[str]


def opening(point: Any, now: datetime, language: str) -> Opening:
    """The opening hours of a point (a row of it), in words and against the clock."""
    hours, closed_on = week(point.hours), [date.fromisoformat(day) for day in point.closed_on]
    closes = closes_at(hours, closed_on, now)
    return Opening(closes is not None, closes, opens_at(hours, closed_on, now), say_week(hours, language))


def shown_point(point: Row[Any], now: datetime, language: str) -> dict[str, Any]:
    """A point as shoppers see it, ready for JSON: where, what to call, when it is open."""
    province, city, district = names_of(point.region_code) or ("", "", "")
    hours = opening(point, now, language)
    return {
        "id": point.id, "kind": point.kind, "kind_text": KINDS[point.kind][1 if language.startswith("en") else 0],
        "name": point.name, "region_code": point.region_code, "province": province, "city": city, "district": district,
        "detail": point.detail, "phone": point.phone, "longitude": point.longitude_e6 / MICRO,
        "latitude": point.latitude_e6 / MICRO, "open_now": hours.open_now, "closes_at": hours.closes_at,
        "opens_at": hours.opens_at, "hours_text": hours.hours_text, "hours": point.hours,
        "closed_on": point.closed_on, "guide": point.guide, "picture": point.picture, "active": point.active}
