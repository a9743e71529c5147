"""Goods for tests: a product on the shelf in one line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from backend.catalog.rules import SkuForm
from backend.context import Context
from backend.infra.uow import reading
from backend.kernel.actors import SYSTEM
from backend.usecases.create_product import create_product
from backend.usecases.save_category import save_category

Contexts = Callable[..., Context] | Context


@dataclass(frozen=True, slots=True)
class Goods:
    """A product that was made: `sku_id` is that of its first SKU, `skus` has all by code."""

    product_id: str
    category_id: str
    sku_id: str
    skus: Mapping[str, str]


def as_system(ctx: Contexts) -> Context:
    """The system's context, from the `ctx` fixture or from any context."""
    return ctx.acting_as(SYSTEM) if isinstance(ctx, Context) else ctx(SYSTEM)


def given_category(ctx: Contexts, name: str = "水果", parent_id: str | None = None) -> str:
    """The id of the category of that name, made if it is not there."""
    context = as_system(ctx)
    with reading(context) as rd:
        found = rd.execute(
            text("select id from categories where name = :name and coalesce(parent_id, '') = :parent_id"),
            {"name": name, "parent_id": parent_id or ""},
        ).scalar()
    return found or save_category(context, name=name, parent_id=parent_id)


def given_product(
    ctx: Contexts,
    code: str = "A1",
    price_fen: int = 1990,
    stock: int = 100,
    title: str = "红富士苹果",
    category: str = "水果",
    **more: Any,
) -> Goods:
    """A product with one SKU `code`; `skus=[SkuForm(…)]` makes others, the rest goes to create_product."""
    category_id = more.pop("category_id", None) or given_category(ctx, category)
    forms = more.pop("skus", None) or [SkuForm(code, price_fen, stock=stock)]
    product_id = create_product(as_system(ctx), title=title, category_id=category_id, skus=forms, **more)
    return Goods(product_id, category_id, (skus := sku_ids(ctx, product_id))[forms[0].code], skus)


def sku_ids(ctx: Contexts, product_id: str) -> dict[str, str]:
    """SKU ids of a product by code, in their order."""
    with reading(as_system(ctx)) as rd:
        rows = rd.execute(
            text("select code, id from skus where product_id = :product_id order by position, id"),
            {"product_id": product_id},
        )
        return {row.code: row.id for row in rows}


def level(ctx: Contexts, sku_id: str) -> tuple[int, int]:
    """(on hand, reserved) of a SKU at the main location."""
    with reading(as_system(ctx)) as rd:
        row = rd.execute(
            text("select on_hand, reserved from stock_levels where sku_id = :sku_id and location_id = 'loc_main'"),
            {"sku_id": sku_id},
        ).one()
    return row.on_hand, row.reserved
