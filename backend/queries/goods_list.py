"""Goods for staff, as a list: every product in whatever state, searched by title or SKU code, page by page.

A page costs a fixed number of statements and no count. What sells out or runs low is looked for in the stock levels, which
have no index of what is available (it would have to move with every order): when few goods are concerned, they are looked
up; when many are, a page of them is soon found among all goods in their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, literal, or_, select

from backend.catalog import rules
from backend.catalog.models import Category, Product, Sku
from backend.context import Context
from backend.infra.keyset import FIRST, Leaf, Sorting, Turn, leaf
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.queries.product_list import COMMON, SOMETHING_LEFT, SORTS, entries, rarest
from backend.queries.stock import RUNS_LOW
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel

CATEGORIES, PRODUCTS, SKUS, LEVELS = Category.__table__, Product.__table__, Sku.__table__, StockLevel.__table__
MAX_LIMIT = 100
TABS = ("all", "on_sale", "off_shelf", "sold_out", "low", "scheduled")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which goods: `tab` is one of TABS, `category_id` brings its children's, prices (fen) are those of the cheapest SKU."""

    q: str = ""
    tab: str = "all"
    category_id: str | None = None
    from_fen: int | None = None
    to_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A product in the list. `state` is that of `rules.shelf_state`; costs are None for whoever may not see them."""

    id: str
    title: str
    picture: str | None
    category: str
    state: str
    on_shelf: bool
    publish_at: datetime
    lowest_fen: int
    highest_fen: int
    lowest_cost_fen: int | None
    highest_cost_fen: int | None
    sku_count: int
    sole_code: str | None
    on_hand: int
    reserved: int
    low: int
    sold: int
    updated_at: datetime

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


_COLUMNS = (
    PRODUCTS.c.id,
    PRODUCTS.c.title,
    PRODUCTS.c.pictures[0].as_string().label("picture"),
    CATEGORIES.c.name.label("category"),
    PRODUCTS.c.on_shelf,
    PRODUCTS.c.publish_at,
    PRODUCTS.c.price_fen,
    PRODUCTS.c.sku_count,
    PRODUCTS.c.sole_sku_code,
    PRODUCTS.c.sold,
    PRODUCTS.c.updated_at,
)
_HERE = (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION))
_SUMS = (
    select(
        SKUS.c.product_id,
        func.max(SKUS.c.price_fen).label("highest_fen"),
        func.min(SKUS.c.cost_fen).label("lowest_cost_fen"),
        func.max(SKUS.c.cost_fen).label("highest_cost_fen"),
        func.sum(func.coalesce(LEVELS.c.on_hand, 0)).label("on_hand"),
        func.sum(func.coalesce(LEVELS.c.reserved, 0)).label("reserved"),
        func.count().filter(RUNS_LOW).label("low"),
    )
    .outerjoin(LEVELS, _HERE)
    .where(among(SKUS.c.product_id, "ids"), SKUS.c.active)
    .group_by(SKUS.c.product_id)
)


def goods_list(
    ctx: Context, *, wanted: Wanted, sort: str = "newest", turn: Turn = FIRST, limit: int = 20
) -> Leaf:
    """A page of goods (`Listed`); two statements, up to two more for a search. Staff only.

    Refuses a long search (`bad_query`) and a strange place (`bad_cursor`); KeyError for an unknown sort or tab.
    """
    ctx.actor.must("goods.view")
    limit = max(1, min(limit, MAX_LIMIT))
    column, descending = SORTS[sort]
    with reading(ctx) as rd:
        statement, params = _matching(ctx, rd, wanted, select(*_COLUMNS).join(CATEGORIES))
        page = leaf(Sorting.of(column, PRODUCTS.c.id, descending), turn, limit,
                    lambda narrow: rd.execute(narrow(statement), params))
        sums = _sums(ctx, rd, [row.id for row in page.rows])
    return replace(page, rows=[_listed(ctx, row, sums.get(row.id)) for row in page.rows])


def matching_skus(ctx: Context, rd: Reading, wanted: Wanted, most: int) -> list[str]:
    """Ids of the active SKUs of all goods that are wanted, no more than `most` of them."""
    statement, params = _matching(ctx, rd, wanted, select(PRODUCTS.c.id))
    skus = select(SKUS.c.id).where(SKUS.c.active, SKUS.c.product_id.in_(statement)).order_by(SKUS.c.product_id, SKUS.c.position)
    return list(rd.execute(skus.limit(most), params).scalars())


def _matching(ctx: Context, rd: Reading, wanted: Wanted, statement: Select[Any]) -> tuple[Select[Any], dict[str, Any]]:
    params: dict[str, Any] = {"now": ctx.now, "low_stock_at": ctx.shop.low_stock_at}
    conditions = [*_IN_TAB[wanted.tab]]
    if wanted.tab in _BY_LEVEL:
        conditions += _by_level(rd, wanted.tab, params)
    if wanted.category_id is not None:
        params["category_id"] = wanted.category_id
        mine = bindparam("category_id")
        family = select(CATEGORIES.c.id).where((CATEGORIES.c.id == mine) | (CATEGORIES.c.parent_id == mine))
        conditions.append(PRODUCTS.c.category_id.in_(family))
    if wanted.from_fen is not None:
        conditions.append(PRODUCTS.c.price_fen >= wanted.from_fen)
    if wanted.to_fen is not None:
        conditions.append(PRODUCTS.c.price_fen <= wanted.to_fen)
    if found := rules.search(wanted.q):
        codes = select(SKUS.c.product_id).where(SKUS.c.id.in_(with_code(wanted.q)))
        conditions.append(titled(rd, found, params, codes))
    return statement.where(*conditions), params


def titled(rd: Reading, found: rules.Search, params: dict[str, Any], others: Select[Any]) -> ColumnElement[bool]:
    """Whether a product's title has all words, or it is one of `others` (a select of ids); adds its own `params`."""
    fits, titles = in_title(rd, found, params)
    if titles is not None:
        return PRODUCTS.c.id.in_(titles.union_all(others))
    ids = rd.execute(others).scalars().all()  # looked up first: PostgreSQL reads no page in order past a subquery
    return fits | PRODUCTS.c.id.in_(ids) if ids else fits


