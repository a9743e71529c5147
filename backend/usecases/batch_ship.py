"""Ship many parcels that a sheet tells of, each by itself; staff only."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row

from backend.context import Context
from backend.fulfilment import store as fulfilment
from backend.fulfilment.refusals import BATCH_ORDER_UNKNOWN, BATCH_SKU_UNKNOWN, PARCEL_KNOWN
from backend.fulfilment.sheet import Shipment
from backend.infra import audit
from backend.infra.uow import Reading, Transaction, transaction
from backend.kernel.errors import Refused
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.states import PAID
from backend.steps.move_on import move_on
from backend.steps.pack_parcel import pack_parcel

SHIPPED, KNOWN, NO = "shipped", "known", "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a shipment: shipped (or, in a rehearsal, would be), known already, or refused with the reason."""

    shipment: Shipment
    outcome: str
    order_id: str | None = None
    refused: Refused | None = None


class Rehearsed(Exception):
    """Ends a transaction that was only tried."""


def batch_ship(ctx: Context, *, shipments: Sequence[Shipment], dry_run: bool = False) -> list[Result]:
    """Ship each of them in a transaction of its own, so that a bad one stops no other; the results stand in the same order.

    A parcel whose number its order has already is known, so the same sheet again changes nothing. `dry_run` tries each and
    takes it back. See `pack_parcel` for what is refused; unknown orders and those of other stores alike are
    `batch_order_unknown`. Staff only.
    """
    ctx.actor.must("orders.ship")
    return [_one(ctx, shipment, dry_run) for shipment in shipments]


def _one(ctx: Context, shipment: Shipment, dry_run: bool) -> Result:
    order_id = None
    try:
        with transaction(ctx) as tx:
            order_id = orders.find_by_number(tx, shipment.order_number)
            if order_id is None:
                raise BATCH_ORDER_UNKNOWN()
            order = orders.lock_order(tx, order_id)
            if not ctx.actor.sees(order.store_id):
                raise BATCH_ORDER_UNKNOWN()
            before = {parcel.tracking_number: parcel for parcel in fulfilment.parcels_of(tx, order_id)}.get(shipment.number)
            if before is not None:
                if before.courier != shipment.courier:
                    raise PARCEL_KNOWN(tracking_number=shipment.number)
                return Result(shipment, KNOWN, order_id)
            _ship(tx, ctx, order, shipment)
            if dry_run:
                raise Rehearsed
    except Rehearsed:
        pass
    except Refused as refused:
        return Result(shipment, NO, None if refused.code == BATCH_ORDER_UNKNOWN.code else order_id, refused)
    return Result(shipment, SHIPPED, order_id)


def _ship(tx: Transaction, ctx: Context, order: Row, shipment: Shipment) -> None:
    parcel_id = new_id("shp", ctx.now)
    units = pack_parcel(tx, order, parcel_id, courier=shipment.courier, number=shipment.number,
                        lines=_lines(tx, order.id, shipment))
    state = move_on(tx, ctx, order)
    if state == PAID:
        fulfilment.want_upload(tx, order.id)
    audit.record(tx, "ship_order", order.id, before={"state": order.state}, after={
        "state": state, "parcel_id": parcel_id, "courier": shipment.courier, "tracking_number": shipment.number, "units": units,
        "batch": True})


def _lines(rd: Reading, order_id: str, shipment: Shipment) -> list[tuple[str, int]] | None:
    """The order's lines that the sheet names; a quantity of 0 stands for all that is left of that SKU."""
    if not shipment.items:
        return None
    by_code = {row.sku_code.upper(): row for row in orders.lines_to_ship(rd, order_id)}
    lines = []
    for code, quantity in shipment.items:
        row = by_code.get(code.upper())
        if row is None:
            raise BATCH_SKU_UNKNOWN(sku_code=code)
        lines.append((row.id, quantity or row.held))
    return lines
