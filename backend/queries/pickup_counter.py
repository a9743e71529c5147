"""The counter of a pick-up point: what waits there, what was handed over, and the order that somebody comes for."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, case, func, select

from backend.context import Context
from backend.infra.crypto import mask_name, mask_phone
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.kernel.calendar import business_day, day_start
from backend.kernel.errors import NOT_FOUND, Refused
from backend.members.rules import phone as clean_phone
from backend.orders.models import Order, OrderLine
from backend.orders.states import PICKUP_WORDS
from backend.organisation.models import Staff
from backend.organisation.rules import permissions_of
from backend.pickups import store as pickups
from backend.pickups.models import Pickup, PickupCode, PickupPoint, PointStaff
from backend.pickups.refusals import NOT_A_PICKUP, NOT_YOUR_POINT

POINTS, BOUND, PICKUPS, CODES = PickupPoint.__table__, PointStaff.__table__, Pickup.__table__, PickupCode.__table__
ORDERS, LINES, STAFF = Order.__table__, OrderLine.__table__, Staff.__table__

_MINE = select(POINTS.c.id, POINTS.c.name, POINTS.c.store_id, POINTS.c.active).join(BOUND, BOUND.c.point_id == POINTS.c.id).where(
    BOUND.c.staff_id == bindparam("staff_id")).order_by(POINTS.c.position, POINTS.c.id)
_COUNTS = select(
    CODES.c.point_id, func.count().label("waiting"), func.sum(case((PICKUPS.c.ready_at.is_not(None), 1), else_=0)).label("ready"),
    func.sum(case((PICKUPS.c.reminded_at.is_not(None), 1), else_=0)).label("overdue"),
).join(PICKUPS, PICKUPS.c.order_id == CODES.c.order_id).where(
    among(CODES.c.point_id, "ids")).group_by(CODES.c.point_id)
_DONE = select(PICKUPS.c.point_id, func.count().label("done")).where(
    among(PICKUPS.c.point_id, "ids"), PICKUPS.c.handed_over_at >= bindparam("since"),
).group_by(PICKUPS.c.point_id)

_ROW = (ORDERS.c.id, ORDERS.c.number, ORDERS.c.ship_to, ORDERS.c.line_count, ORDERS.c.total_fen, ORDERS.c.paid_at,
        PICKUPS.c.ready_at, PICKUPS.c.reminded_at, PICKUPS.c.handed_over_at, PICKUPS.c.handed_over_by, PICKUPS.c.with_code)
_WAITING = select(*_ROW).join(CODES, CODES.c.order_id == ORDERS.c.id).join(PICKUPS, PICKUPS.c.order_id == ORDERS.c.id).where(
    CODES.c.point_id == bindparam("point_id"), CODES.c.order_id > bindparam("after")).order_by(CODES.c.order_id)
_HANDED = select(*_ROW).join(PICKUPS, PICKUPS.c.order_id == ORDERS.c.id).where(
    PICKUPS.c.point_id == bindparam("point_id"), PICKUPS.c.handed_over_at >= bindparam("since"),
).order_by(PICKUPS.c.handed_over_at.desc()).limit(bindparam("rows"))
WHICH = {"waiting": (), "ready": (PICKUPS.c.ready_at.is_not(None),), "overdue": (PICKUPS.c.reminded_at.is_not(None),)}
"""What may be listed of the orders that wait at a point."""

_ORDER = select(*_ROW, ORDERS.c.store_id, ORDERS.c.state, ORDERS.c.remark, PICKUPS.c.point_id).join(
    PICKUPS, PICKUPS.c.order_id == ORDERS.c.id, isouter=True).where(ORDERS.c.id == bindparam("order_id"))
_LINES = select(LINES.c.title, LINES.c.options, LINES.c.picture, LINES.c.sku_code, LINES.c.quantity,
                (LINES.c.quantity - LINES.c.released_qty - LINES.c.shipped_qty).label("owed"), LINES.c.shipped_qty).where(
    LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)


def my_points(ctx: Context) -> list[dict[str, Any]]:
    """The points at which whoever asks may hand over, with what waits there and what was done today."""
    ctx.actor.must("orders.hand_over")
    with reading(ctx) as rd:
        mine = [row for row in rd.execute(_MINE, {"staff_id": ctx.actor.id}) if ctx.actor.sees(row.store_id)]
        counted = _counted(rd, [row.id for row in mine])
    return [{"id": row.id, "name": row.name, "active": row.active} | counted[row.id] for row in mine]


def point_counts(ctx: Context, *, point_ids: list[str]) -> dict[str, dict[str, int]]:
    """What waits at these points: {waiting, ready, overdue, done} by id. For lists whose rows lie within the actor's scope."""
    ctx.actor.must("orders.view")
    with reading(ctx) as rd:
        return _counted(rd, point_ids)


def _counted(rd: Reading, ids: list[str]) -> dict[str, dict[str, int]]:
    counted = {each: {"waiting": 0, "ready": 0, "overdue": 0, "done": 0} for each in ids}
    if ids:
        for row in rd.execute(_COUNTS, {"ids": ids}):
            counted[row.point_id] |= {"waiting": row.waiting, "ready": row.ready, "overdue": row.overdue}
        for row in rd.execute(_DONE, {"ids": ids, "since": _today(rd)}):
            counted[row.point_id]["done"] = row.done
    return counted