def in_title(rd: Reading, found: rules.Search, params: dict[str, Any]) -> tuple[ColumnElement[bool], Select[Any] | None]:
    """(whether a product's title has all words, ids of the products of which that is so when they are few); adds its `params`."""
    contains = func.strpos if rd.dialect == "postgresql" else func.instr
    fits = and_(*(contains(PRODUCTS.c.folded_title, word) > 0 for word in found.words))
    terms = rarest(rd, found.ranges)
    if terms is None:
        return fits, None
    params |= {"first_term": terms[0], "last_term": terms[1], "common": COMMON}
    return fits, select(PRODUCTS.c.id).where(fits, PRODUCTS.c.id.in_(entries("first_term", "last_term")))


def with_code(q: str) -> Select[Any]:
    """Ids of at most 1,000 SKUs whose code begins with `q` as it was typed, in capitals or in small letters."""
    typed = dict.fromkeys((q.strip(), q.strip().upper(), q.strip().lower()))
    begins = or_(*(SKUS.c.code.startswith(each, autoescape=True) for each in typed))
    return select(SKUS.c.id).where(begins).order_by(SKUS.c.code).limit(COMMON)


def _by_level(rd: Reading, tab: str, params: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Conditions on the levels: the ids of the goods concerned when they are few, else what is looked up for each."""
    condition, looked_up = _BY_LEVEL[tab]
    concerned = (
        select(SKUS.c.product_id)
        .join(LEVELS, _HERE)
        .where(SKUS.c.active, condition, SKUS.c.product_id.not_in(select(PRODUCTS.c.id).where(~PRODUCTS.c.on_shelf)))
        .limit(COMMON)
    )
    ids = list(rd.execute(concerned, params).scalars())
    if len(ids) == COMMON:
        return [looked_up]
    return [PRODUCTS.c.id.in_(sorted(set(ids))), looked_up]


def _sums(ctx: Context, rd: Reading, ids: Sequence[str]) -> Mapping[str, Row[Any]]:
    params = {"ids": list(ids), "low_stock_at": ctx.shop.low_stock_at}
    return {row.product_id: row for row in rd.execute(_SUMS, params)} if ids else {}


def _listed(ctx: Context, row: Row[Any], sums: Row[Any] | None) -> Listed:
    costs = ctx.actor.may("costs.view") and sums is not None
    on_hand, reserved = (sums.on_hand, sums.reserved) if sums is not None else (0, 0)
    return Listed(
        id=row.id,
        title=row.title,
        picture=row.picture,
        category=row.category,
        state=rules.shelf_state(row.on_shelf, row.publish_at, ctx.now, int(on_hand) - int(reserved)),
        on_shelf=row.on_shelf,
        publish_at=row.publish_at,
        lowest_fen=row.price_fen,
        highest_fen=sums.highest_fen if sums is not None else row.price_fen,
        lowest_cost_fen=sums.lowest_cost_fen if costs else None,
        highest_cost_fen=sums.highest_cost_fen if costs else None,
        sku_count=row.sku_count,
        sole_code=row.sole_sku_code,
        on_hand=int(on_hand),
        reserved=int(reserved),
        low=sums.low if sums is not None else 0,
        sold=row.sold,
        updated_at=row.updated_at,
    )


_PUBLISHED = PRODUCTS.c.publish_at <= bindparam("now", type_=PRODUCTS.c.publish_at.type)
_IN_TAB: dict[str, tuple[ColumnElement[bool], ...]] = {
    "all": (),
    "on_sale": (PRODUCTS.c.on_shelf, _PUBLISHED),
    "off_shelf": (~PRODUCTS.c.on_shelf,),
    "sold_out": (PRODUCTS.c.on_shelf, _PUBLISHED),
    "low": (PRODUCTS.c.on_shelf,),
    "scheduled": (PRODUCTS.c.on_shelf, ~_PUBLISHED),
}
_SOMETHING_LOW = (
    select(literal(1)).where(SKUS.c.product_id == PRODUCTS.c.id, SKUS.c.active, _HERE, RUNS_LOW).limit(1).scalar_subquery()
)
_BY_LEVEL: dict[str, tuple[ColumnElement[bool], ColumnElement[bool]]] = {
    "sold_out": (LEVELS.c.on_hand <= LEVELS.c.reserved, SOMETHING_LEFT.is_(None)),
    "low": (RUNS_LOW, _SOMETHING_LOW.is_not(None)),
}
"""Tabs that depend on the stock: what is true of a level concerned, and what is looked up for a product."""
