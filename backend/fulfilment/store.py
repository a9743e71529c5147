"""Loads and guarded writes of parcels and of what WeChat is told; an order's parcels change only while it is locked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from backend.fulfilment.events import ShippingUploadDue
from backend.fulfilment.models import Parcel, ParcelLine, ParcelTrace, ShippingUpload
from backend.fulfilment.refusals import PARCEL_ENDED, PARCEL_KNOWN, TOO_MANY_PARCELS
from backend.fulfilment.rules import MAX_PARCELS
from backend.fulfilment.states import DELIVERED, DUE, PARCEL, UNDERWAY, UPLOAD
from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import new_id

PARCELS, PARCEL_LINES, TRACES, UPLOADS = (
    Parcel.__table__, ParcelLine.__table__, ParcelTrace.__table__, ShippingUpload.__table__)

BY_COURIER, BY_PICK_UP = 1, 4
"""WeChat's `logistics_type`."""

_OF_ORDER = select(PARCELS).where(PARCELS.c.order_id == bindparam("order_id")).order_by(PARCELS.c.seq)
_INSERT_PARCEL = insert(PARCELS)
_INSERT_LINES = insert(PARCEL_LINES)


def parcels_of(rd: Reading, order_id: str) -> list[Row[Any]]:
    """An order's parcels in the order in which they left."""
    return list(rd.execute(_OF_ORDER, {"order_id": order_id}))


def insert_parcel(tx: Transaction, parcel: dict[str, Any], lines: Sequence[tuple[str, int]]) -> None:
    """Write a new parcel of a locked order as its next one, with [(order line id, quantity)].

    Refuses a number that the order has already (`parcel_known`) and a sixteenth parcel (`too_many_parcels`); keys and CHECK
    of the table stand behind both.
    """
    before = parcels_of(tx, parcel["order_id"])
    if any(each.tracking_number == parcel["tracking_number"] for each in before):
        raise PARCEL_KNOWN(tracking_number=parcel["tracking_number"])
    if len(before) >= MAX_PARCELS:
        raise TOO_MANY_PARCELS(limit=MAX_PARCELS)
    tx.execute(_INSERT_PARCEL, parcel | {"seq": len(before) + 1})
    tx.execute(_INSERT_LINES, [{"parcel_id": parcel["id"], "order_line_id": line_id, "quantity": quantity}
                               for line_id, quantity in lines])


def want_upload(tx: Transaction, order_id: str, logistics_type: int = BY_COURIER) -> None:
    """Note that WeChat must be told (anew) of a locked order's goods, and have it done; however often it is said."""
    fresh = {"order_id": order_id, "logistics_type": logistics_type, "state": DUE, "wanted": 1, "attempts": 0, "completions": 0,
             "unsure": False, "caller": "", "next_at": tx.now, "changed_at": tx.now}
    upsert = INSERT[tx.dialect](UPLOADS).values(**fresh).on_conflict_do_update(index_elements=["order_id"], set_={
        "state": DUE, "wanted": UPLOADS.c.wanted + 1, "attempts": 0, "next_at": tx.now, "changed_at": tx.now, "problem": None})
    tx.execute(upsert)
    tx.emit(ShippingUploadDue(order_id))


_FIND_PARCEL = select(PARCELS).where(PARCELS.c.id == bindparam("parcel_id"))
_CONTENTS = select(PARCEL_LINES).join(PARCELS, PARCELS.c.id == PARCEL_LINES.c.parcel_id).where(
    PARCELS.c.order_id == bindparam("order_id"))
_UPLOAD = select(UPLOADS).where(UPLOADS.c.order_id == bindparam("order_id"))


def find_parcel(rd: Reading, parcel_id: str) -> Row[Any] | None:
    """A parcel, or None."""
    return rd.execute(_FIND_PARCEL, {"parcel_id": parcel_id}).one_or_none()


def contents_of(rd: Reading, order_id: str) -> dict[str, dict[str, int]]:
    """What is in each parcel of an order: parcel id → order line id → quantity."""
    found: dict[str, dict[str, int]] = {}
    for row in rd.execute(_CONTENTS, {"order_id": order_id}):
        found.setdefault(row.parcel_id, {})[row.order_line_id] = row.quantity
    return found


