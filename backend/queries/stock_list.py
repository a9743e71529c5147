"""Stock for staff, SKU by SKU: what lies there, what is promised, what runs low; searched by title or SKU code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select

from backend.catalog import rules
from backend.catalog.models import Product, Sku
from backend.context import Context
from backend.infra.keyset import FIRST, Leaf, Sorting, Turn, leaf
from backend.infra.uow import Reading, reading
from backend.queries.goods_list import in_title, with_code
from backend.queries.stock import RUNS_LOW
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel

PRODUCTS, SKUS, LEVELS = Product.__table__, Sku.__table__, StockLevel.__table__
MAX_LIMIT = 100
TABS = ("all", "low", "out")


@dataclass(frozen=True, slots=True)
class Kept:
    """A SKU with its level; `low_at` None: as few as the shop's setting says."""

    id: str
    code: str
    options: Mapping[str, str]
    picture: str | None
    product_id: str
    title: str
    on_shelf: bool
    on_hand: int
    reserved: int
    low_at: int | None
    low: bool

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


_AVAILABLE = LEVELS.c.on_hand - LEVELS.c.reserved
_SHOWN = (
    SKUS.c.id,
    SKUS.c.code,
    SKUS.c.options,
    func.coalesce(SKUS.c.picture, PRODUCTS.c.pictures[0].as_string()).label("picture"),
    SKUS.c.product_id,
    PRODUCTS.c.title,
    PRODUCTS.c.on_shelf,
    LEVELS.c.on_hand,
    LEVELS.c.reserved,
    LEVELS.c.low_at,
    RUNS_LOW.label("low"),
    _AVAILABLE.label("available"),
    LEVELS.c.sku_id,
)
_AT = (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION))
_LEFT = {"low": RUNS_LOW, "out": _AVAILABLE <= 0}
"""Tabs of goods on the shelf that depend on what is left."""
_ON_SHELF = SKUS.c.product_id.not_in(select(PRODUCTS.c.id).where(~PRODUCTS.c.on_shelf))
_KEPT = select(SKUS.c.id, LEVELS.c.sku_id, _AVAILABLE.label("available")).join(LEVELS, _AT).where(SKUS.c.active)
_LEVELS = select(LEVELS.c.sku_id, _AVAILABLE.label("available")).where(
    LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION))
_KNOWN = select(*_SHOWN).join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id).join(LEVELS, _AT)
_NEWEST = Sorting.of(SKUS.c.id, SKUS.c.id, desc=True)
_FEWEST = Sorting("available", _AVAILABLE, LEVELS.c.sku_id)
FIRST_LOOK = 1_000
"""Levels that are looked at first for a page of what is left; when too few of their SKUs are for sale, all are."""


def stock_list(
    ctx: Context, *, q: str = "", tab: str = "all", turn: Turn = FIRST, limit: int = 20
) -> Leaf:
    """A page of active SKUs (`Kept`); at most three statements, two more for a search. Staff only.

    `low` are those on the shelf that have come to their line, `out` those of them of which nothing is left, both with the
    fewest first; all others come newest first. Refuses a long search (`bad_query`) and a strange place (`bad_cursor`); KeyError for
    an unknown tab.
    """
    ctx.actor.must("goods.view")
    limit = max(1, min(limit, MAX_LIMIT))
    params: dict[str, Any] = {"low_stock_at": ctx.shop.low_stock_at}
    statement = _KEPT if tab == "all" else _KEPT.where(_ON_SHELF, _LEFT[tab])
    with reading(ctx) as rd:
        found = rules.search(q)
        if found:
            statement = _searched(rd, statement, found, q, tab, params)

        def read(narrow: Callable[[Any], Any]) -> Iterable[Row[Any]]:
            if tab == "all" or found:
                return _shown(rd, narrow, statement, params)
            levels = [row.sku_id for row in rd.execute(narrow(_LEVELS.where(_LEFT[tab])).limit(FIRST_LOOK), params)]
            rows = _shown(rd, narrow, statement.where(SKUS.c.id.in_(levels)), params)
            return rows if len(levels) < FIRST_LOOK or len(rows) > limit else _shown(rd, narrow, statement, params)

        page = leaf(_NEWEST if tab == "all" else _FEWEST, turn, limit, read)
    return replace(page, rows=[_kept(row) for row in page.rows])


def _searched(
    rd: Reading, statement: Select[Any], found: rules.Search, q: str, tab: str, params: dict[str, Any]
) -> Select[Any]:
    """Those whose product's title has all words, or whose code begins so; common words are looked for newest first, until the page
    is full."""
    fits, titles = in_title(rd, found, params)
    if titles is None and tab == "all":
        coded = rd.execute(with_code(q)).scalars().all()  # looked up first: PostgreSQL reads no page in order past a subquery
        joined = statement.join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
        return joined.where(fits | SKUS.c.id.in_(coded) if coded else fits)
    titles = select(PRODUCTS.c.id).where(fits) if titles is None else titles
    codes = select(with_code(q).subquery().c.id)
    return statement.where(SKUS.c.id.in_(select(SKUS.c.id).where(SKUS.c.product_id.in_(titles)).union_all(codes)))


def _shown(rd: Reading, narrow: Callable[[Any], Any], statement: Select[Any], params: dict[str, Any]) -> Sequence[Row[Any]]:
    page = narrow(statement).subquery()
    return rd.execute(narrow(_KNOWN.join(page, page.c.id == SKUS.c.id)), params).all()


def _kept(row: Row[Any]) -> Kept:
    return Kept(*(getattr(row, each) for each in Kept.__slots__[:-1]), low=bool(row.low))
