"""Read the stock journal for an export: one row a change of a level, oldest first."""

from sqlalchemy import select

from backend.catalog.models import Product, Sku
from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.organisation.models import Store
from backend.stock.models import Location, StockMove

_M, _K, _P, _A, _S = StockMove.__table__, Sku.__table__, Product.__table__, Location.__table__, Store.__table__

HEADING = (
    ("时间", "At"), ("商品编码", "SKU"), ("商品名称", "Title"), ("规格", "Options"), ("门店", "Store"), ("库位", "Location"),
    ("类型", "Kind"), ("现货变动", "On hand"), ("占用变动", "Reserved"), ("原因", "Reason"), ("单据", "Cause"), ("操作人", "Who"),
)
KINDS = {"opening": ("期初", "Opening"), "adjust": ("调整", "Adjusted"), "reserve": ("下单占用", "Reserved"),
         "release": ("释放占用", "Released"), "ship": ("出库", "Shipped"), "restock": ("退货入库", "Restocked")}

_JOINED = _M.join(_K, _K.c.id == _M.c.sku_id).join(_P, _P.c.id == _K.c.product_id).join(
    _A, _A.c.id == _M.c.location_id).join(_S, _S.c.id == _A.c.store_id)
_ROWS = select(_M.c.id, _M.c.at, _K.c.code, _P.c.title, _K.c.options, _S.c.name.label("store"), _A.c.name.label("location"),
               _M.c.kind, _M.c.on_hand_change, _M.c.reserved_change, _M.c.reason, _M.c.cause, _M.c.actor).select_from(_JOINED)


def export_stock_moves(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next changes, at the locations of the asker's stores."""
    where = narrowed(asked, _M.c.at, _A.c.store_id, sku_id=_M.c.sku_id, kind=_M.c.kind)
    found = page(rd, _ROWS.where(*where), _M.c.id, after, limit)
    total = count(rd, select(_M.c.id).select_from(_JOINED).where(*where)) if after is None else None
    return Batch([(
        asked.moment(row.at), row.code, row.title, "；".join(f"{name}：{value}" for name, value in row.options.items()), row.store,
        row.location, asked.word(KINDS[row.kind]), row.on_hand_change, row.reserved_change, row.reason, row.cause, row.actor,
    ) for row in found], found[-1].id if len(found) == limit else None, total)
