"""Loads and guarded writes of parcels and of what WeChat is told; an order's parcels change only while it is locked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from backend.fulfilment.events import ShippingUploadDue
from backend.fulfilment.models import Parcel, ParcelLine, ShippingUpload
from backend.fulfilment.refusals import PARCEL_KNOWN, TOO_MANY_PARCELS
from backend.fulfilment.rules import MAX_PARCELS
from backend.fulfilment.states import DUE
from backend.infra.marks import INSERT
from backend.infra.uow import Reading, Transaction

PARCELS, PARCEL_LINES, UPLOADS = Parcel.__table__, ParcelLine.__table__, ShippingUpload.__table__

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
             "unsure": False, "next_at": tx.now, "changed_at": tx.now}
    upsert = INSERT[tx.dialect](UPLOADS).values(**fresh).on_conflict_do_update(index_elements=["order_id"], set_={
        "state": DUE, "wanted": UPLOADS.c.wanted + 1, "attempts": 0, "next_at": tx.now, "changed_at": tx.now, "problem": None})
    tx.execute(upsert)
    tx.emit(ShippingUploadDue(order_id))
