"""Read products for an export: one row an active SKU; the columns that an import reads come first, under its names."""

from decimal import Decimal

from sqlalchemy import select

from backend.catalog.models import Category, Product, Sku
from backend.exports.rules import Asked, Batch
from backend.exports.store import count, page
from backend.infra.uow import Reading

_P, _K, _C = Product.__table__, Sku.__table__, Category.__table__

HEADING = (
    ("商品编码", "sku"), ("商品名称", "title"), ("分类", "category"), ("价格", "price"), ("规格", "Options"),
    ("划线价", "Market price"), ("成本价", "Cost"), ("上架", "On shelf"), ("销量", "Sold"), ("上架时间", "Published"),
    ("配送方式", "Delivery"),
)
YES_NO = (("否", "No"), ("是", "Yes"))
DELIVERY = {
    (True, True): ("快递、自提", "courier, pick-up"), (True, False): ("快递", "courier"), (False, True): ("自提", "pick-up"),
}

_ROWS = select(
    _K.c.id, _K.c.code, _P.c.title, _C.c.name.label("category"), _K.c.price_fen, _K.c.options, _K.c.market_price_fen,
    _K.c.cost_fen, _P.c.on_shelf, _P.c.sold, _P.c.publish_at, _P.c.by_courier,
    _P.c.by_pickup,
).join(_P, _P.c.id == _K.c.product_id).join(_C, _C.c.id == _P.c.category_id)


def export_products(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next SKUs; costs are left empty unless the asker may see them. A category brings its children's products, prices
    are those of a product's cheapest SKU."""
    where = [_K.c.active, _P.c.created_at <= asked.until]
    if "category_id" in asked.filters:
        mine = asked.filters["category_id"]
        family = select(_C.c.id).where((_C.c.id == mine) | (_C.c.parent_id == mine))
        where.append(_P.c.category_id.in_(family))
    if "on_shelf" in asked.filters:
        where.append(_P.c.on_shelf == (asked.filters["on_shelf"] == "1"))
    if (least := asked.fen("price_from")) is not None:
        where.append(_P.c.price_fen >= least)
    if (most := asked.fen("price_to")) is not None:
        where.append(_P.c.price_fen <= most)
    found = page(rd, _ROWS.where(*where), _K.c.id, after, limit)
    total = count(rd, select(_K.c.id).join(_P, _P.c.id == _K.c.product_id).where(*where)) if after is None else None
    return Batch([(
        row.code, row.title, row.category, _yuan(row.price_fen),
        "；".join(f"{name}：{value}" for name, value in row.options.items()), _yuan(row.market_price_fen),
        _yuan(row.cost_fen) if asked.costs else None, asked.word(YES_NO[row.on_shelf]), row.sold, asked.moment(row.publish_at),
        asked.word(DELIVERY[row.by_courier, row.by_pickup]),
    ) for row in found], found[-1].id if len(found) == limit else None, total)


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)
