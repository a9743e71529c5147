"""One product as its form shows it: everything staff may change, with stock, state and when it was last changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from backend.catalog import rules
from backend.catalog.models import Category, Product, Sku
from backend.catalog.refusals import PRODUCT_UNKNOWN
from backend.context import Context
from backend.infra.uow import reading
from backend.queries.stock import RUNS_LOW
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel

CATEGORIES, PRODUCTS, SKUS, LEVELS = Category.__table__, Product.__table__, Sku.__table__, StockLevel.__table__


@dataclass(frozen=True, slots=True)
class FormSku:
    """A SKU in the form; `cost_fen` is None for whoever may not see costs."""

    id: str
    code: str
    options: Mapping[str, str]
    picture: str | None
    price_fen: int
    market_price_fen: int | None
    cost_fen: int | None
    active: bool
    on_hand: int
    reserved: int
    low_at: int | None
    low: bool

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class GoodsForm:
    """A product in the form; `skus` are the active ones in their order, `gone` those that were and may come back."""

    id: str
    title: str
    selling_point: str
    detail: str
    pictures: Sequence[str]
    category_id: str
    category: str
    position: int
    on_shelf: bool
    publish_at: datetime
    deliveries: Sequence[str]
    state: str
    sold: int
    created_at: datetime
    updated_at: datetime
    skus: Sequence[FormSku]
    gone: Sequence[FormSku]


_PRODUCT = (
    select(PRODUCTS, CATEGORIES.c.name.label("category"))
    .join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id)
    .where(PRODUCTS.c.id == bindparam("product_id"))
)
_SKUS = (
    select(
        SKUS.c.id,
        SKUS.c.code,
        SKUS.c.options,
        SKUS.c.picture,
        SKUS.c.price_fen,
        SKUS.c.market_price_fen,
        SKUS.c.cost_fen,
        SKUS.c.active,
        func.coalesce(LEVELS.c.on_hand, 0).label("on_hand"),
        func.coalesce(LEVELS.c.reserved, 0).label("reserved"),
        LEVELS.c.low_at,
        func.coalesce(RUNS_LOW, False).label("low"),
    )
    .outerjoin(LEVELS, (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION)))
    .where(SKUS.c.product_id == bindparam("product_id"))
    .order_by(SKUS.c.position, SKUS.c.id)
)


def goods_form(ctx: Context, *, product_id: str) -> GoodsForm:
    """A product with all its SKUs; two statements. Refuses an unknown one (`product_unknown`). Staff only."""
    ctx.actor.must("goods.view")
    costs = ctx.actor.may("costs.view")
    with reading(ctx) as rd:
        product = rd.execute(_PRODUCT, {"product_id": product_id}).one_or_none()
        if product is None:
            raise PRODUCT_UNKNOWN()
        rows = rd.execute(_SKUS, {"product_id": product_id, "low_stock_at": ctx.shop.low_stock_at}).mappings().all()
    skus = [FormSku(**(dict(row) | {"low": bool(row["low"])} | ({} if costs else {"cost_fen": None}))) for row in rows]
    active = [sku for sku in skus if sku.active]
    return GoodsForm(
        id=product.id,
        title=product.title,
        selling_point=product.selling_point,
        detail=product.detail,
        pictures=product.pictures,
        category_id=product.category_id,
        category=product.category,
        position=product.position,
        on_shelf=product.on_shelf,
        publish_at=product.publish_at,
        deliveries=rules.ways(product.by_courier, product.by_pickup),
        state=rules.shelf_state(product.on_shelf, product.publish_at, ctx.now, sum(sku.available for sku in active)),
        sold=product.sold,
        created_at=product.created_at,
        updated_at=product.updated_at,
        skus=active,
        gone=[sku for sku in skus if not sku.active],
    )
