"""Pack a parcel of a locked order: written, its goods off the shelf; all that can leave, or what was chosen."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from backend.aftersales import store as aftersales
from backend.fulfilment import rules
from backend.fulfilment import store as fulfilment
from backend.fulfilment.events import ParcelShipped
from backend.fulfilment.refusals import NOT_BY_COURIER
from backend.fulfilment.rules import Held
from backend.fulfilment.states import UNDERWAY
from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW
from backend.orders.states import PAID
from backend.stock import store as stock


def pack_parcel(tx: Transaction, order: Row[Any], parcel_id: str, *, courier: str, number: str,
                lines: Sequence[tuple[str, int]] | None = None, note: str = "") -> int:
    """Pack `lines` [(order line id, quantity)] of a locked order, None for all that can leave; returns how many units.

    What is refunded is not held any more, and what is in an open after-sales case waits. Refuses orders for pick-up
    (`not_by_courier`), that are not paid (`not_allowed_now`), what `rules.pack` refuses, a number that the order has already
    (`parcel_known`) and a sixteenth parcel (`too_many_parcels`). Call `move_on` afterwards. Locks the stock.
    """
    if order.delivery != rules.COURIER:
        raise NOT_BY_COURIER()
    if order.state != PAID:
        raise NOT_NOW(state=order.state)
    rows = {row.id: row for row in orders.lines_to_ship(tx, order.id)}
    disputed = aftersales.open_lines(tx, order.id)
    packed = rules.pack([Held(row.id, row.held, disputed.get(row.id, 0)) for row in rows.values()], lines)
    fulfilment.insert_parcel(tx, {
        "id": parcel_id, "order_id": order.id, "courier": courier, "tracking_number": number, "state": UNDERWAY,
        "note": rules.parcel_note(note), "shipped_at": tx.now, "shipped_by": str(tx.actor)}, packed)
    orders.ship_lines(tx, packed)
    tx.emit(ParcelShipped(parcel_id))
    stock.ship(tx, order.location_id, [(f"{parcel_id}/{line_id}", rows[line_id].sku_id, quantity) for line_id, quantity in packed])
    return sum(quantity for _, quantity in packed)
