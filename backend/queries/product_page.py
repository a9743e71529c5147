"""The public page of one product as ready JSON."""

from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, func, select

from backend.catalog.detail import blocks
from backend.catalog.models import Category, DealDay, Product, Sku
from backend.catalog.rules import ways
from backend.context import Context
from backend.infra.rows import rows_as_json
from backend.infra.uow import reading
from backend.kernel.calendar import business_day
from backend.kernel.errors import NOT_FOUND
from backend.queries.product_list import PUBLIC
from backend.queries.reviews import RATING, RATINGS, rating_of
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel
from backend.stock.rules import shown

CATEGORIES, PRODUCTS, SKUS, DEALS, LEVELS = (
    Category.__table__,
    Product.__table__,
    Sku.__table__,
    DealDay.__table__,
    StockLevel.__table__,
)
DEAL_DAYS = 30

_RECENT = DEALS.c.day >= bindparam("since")
_PRODUCT = (
    select(
        PRODUCTS.c.id,
        PRODUCTS.c.title,
        PRODUCTS.c.selling_point,
        PRODUCTS.c.detail,
        PRODUCTS.c.pictures,
        PRODUCTS.c.price_fen,
        PRODUCTS.c.market_price_fen,
        PRODUCTS.c.sold,
        PRODUCTS.c.by_courier,
        PRODUCTS.c.by_pickup,
        CATEGORIES.c.id.label("category_id"),
        CATEGORIES.c.name.label("category"),
        *RATING,
        select(func.min(DEALS.c.lowest_fen))
        .join(SKUS, SKUS.c.id == DEALS.c.sku_id)
        .where(SKUS.c.product_id == PRODUCTS.c.id, _RECENT)
        .scalar_subquery()
        .label("lowest_fen"),
    )
    .join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id)
    .outerjoin(RATINGS, RATINGS.c.product_id == PRODUCTS.c.id)
    .where(PRODUCTS.c.id == bindparam("product_id"))
)
_SKUS = (
    select(
        SKUS.c.id,
        SKUS.c.position,
        SKUS.c.code,
        SKUS.c.options,
        SKUS.c.picture,
        SKUS.c.price_fen,
        SKUS.c.market_price_fen,
        func.coalesce(LEVELS.c.on_hand - LEVELS.c.reserved, 0).label("available"),
        select(func.min(DEALS.c.lowest_fen)).where(DEALS.c.sku_id == SKUS.c.id, _RECENT).scalar_subquery().label("lowest_fen"),
    )
    .outerjoin(LEVELS, (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION)))
    .where(SKUS.c.product_id == bindparam("product_id"), SKUS.c.active)
    .subquery("active_skus")
)


@cache
def _statement(dialect: str, public: bool) -> Select[Any]:
    """A product with its active SKUs; parameters `product_id` and `since`, and `now` when it must be public."""
    whole = _PRODUCT.add_columns(rows_as_json(dialect, _SKUS).label("skus"))
    return whole.where(PUBLIC) if public else whole


def product_page(ctx: Context, *, product_id: str) -> bytes:
    """A public product with its SKUs as JSON; one statement. Refuses (`not_found`) hidden and absent ones alike.

    `available` is exact up to 999 and never more. `lowest_deal_fen` is the lowest price of a unit that somebody
    really paid in the last 30 Chinese days, null if nobody bought.
    """
    return msgspec.json.encode(_page(ctx, product_id, public=True))


def product_preview(ctx: Context, *, product_id: str) -> dict[str, Any]:
    """The page of a product as shoppers would see it, whether they may now or not. Staff only."""
    ctx.actor.must("goods.view")
    return _page(ctx, product_id, public=False)


def _page(ctx: Context, product_id: str, *, public: bool) -> dict[str, Any]:
    asked = {"product_id": product_id, "since": business_day(ctx.now) - timedelta(days=DEAL_DAYS - 1)}
    with reading(ctx, once=True, old=public) as rd:
        product = rd.execute(_statement(rd.dialect, public), asked | ({"now": ctx.now} if public else {})).one_or_none()
    if product is None:
        raise NOT_FOUND()
    skus = [
        {
            "id": sku["id"],
            "code": sku["code"],
            "options": sku["options"],
            "picture": sku["picture"],
            "price_fen": sku["price_fen"],
            "market_price_fen": sku["market_price_fen"],
            "in_stock": sku["available"] > 0,
            "available": shown(sku["available"]),
            "lowest_deal_fen": sku["lowest_fen"],
        }
        for sku in sorted(product.skus or (), key=lambda sku: (sku["position"], sku["id"]))
    ]
    rating = rating_of(product)
    return {
        "id": product.id,
        "title": product.title,
        "selling_point": product.selling_point,
        "detail": product.detail,
        "detail_blocks": [
            {"kind": block.kind, "text": block.text, "items": block.items, "picture": block.picture}
            for block in blocks(product.detail)
        ],
        "category": {"id": product.category_id, "name": product.category},
        "pictures": product.pictures,
        "price_fen": product.price_fen,
        "market_price_fen": product.market_price_fen,
        "sold": product.sold,
        "deliveries": ways(product.by_courier, product.by_pickup),
        "reviews": {"count": rating.count, "average_tenths": rating.average_tenths},
        "in_stock": any(sku["in_stock"] for sku in skus),
        "lowest_deal_fen": product.lowest_fen,
        "options": option_values([sku["options"] for sku in skus]),
        "skus": skus,
    }


def option_values(options: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The choices to offer, in the order in which the SKUs name them: [{"name", "values"}]."""
    names = list(dict.fromkeys(name for each in options for name in each))
    return [{"name": name, "values": list(dict.fromkeys(each[name] for each in options if name in each))} for name in names]
