"""Read the stock for an export: one row a SKU at a location."""

from sqlalchemy import func, select

from backend.catalog.models import Product, Sku
from backend.exports.rules import Asked, Batch
from backend.exports.store import count
from backend.infra.uow import Reading
from backend.organisation.models import Store
from backend.stock.models import Location, StockLevel

_V, _K, _P, _A, _S = StockLevel.__table__, Sku.__table__, Product.__table__, Location.__table__, Store.__table__

HEADING = (("商品编码", "SKU"), ("商品名称", "Title"), ("规格", "Options"), ("门店", "Store"), ("库位", "Location"),
           ("现货", "On hand"), ("占用", "Reserved"), ("可售", "Available"))

_JOINED = _V.join(_K, _K.c.id == _V.c.sku_id).join(_P, _P.c.id == _K.c.product_id).join(
    _A, _A.c.id == _V.c.location_id).join(_S, _S.c.id == _A.c.store_id)
_ROWS = select(_V.c.sku_id, _V.c.location_id, _K.c.code, _P.c.title, _K.c.options, _S.c.name.label("store"),
               _A.c.name.label("location"), _V.c.on_hand, _V.c.reserved).select_from(_JOINED)


def export_stock(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next levels of active SKUs, of the locations of the asker's stores; with `low` those with at most so
    many to sell, with `low_line` those on the shelf that have come to their line, or to this one where they have none."""
    where = [_K.c.active]
    if asked.store_ids is not None:
        where.append(_A.c.store_id.in_(asked.store_ids))
    available = _V.c.on_hand - _V.c.reserved
    if (low := _number(asked, "low")) is not None:
        where.append(available <= low)
    if (line := _number(asked, "low_line")) is not None:
        where += [_P.c.on_shelf, available <= func.coalesce(_V.c.low_at, line)]
    statement = _ROWS.where(*where)
    total = count(rd, statement) if after is None else None
    if after is not None:
        sku_id, location_id = after.split("/")
        statement = statement.where((_V.c.sku_id > sku_id) | ((_V.c.sku_id == sku_id) & (_V.c.location_id > location_id)))
    found = list(rd.execute(statement.order_by(_V.c.sku_id, _V.c.location_id).limit(limit)))
    return Batch([(
        row.code, row.title, "；".join(f"{name}：{value}" for name, value in row.options.items()), row.store, row.location,
        row.on_hand, row.reserved, row.on_hand - row.reserved,
    ) for row in found], f"{found[-1].sku_id}/{found[-1].location_id}" if len(found) == limit else None, total)


def _number(asked: Asked, name: str) -> int | None:
    text = asked.filters.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
