"""Stock for staff: what runs low, and how a level came about."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, tuple_

from backend.catalog.models import Product, Sku
from backend.context import Context
from backend.infra.uow import reading
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel, StockMove

PRODUCTS, SKUS, LEVELS, MOVES = Product.__table__, Sku.__table__, StockLevel.__table__, StockMove.__table__


class LowStock(NamedTuple):
    """A SKU of which little is left."""

    sku_id: str
    code: str
    product_id: str
    title: str
    options: Mapping[str, str]
    on_hand: int
    reserved: int
    available: int


class Move(NamedTuple):
    """A row of the journal."""

    id: str
    at: datetime
    kind: str
    cause: str
    on_hand_change: int
    reserved_change: int
    actor: str
    reason: str


_AVAILABLE = (LEVELS.c.on_hand - LEVELS.c.reserved).label("available")
_LOW = (
    select(
        SKUS.c.id,
        SKUS.c.code,
        PRODUCTS.c.id,
        PRODUCTS.c.title,
        SKUS.c.options,
        LEVELS.c.on_hand,
        LEVELS.c.reserved,
        _AVAILABLE,
    )
    .join(SKUS, SKUS.c.id == LEVELS.c.sku_id)
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .where(
        LEVELS.c.location_id == bindparam("location_id"),
        SKUS.c.active,
        PRODUCTS.c.on_shelf,
        LEVELS.c.on_hand - LEVELS.c.reserved <= bindparam("threshold"),
        tuple_(LEVELS.c.on_hand - LEVELS.c.reserved, SKUS.c.id) > tuple_(bindparam("after_available"), bindparam("after_id")),
    )
    .order_by(_AVAILABLE, SKUS.c.id)
    .limit(bindparam("rows"))
)
_JOURNAL = (
    select(*(MOVES.c[name] for name in Move._fields))
    .where(
        MOVES.c.sku_id == bindparam("sku_id"),
        MOVES.c.location_id == bindparam("location_id"),
        MOVES.c.id < bindparam("before"),
    )
    .order_by(MOVES.c.id.desc())
    .limit(bindparam("rows"))
)


def low_stock(
    ctx: Context,
    *,
    threshold: int = 10,
    after: tuple[int, str] = (-1, ""),
    limit: int = 100,
    location_id: str = MAIN_LOCATION,
) -> list[LowStock]:
    """Active SKUs on the shelf with `threshold` or fewer available, the fewest first; one statement. Staff only.

    `after` is (available, sku id) of the last row of the page before.
    """
    ctx.actor.must("goods.view")
    params = {
        "location_id": location_id,
        "threshold": threshold,
        "after_available": after[0],
        "after_id": after[1],
        "rows": limit,
    }
    with reading(ctx) as rd:
        return [LowStock(*row) for row in rd.execute(_LOW, params)]


def stock_journal(
    ctx: Context, *, sku_id: str, before: str = "~", limit: int = 100, location_id: str = MAIN_LOCATION
) -> list[Move]:
    """The journal of a SKU, newest first; `before` is the id of the last row of the page before. Staff only."""
    ctx.actor.must("goods.view")
    params = {"sku_id": sku_id, "location_id": location_id, "before": before, "rows": limit}
    with reading(ctx) as rd:
        return [Move(*row) for row in rd.execute(_JOURNAL, params)]
