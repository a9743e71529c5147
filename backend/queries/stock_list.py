"""Stock for staff, SKU by SKU: what lies there, what is promised, what runs low; searched by title or SKU code."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, false, func, select

from backend.catalog import rules
from backend.catalog.models import Product, Sku
from backend.context import Context
from backend.infra.keyset import FIRST, Leaf, Sorting, Turn, leaf
from backend.infra.uow import reading
from backend.queries.goods_list import titled, with_code
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
)
_ON_SHELF = SKUS.c.product_id.not_in(select(PRODUCTS.c.id).where(~PRODUCTS.c.on_shelf))
_IN_TAB = {"all": (), "low": (_ON_SHELF, RUNS_LOW), "out": (_ON_SHELF, _AVAILABLE <= 0)}
_KEPT = (
    select(SKUS.c.id, _AVAILABLE.label("available"))
    .join(LEVELS, (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION)))
    .where(SKUS.c.active)
)
_KNOWN = (
    select(*_SHOWN)
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .join(LEVELS, (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION)))
)
_NEWEST = Sorting.of(SKUS.c.id, SKUS.c.id, desc=True)
_FEWEST = Sorting("available", _AVAILABLE, SKUS.c.id)


def stock_list(
    ctx: Context, *, q: str = "", tab: str = "all", turn: Turn = FIRST, limit: int = 20
) -> Leaf:
    """A page of active SKUs (`Kept`); one statement, one more for a search. Staff only.

    `low` are those on the shelf that have come to their line, `out` those of them of which nothing is left, both with the
    fewest first; all others come newest first. Refuses a long search (`bad_query`) and a strange place (`bad_cursor`); KeyError for
    an unknown tab.
    """
    ctx.actor.must("goods.view")
    limit = max(1, min(limit, MAX_LIMIT))
    params: dict[str, Any] = {"low_stock_at": ctx.shop.low_stock_at}
    statement = _KEPT.where(*_IN_TAB[tab])
    with reading(ctx) as rd:
        if found := rules.search(q):
            nothing = select(PRODUCTS.c.id).where(false())
            titles = select(SKUS.c.id).where(
                SKUS.c.product_id.in_(select(PRODUCTS.c.id).where(titled(rd, found, params, nothing))))
            statement = statement.where(SKUS.c.id.in_(titles.union_all(select(with_code(q).subquery().c.id))))

        def read(narrow: Callable[[Any], Any]) -> Iterable[Row[Any]]:
            page = narrow(statement).subquery()
            return rd.execute(narrow(_KNOWN.join(page, page.c.id == SKUS.c.id)), params)

        page = leaf(_NEWEST if tab == "all" else _FEWEST, turn, limit, read)
    return replace(page, rows=[_kept(row) for row in page.rows])


def _kept(row: Row[Any]) -> Kept:
    return Kept(*(getattr(row, each) for each in Kept.__slots__[:-1]), low=bool(row.low))
