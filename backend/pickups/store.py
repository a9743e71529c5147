"""Pick-ups in the database: points and their staff, orders that are fetched, their live codes, tries of wrong ones.

Whoever changes a pick-up or its code holds the lock of the order; only tries stand alone.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.infra.crypto import FieldCipher
from backend.infra.db import Utc
from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import human_code
from backend.pickups.models import Pickup, PickupCode, PickupPoint, PickupTries, PointStaff
from backend.pickups.refusals import POINT_NOT_FOUND
from backend.pickups.rules import CODE_LENGTH, MOST_ROTATIONS, MOST_TRIES, TRIES_WINDOW

POINTS, STAFF, PICKUPS = PickupPoint.__table__, PointStaff.__table__, Pickup.__table__
CODES, TRIES = PickupCode.__table__, PickupTries.__table__
_INSERT = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
CODE = "pickup_codes.code"
"""The purpose under which codes are indexed."""

# --- points ---

_POINT = select(POINTS).where(POINTS.c.id == bindparam("point_id"))
_OPEN_POINT = _POINT.where(POINTS.c.active)
_LOCK_POINT = _POINT.with_for_update()
_INSERT_POINT = insert(POINTS)


def get_open_point(rd: Reading, point_id: str) -> Row[Any]:
    """The point, if shoppers may choose it; refuses (`pickup_point_not_found`) absent and closed ones alike."""
    point = rd.execute(_OPEN_POINT, {"point_id": point_id}).one_or_none()
    if point is None:
        raise POINT_NOT_FOUND()
    return point


def get_point(rd: Reading, point_id: str) -> Row[Any]:
    """The point, closed or not; refuses (`pickup_point_not_found`) an absent one."""
    point = rd.execute(_POINT, {"point_id": point_id}).one_or_none()
    if point is None:
        raise POINT_NOT_FOUND()
    return point


def lock_point(tx: Transaction, point_id: str) -> Row[Any]:
    """Lock a point and return it; refuses (`pickup_point_not_found`) an absent one."""
    tx.locking("pick-up point")
    point = tx.execute(_LOCK_POINT, {"point_id": point_id}).one_or_none()
    if point is None:
        raise POINT_NOT_FOUND()
    return point


def write_point(tx: Transaction, point_id: str, values: dict[str, Any], *, new: bool) -> None:
    """Insert a point, or change a locked one."""
    values = values | {"changed_at": tx.now}
    if new:
        tx.execute(_INSERT_POINT, values | {"id": point_id, "created_at": tx.now})
    else:
        tx.execute(update(POINTS).where(POINTS.c.id == point_id).values(**values))


# --- staff of points ---

_BOUND = select(STAFF.c.point_id).where(STAFF.c.point_id == bindparam("point_id"), STAFF.c.staff_id == bindparam("staff_id"))
_STAFF_OF = select(STAFF.c.staff_id).where(STAFF.c.point_id == bindparam("point_id")).order_by(STAFF.c.staff_id)


def is_bound(rd: Reading, point_id: str, staff_id: str) -> bool:
    """Whether this member of staff may hand over at this point."""
    return rd.execute(_BOUND, {"point_id": point_id, "staff_id": staff_id}).first() is not None


def staff_of(rd: Reading, point_id: str) -> list[str]:
    """Ids of the staff of a point."""
    return list(rd.execute(_STAFF_OF, {"point_id": point_id}).scalars())


def bind(tx: Transaction, point_id: str, staff_ids: Collection[str]) -> None:
    """Put people on the staff of a locked point; who is there stays."""
    rows = [{"point_id": point_id, "staff_id": staff_id, "bound_by": str(tx.actor), "bound_at": tx.now} for staff_id in staff_ids]
    if rows:
        tx.execute(_INSERT[tx.dialect](STAFF).on_conflict_do_nothing(), rows)


def unbind(tx: Transaction, point_id: str, staff_ids: Collection[str]) -> None:
    """Take people off the staff of a locked point."""
    if staff_ids:
        tx.execute(delete(STAFF).where(STAFF.c.point_id == point_id, STAFF.c.staff_id.in_(staff_ids)))


# --- pick-ups ---

_PICKUP = select(PICKUPS, POINTS.c.store_id, POINTS.c.name.label("point_name")).join(
    POINTS, POINTS.c.id == PICKUPS.c.point_id).where(PICKUPS.c.order_id == bindparam("order_id"))


def insert_pickup(tx: Transaction, order_id: str, point_id: str) -> None:
    """Note that an order, added in this transaction, is fetched at a point."""
    tx.add(PICKUPS, [{"order_id": order_id, "point_id": point_id, "rotations": 0}])


def find_pickup(rd: Reading, order_id: str) -> Row[Any] | None:
    """The pick-up of an order with its point's `store_id` and `point_name`; None when the order is not fetched."""
    return rd.execute(_PICKUP, {"order_id": order_id}).one_or_none()


def claim_ready(tx: Transaction, order_id: str) -> bool:
    """Note that the goods have arrived at the point (guarded write); False the second time."""
    return _claim(tx, order_id, PICKUPS.c.ready_at.is_(None), ready_at=tx.now, ready_by=str(tx.actor))


