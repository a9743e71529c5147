"""Orders for those who work on them: what a list shows beside each, one order whole with its time line, and what to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, exists, select, union_all

from backend.catalog.models import Sku
from backend.context import Context
from backend.fulfilment.models import Parcel, ShippingUpload
from backend.fulfilment.rules import COURIER
from backend.fulfilment.states import FAILED, GAVE_UP
from backend.infra.crypto import mask_name, mask_phone
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.kernel.errors import NOT_FOUND
from backend.members.models import Member
from backend.orders.models import Order, OrderFilter, OrderLine, OrderNote
from backend.orders.states import PAID
from backend.organisation.models import Staff, Store
from backend.payments.models import Payment, Refund
from backend.pickups.models import Pickup, PickupPoint
from backend.promotions.rules import Reason, say
from backend.queries.order_timeline import Happening, Matter, order_timeline
from backend.queries.parcels import parcels_shown

ORDERS, LINES, NOTES = Order.__table__, OrderLine.__table__, OrderNote.__table__
PAYMENTS, REFUNDS, PARCELS, UPLOADS = Payment.__table__, Refund.__table__, Parcel.__table__, ShippingUpload.__table__
SKUS = Sku.__table__
MEMBERS, STAFF, STORES, FILTERS = Member.__table__, Staff.__table__, Store.__table__, OrderFilter.__table__
PICKUPS, POINTS = Pickup.__table__, PickupPoint.__table__
HELD = LINES.c.quantity - LINES.c.released_qty - LINES.c.shipped_qty
TO_SHIP = (ORDERS.c.state == PAID) & (ORDERS.c.delivery == COURIER) & exists().where(LINES.c.order_id == ORDERS.c.id, HELD > 0)
"""Paid orders of which something waits on the shelf to leave with a courier."""
MOST_PRINTED = 100


@dataclass(frozen=True, slots=True)
class Beside:
    """What a list shows of an order beside its own row: its goods in a line, what may still leave, whether it has notes."""

    goods: str
    pieces: int
    held: int
    noted: bool


_BESIDE = select(LINES.c.order_id, LINES.c.title, LINES.c.options, LINES.c.quantity, HELD.label("held"),
                 exists().where(NOTES.c.order_id == LINES.c.order_id).label("noted")).where(
    among(LINES.c.order_id, "ids")).order_by(LINES.c.order_id, LINES.c.position)


def orders_beside(ctx: Context, *, order_ids: Sequence[str], language: str = "zh") -> dict[str, Beside]:
    """What a page of the list shows beside its rows; one statement, however many rows."""
    ctx.actor.must("orders.view")
    if not order_ids:
        return {}
    lines: dict[str, list[Row[Any]]] = {}
    with reading(ctx) as rd:
        for row in rd.execute(_BESIDE, {"ids": list(order_ids)}):
            lines.setdefault(row.order_id, []).append(row)
    return {order_id: Beside(_goods(rows, language), sum(row.quantity for row in rows), sum(row.held for row in rows),
                             bool(rows[0].noted))
            for order_id, rows in lines.items()}


def _goods(rows: Sequence[Row[Any]], language: str) -> str:
    chinese = language != "en"
    named = ("、" if chinese else ", ").join(f"{row.title}{_option(row)}×{row.quantity}" for row in rows[:2])
    more = len(rows) - 2
    return named if more <= 0 else f"{named} 等 {len(rows)} 种" if chinese else f"{named} and {more} more"


def _option(row: Row[Any]) -> str:
    words = " ".join(row.options.values())
    return f"（{words}）" if words else ""


def orders_like(ctx: Context, text: str) -> Any:
    """A condition on orders for what somebody typed: an order number, a whole phone or tracking number, or the id of an order
    or a member."""
    ctx.actor.must("orders.view")
    upper = text.upper().replace(" ", "")
    index = ctx.cipher.blind_index(text.replace(" ", ""), "phone")
    found = union_all(  # each by an index of its own: one condition with "or" would look at every order there is
        select(ORDERS.c.id).where(ORDERS.c.number == upper), select(ORDERS.c.id).where(ORDERS.c.id == text),
        select(ORDERS.c.id).where(ORDERS.c.member_id == text), select(ORDERS.c.id).where(ORDERS.c.phone_index == index),
        select(ORDERS.c.id).join(MEMBERS, MEMBERS.c.id == ORDERS.c.member_id).where(MEMBERS.c.phone_index == index),
        select(PARCELS.c.order_id).where(PARCELS.c.tracking_number == upper)).subquery()
    return ORDERS.c.id.in_(select(found.c.id))


def orders_with_sku(code: str) -> Any:
    """A condition: orders that hold the SKU of this code."""
    return ORDERS.c.id.in_(select(LINES.c.order_id).where(LINES.c.sku_id.in_(select(SKUS.c.id).where(SKUS.c.code == code))))


def orders_at_point(point_id: str) -> Any:
    """A condition: orders that are fetched at this point, handed over or not."""
    return exists().where(PICKUPS.c.order_id == ORDERS.c.id, PICKUPS.c.point_id == point_id)


def saved_filters(ctx: Context) -> list[tuple[str, dict[str, str]]]:
    """One's own filters of the list, by name."""
    ctx.actor.must("orders.view")
    with reading(ctx) as rd:
        return [(row.name, row.query) for row in rd.execute(
            select(FILTERS.c.name, FILTERS.c.query).where(FILTERS.c.staff_id == ctx.actor.id).order_by(FILTERS.c.name))]


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """One order for the desk. `address` is masked for whoever neither ships nor edits."""

    order: Row[Any]
    store: str
    member: str
    address: dict[str, str]
    lines: list[Row[Any]]
    reasons: list[tuple[str, int]]
    payments: list[Row[Any]]
    refunds: list[Row[Any]]
    parcels: list[dict[str, Any]]
    upload: Row[Any] | None
    pickup: Row[Any] | None
    notes: list[tuple[str, str, datetime]]
    happenings: list[Happening]
    matters: list[Matter]

    @property
    def held(self) -> int:
        """Units that lie on the shelf for it."""
        return sum(line.held for line in self.lines)