def correct_parcel(tx: Transaction, parcel: Row[Any], courier: str, number: str) -> None:
    """Write another courier or number on a parcel of a locked order.

    Refuses one that was delivered or came back (`parcel_ended`) and a number of another parcel (`parcel_known`).
    """
    if any(each.tracking_number == number and each.id != parcel.id for each in parcels_of(tx, parcel.order_id)):
        raise PARCEL_KNOWN(tracking_number=number)
    written = tx.execute(update(PARCELS).where(PARCELS.c.id == parcel.id, PARCELS.c.state == UNDERWAY).values(
        courier=courier, tracking_number=number, corrected_at=tx.now))
    if written.rowcount != 1:
        raise PARCEL_ENDED()


def end_parcel(tx: Transaction, parcel: Row[Any], to: str) -> None:
    """Move a parcel of a locked order to its end."""
    PARCEL.check(parcel.state, to)
    tx.execute(update(PARCELS).where(PARCELS.c.id == parcel.id, PARCELS.c.state == parcel.state).values(
        state=to, ended_at=tx.now))


def deliver_parcels(tx: Transaction, order_id: str) -> None:
    """The shopper has an order's goods: whatever of its parcels was on its way is delivered."""
    tx.execute(update(PARCELS).where(PARCELS.c.order_id == order_id, PARCELS.c.state == UNDERWAY).values(
        state=DELIVERED, ended_at=tx.now))


def add_traces(tx: Transaction, parcel_id: str, traces: Sequence[tuple[datetime, str]], source: str) -> int:
    """Add what is known of a parcel's way, [(when, text)]; what is known already stays once. Returns how many were new."""
    rows = [{"id": new_id("trc", tx.now), "parcel_id": parcel_id, "at": at, "text": text, "source": source,
             "noted_by": str(tx.actor), "noted_at": tx.now} for at, text in traces]
    return sum(tx.execute(INSERT[tx.dialect](TRACES).values(**row).on_conflict_do_nothing()).rowcount for row in rows)


# --- what WeChat is told ---


def find_upload(rd: Reading, order_id: str) -> Row[Any] | None:
    """What WeChat is to be told of an order, or None when nothing left; changes only while the order is locked."""
    return rd.execute(_UPLOAD, {"order_id": order_id}).one_or_none()


def begin_upload(tx: Transaction, upload: Row[Any], caller: str, began_at: datetime, at: datetime, again_at: datetime) -> None:
    """Note that WeChat is being told, as of `at`; if nobody hears how that ended, it is looked at again from `again_at`."""
    tx.execute(update(UPLOADS).where(UPLOADS.c.order_id == upload.order_id).values(
        unsure=True, caller=caller, began_at=began_at, attempts=upload.attempts + 1, uploaded_at=at, next_at=again_at))


def end_upload(tx: Transaction, upload: Row[Any], to: str, *, problem: str | None = None, completions: int | None = None,
               next_at: datetime | None = None) -> None:
    """Note how telling WeChat ended. When more has changed meanwhile than was told, it stays due."""
    if to != upload.state:
        UPLOAD.check(upload.state, to)
    tx.execute(update(UPLOADS).where(UPLOADS.c.order_id == upload.order_id).values(
        state=to, problem=problem, unsure=False, caller="", began_at=None, changed_at=tx.now, next_at=next_at,
        completions=upload.completions if completions is None else completions))


_DUE = select(UPLOADS.c.order_id).where(UPLOADS.c.state == DUE, UPLOADS.c.next_at <= bindparam("before")).order_by(
    UPLOADS.c.next_at).limit(bindparam("rows"))


def uploads_due(rd: Reading, before: datetime, limit: int = 200) -> list[str]:
    """Orders of which WeChat should have been told before then, the oldest first."""
    return list(rd.execute(_DUE, {"before": before, "rows": limit}).scalars())


def postpone_uploads(tx: Transaction, order_ids: Sequence[str], at: datetime) -> None:
    """Move the next look at these away, so that the next tick does not ask for them again."""
    if order_ids:
        tx.execute(update(UPLOADS).where(UPLOADS.c.order_id.in_(order_ids), UPLOADS.c.state == DUE).values(next_at=at))