def claim_hand_over(tx: Transaction, order_id: str, *, with_code: bool) -> bool:
    """Note who handed the goods over, and end the code (guarded write); False the second time."""
    used = select(CODES.c.code_index).where(CODES.c.order_id == order_id).scalar_subquery()
    claimed = _claim(tx, order_id, PICKUPS.c.handed_over_at.is_(None), handed_over_at=tx.now, handed_over_by=str(tx.actor),
                     with_code=with_code, used_code_index=used)
    end_code(tx, order_id)
    return claimed


def claim_reminder(tx: Transaction, order_id: str) -> bool:
    """Note that the goods have waited too long (guarded write); False the second time."""
    return _claim(tx, order_id, PICKUPS.c.reminded_at.is_(None), reminded_at=tx.now)


def claim_rotation(tx: Transaction, order_id: str) -> bool:
    """Count a new code (guarded write); False when the shopper has had too many."""
    return _claim(tx, order_id, PICKUPS.c.rotations < MOST_ROTATIONS, rotations=PICKUPS.c.rotations + 1)


def _claim(tx: Transaction, order_id: str, guard: Any, **values: Any) -> bool:
    return tx.execute(update(PICKUPS).where(PICKUPS.c.order_id == order_id, guard).values(**values)).rowcount == 1


# --- codes ---

_CODE_OF = select(CODES.c.code).where(CODES.c.order_id == bindparam("order_id"))
_END_CODE = delete(CODES).where(CODES.c.order_id == bindparam("of_order"))
_MINE = STAFF.c.staff_id == bindparam("staff_id")
_OPENS = select(CODES.c.order_id, POINTS.c.store_id).join(STAFF, STAFF.c.point_id == CODES.c.point_id).join(
    POINTS, POINTS.c.id == CODES.c.point_id).where(CODES.c.code_index == bindparam("code_index"), _MINE)
_OPENED = select(PICKUPS.c.order_id, POINTS.c.store_id).join(STAFF, STAFF.c.point_id == PICKUPS.c.point_id).join(
    POINTS, POINTS.c.id == PICKUPS.c.point_id).where(PICKUPS.c.used_code_index == bindparam("code_index"), _MINE).order_by(
    PICKUPS.c.handed_over_at.desc()).limit(1)


def issue_code(tx: Transaction, cipher: FieldCipher, order_id: str, point_id: str) -> str:
    """Give an order without a live code one and return it; unique among all live codes, of which it takes another when met."""
    statement = _INSERT[tx.dialect](CODES).on_conflict_do_nothing(index_elements=["code_index"])
    while True:
        code = human_code(CODE_LENGTH)
        row = {"code_index": cipher.blind_index(code, CODE), "order_id": order_id, "point_id": point_id, "code": code,
               "made_at": tx.now}
        if tx.execute(statement, row).rowcount == 1:
            return code


def end_code(tx: Transaction, order_id: str) -> None:
    """The order's code opens nothing any more; without a code nothing happens."""
    tx.execute(_END_CODE, {"of_order": order_id})


def find_code(rd: Reading, order_id: str) -> str | None:
    """The live code of an order, in clear."""
    return rd.execute(_CODE_OF, {"order_id": order_id}).scalar()


def find_opened(rd: Reading, code_index: str, staff_id: str) -> Row[Any] | None:
    """(order_id, store_id) of what this code opens, or has opened, for this member of staff.

    None for absent and replaced codes and those of other points alike, after the same two statements.
    """
    asked = {"code_index": code_index, "staff_id": staff_id}
    return rd.execute(_OPENS, asked).first() or rd.execute(_OPENED, asked).first()


# --- tries ---

_TRY = text("""
    insert into pickup_tries (staff_id, since, tries, misses) values (:staff_id, :now, 1, 1)
    on conflict (staff_id) do update
    set since = case when pickup_tries.since <= :floor then excluded.since else pickup_tries.since end,
        tries = case when pickup_tries.since <= :floor then 1 else pickup_tries.tries + 1 end,
        misses = pickup_tries.misses + 1
    where pickup_tries.since <= :floor or pickup_tries.tries < :most
    """).bindparams(bindparam("now", type_=Utc()), bindparam("floor", type_=Utc()))
_HIT = update(TRIES).where(TRIES.c.staff_id == bindparam("whose")).values(tries=0, misses=TRIES.c.misses - 1)
_SINCE = select(TRIES.c.since).where(TRIES.c.staff_id == bindparam("staff_id"))


def claim_try(tx: Transaction, staff_id: str) -> bool:
    """Count a try as a miss before the code is looked at (guarded write); False when this person has had too many."""
    asked = {"staff_id": staff_id, "now": tx.now, "floor": tx.now - TRIES_WINDOW, "most": MOST_TRIES}
    return tx.execute(_TRY, asked).rowcount == 1


def note_hit(tx: Transaction, staff_id: str) -> None:
    """The last try was none of the misses: begin anew with this person."""
    tx.execute(_HIT, {"whose": staff_id})


def tries_since(rd: Reading, staff_id: str) -> datetime:
    """When this person's running count of tries began."""
    return rd.execute(_SINCE, {"staff_id": staff_id}).scalar() or rd.now