_ONE = select(ORDERS, STORES.c.name.label("store_name"), MEMBERS.c.nickname).join(STORES, STORES.c.id == ORDERS.c.store_id).join(
    MEMBERS, MEMBERS.c.id == ORDERS.c.member_id).where(ORDERS.c.id == bindparam("order_id"))
_LINES = select(LINES, HELD.label("held")).where(LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)
_NOTES = select(NOTES).where(NOTES.c.order_id == bindparam("order_id")).order_by(NOTES.c.id.desc())
_PAYMENTS = select(PAYMENTS).where(PAYMENTS.c.order_id == bindparam("order_id")).order_by(PAYMENTS.c.id.desc())
_REFUNDS = select(REFUNDS).where(REFUNDS.c.order_id == bindparam("order_id")).order_by(REFUNDS.c.id.desc())
_UPLOAD = select(UPLOADS).where(UPLOADS.c.order_id == bindparam("order_id"))
_PICKUP = select(PICKUPS.c.ready_at, PICKUPS.c.handed_over_at, POINTS.c.name).join(POINTS, POINTS.c.id == PICKUPS.c.point_id).where(
    PICKUPS.c.order_id == bindparam("order_id"))


def order_desk(ctx: Context, *, order_id: str, language: str = "zh") -> OrderDesk:
    """One order with everything that belongs to it; refuses (not_found) the absent, and those of other stores alike."""
    ctx.actor.must("orders.view")
    asked = {"order_id": order_id}
    with reading(ctx) as rd:
        order = rd.execute(_ONE, asked).one_or_none()
        if order is None:
            raise NOT_FOUND()
        ctx.actor.must_see(order.store_id)
        names = _staff(rd)
        notes, parcels = rd.execute(_NOTES, asked).all(), parcels_shown(rd, order_id, language)
        payments, refunds = rd.execute(_PAYMENTS, asked).all(), rd.execute(_REFUNDS, asked).all()
        happenings, matters = order_timeline(rd, ctx.actor, order_id, payments, refunds)
        reasons = [Reason(each["code"], each["amount_fen"], each.get("details", {})) for each in order.explanation]
        return OrderDesk(
            order, order.store_name, order.nickname, _address(ctx, order), list(rd.execute(_LINES, asked)),
            [(say(each, language), each.amount_fen) for each in reasons], list(payments), list(refunds), parcels,
            rd.execute(_UPLOAD, asked).one_or_none(), rd.execute(_PICKUP, asked).one_or_none(),
            [(row.text, names.get(row.actor, row.actor), row.at) for row in notes],
            happenings, matters)


