"""Stock for staff: what runs low, and how a level came about."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, tuple_

from backend.catalog.models import Product, Sku
from backend.context import Context
from backend.infra.uow import reading
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel, StockMove

PRODUCTS, SKUS, LEVELS, MOVES = Product.__table__, Sku.__table__, StockLevel.__table__, StockMove.__table__


class LowStock(NamedTuple):
    """A SKU of which little is left; `low_at` None: as few as the shop's setting says."""

    sku_id: str
    code: str
    product_id: str
    title: str
    options: Mapping[str, str]
    on_hand: int
    reserved: int
    available: int
    low_at: int | None


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
RUNS_LOW = LEVELS.c.on_hand - LEVELS.c.reserved <= func.coalesce(LEVELS.c.low_at, bindparam("low_stock_at"))
"""Whether a level has come to its line; parameter `low_stock_at`, the shop's setting."""
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
        LEVELS.c.low_at,
    )
    .join(SKUS, SKUS.c.id == LEVELS.c.sku_id)
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .where(
        LEVELS.c.location_id == bindparam("location_id"),
        SKUS.c.active,
        PRODUCTS.c.on_shelf,
        RUNS_LOW,
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
    threshold: int | None = None,
    after: tuple[int, str] = (-1, ""),
    limit: int = 100,
    location_id: str = MAIN_LOCATION,
) -> list[LowStock]:
    """Active SKUs on the shelf that have come to their line, the fewest available first; one statement. Staff only.

    SKUs without a line of their own have `threshold` (by default the shop's setting). `after` is (available, sku id) of
    the last row of the page before.
    """
    ctx.actor.must("goods.view")
    params = {
        "location_id": location_id,
        "low_stock_at": ctx.shop.low_stock_at if threshold is None else threshold,
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