def _today(rd: Reading) -> datetime:
    return day_start(business_day(rd.now))


def waiting_orders(ctx: Context, *, point_id: str, which: str = "waiting", search: str = "", after: str = "",
                   limit: int = 50) -> tuple[list[dict[str, Any]], str | None]:
    """What waits at a point, longest first, and the cursor of the next page. `search`: an order number or a whole phone number.

    For the staff of the point, and for whoever edits it. Names and phones are masked.
    """
    ctx.actor.must("orders.hand_over")
    statement = _WAITING.where(*WHICH[which]).limit(limit + 1)
    if search:
        statement = statement.where(_fits(ctx, search))
    with reading(ctx) as rd:
        _must_serve(rd, ctx, point_id)
        rows = rd.execute(statement, {"point_id": point_id, "after": after}).all()
    return [_shown(row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def handed_over_today(ctx: Context, *, point_id: str, limit: int = 100) -> list[dict[str, Any]]:
    """What was handed over at a point today, latest first. For the same people as `waiting_orders`."""
    ctx.actor.must("orders.hand_over")
    with reading(ctx) as rd:
        _must_serve(rd, ctx, point_id)
        rows = rd.execute(_HANDED, {"point_id": point_id, "since": _today(rd), "rows": limit}).all()
        names = _names(rd, {row.handed_over_by for row in rows})
    return [_shown(row) | {"by": names.get(row.handed_over_by, row.handed_over_by)} for row in rows]


def counter_order(ctx: Context, *, order_id: str, language: str = "zh") -> dict[str, Any]:
    """An order as the counter needs it: whose it is, what is to be handed over, how it stands.

    For the staff of its point. An order outside the actor's scope is not there (`not_found`); refuses orders that are shipped
    (`not_a_pickup_order`) and those of other points (`not_your_pickup_point`).
    """
    ctx.actor.must("orders.hand_over")
    with reading(ctx) as rd:
        order = rd.execute(_ORDER, {"order_id": order_id}).one_or_none()
        if order is None or not ctx.actor.sees(order.store_id):
            raise NOT_FOUND()
        if order.point_id is None:
            raise NOT_A_PICKUP()
        _must_serve(rd, ctx, order.point_id, bound=True)
        lines = rd.execute(_LINES, {"order_id": order_id}).all()
        names = _names(rd, {order.handed_over_by})
    to = msgspec.json.decode(order.ship_to)
    return _shown(order) | {
        "name": to["name"], "point_id": order.point_id, "point_name": to["point_name"], "state": order.state,
        "state_text": PICKUP_WORDS[order.state][1 if language.startswith("en") else 0], "remark": order.remark,
        "by": names.get(order.handed_over_by), "lines": [dict(line._mapping) for line in lines],
        "pieces": sum(line.owed for line in lines)}


def point_staff(ctx: Context, *, point_id: str) -> list[dict[str, Any]]:
    """Everybody who could serve at a point: {id, name, login, bound, able}; who is bound stays listed when disabled."""
    ctx.actor.must("points.edit")
    with reading(ctx) as rd:
        ctx.actor.must_see(pickups.get_point(rd, point_id).store_id)
        bound = set(pickups.staff_of(rd, point_id))
        rows = rd.execute(select(STAFF.c.id, STAFF.c.name, STAFF.c.login, STAFF.c.roles, STAFF.c.state).order_by(
            STAFF.c.name, STAFF.c.id)).all()
    return [{"id": row.id, "name": row.name, "login": row.login, "bound": row.id in bound,
             "able": row.state == "active" and "orders.hand_over" in permissions_of(row.roles)}
            for row in rows if row.id in bound or row.state == "active"]


def _must_serve(rd: Reading, ctx: Context, point_id: str, *, bound: bool = False) -> None:
    """Refuse whoever is not on the staff of the point; without `bound` whoever edits it may look, too."""
    point = pickups.get_point(rd, point_id)
    if not ctx.actor.sees(point.store_id):
        raise NOT_FOUND()
    if not pickups.is_bound(rd, point_id, ctx.actor.id) and (bound or not ctx.actor.may("points.edit")):
        raise NOT_YOUR_POINT(point=point.name)


def _fits(ctx: Context, search: str) -> Any:
    number = ORDERS.c.number == search.strip().upper()
    try:
        return number | (ORDERS.c.phone_index == ctx.cipher.blind_index(clean_phone(search), "phone"))
    except Refused:
        return number


def _names(rd: Reading, actors: set[str | None]) -> dict[str, str]:
    """Names of staff by what their doings are signed with."""
    ids = [actor.removeprefix("staff:") for actor in actors if actor and actor.startswith("staff:")]
    if not ids:
        return {}
    return {f"staff:{row.id}": row.name for row in rd.execute(select(STAFF.c.id, STAFF.c.name).where(STAFF.c.id.in_(ids)))}


def _shown(row: Any) -> dict[str, Any]:
    to = msgspec.json.decode(row.ship_to)
    return {"id": row.id, "number": row.number, "name": mask_name(to["name"]), "phone": mask_phone(to["phone"]),
            "line_count": row.line_count, "total_fen": row.total_fen, "paid_at": row.paid_at, "ready_at": row.ready_at,
            "reminded_at": row.reminded_at, "handed_over_at": row.handed_over_at, "with_code": row.with_code}