def _address(ctx: Context, order: Row[Any]) -> dict[str, str]:
    address: dict[str, str] = msgspec.json.decode(order.ship_to)
    if any(ctx.actor.may(each) for each in ("orders.ship", "orders.edit", "orders.hand_over")):
        return address
    return address | {"name": mask_name(address["name"]), "phone": mask_phone(address["phone"]), "detail": "***"}


def _staff(rd: Reading) -> dict[str, str]:
    return {f"staff:{row.id}": row.name for row in rd.execute(select(STAFF.c.id, STAFF.c.name))}


@dataclass(frozen=True, slots=True)
class Printed:
    """An order on paper: who gets it, and the units that are still to leave (or, when all have left, all of them)."""

    id: str
    number: str
    placed_at: datetime
    remark: str
    address: dict[str, str]
    total_fen: int
    lines: list[tuple[str, str, str, int]]


def orders_to_print(ctx: Context, *, order_ids: Sequence[str]) -> list[Printed]:
    """At most 100 orders for delivery notes and pick lists, in the order asked for; those of other stores are left out."""
    ctx.actor.must("orders.ship")
    wanted = list(dict.fromkeys(order_ids))[:MOST_PRINTED]
    if not wanted:
        return []
    with reading(ctx) as rd:
        rows = {row.id: row for row in rd.execute(select(ORDERS).where(ORDERS.c.id.in_(wanted))) if ctx.actor.sees(row.store_id)}
        lines: dict[str, list[Row[Any]]] = {}
        found = select(LINES, HELD.label("held")).where(LINES.c.order_id.in_(list(rows))).order_by(LINES.c.position)
        for line in rd.execute(found):
            lines.setdefault(line.order_id, []).append(line)
    return [Printed(row.id, row.number, row.placed_at, row.remark, msgspec.json.decode(row.ship_to), row.total_fen,
                    _to_leave(lines[row.id])) for row in (rows[each] for each in wanted if each in rows)]


def _to_leave(lines: Sequence[Row[Any]]) -> list[tuple[str, str, str, int]]:
    waiting = any(line.held for line in lines)
    return [(line.sku_code, line.title, " ".join(line.options.values()), line.held if waiting else line.quantity - line.refund_qty)
            for line in lines if (line.held if waiting else line.quantity - line.refund_qty)]


def pick_list(orders: Sequence[Printed]) -> list[tuple[str, str, str, int, list[str]]]:
    """[(SKU code, title, options, pieces, order numbers)] over all of them, by code: what to take off the shelves."""
    found: dict[str, tuple[str, str, int, list[str]]] = {}
    for order in orders:
        for code, title, options, pieces in order.lines:
            _, _, before, numbers = found.get(code, (title, options, 0, []))
            found[code] = (title, options, before + pieces, [*numbers, order.number])
    return [(code, *rest) for code, rest in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class StuckUpload:
    """An order of which WeChat would not hear."""

    order_id: str
    number: str
    state: str
    problem: str
    attempts: int
    correction_used: bool
    changed_at: datetime


_STUCK = select(UPLOADS.c.order_id, ORDERS.c.number, UPLOADS.c.state, UPLOADS.c.problem, UPLOADS.c.attempts,
                UPLOADS.c.completions, UPLOADS.c.changed_at).join(ORDERS, ORDERS.c.id == UPLOADS.c.order_id).where(
    UPLOADS.c.state == bindparam("state"), UPLOADS.c.order_id < bindparam("after")).order_by(
    UPLOADS.c.order_id.desc()).limit(bindparam("rows"))


def stuck_uploads(ctx: Context, *, given_up: bool = False, after: str = "~", limit: int = 50) -> list[StuckUpload]:
    """Uploads that failed (or that were given up), newest order first; `after` is the last order id of the page before."""
    ctx.actor.must("orders.view")
    statement = _STUCK if ctx.actor.store_ids is None else _STUCK.where(ORDERS.c.store_id.in_(sorted(ctx.actor.store_ids)))
    with reading(ctx) as rd:
        rows = rd.execute(statement, {"state": GAVE_UP if given_up else FAILED, "after": after, "rows": limit}).all()
    return [StuckUpload(row.order_id, row.number, row.state, row.problem or "", row.attempts, row.completions >= 2, row.changed_at)
            for row in rows]
