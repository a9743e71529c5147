"""The product list as ready JSON: search, categories, sorting, pages.

Public is a product that is on the shelf, published, and has at least one active SKU. Cost and exact stock stay inside.
A search reads the products of its rarest term, or, when all its terms are common, the products in their order until the
page is full; either way the words themselves decide.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BindParameter, CompoundSelect, Row, Select, bindparam, func, literal, select, tuple_, union_all

from backend.catalog import rules
from backend.catalog.models import Category, Product, ProductTerm, Sku
from backend.context import Context
from backend.infra.db import Utc
from backend.infra.uow import Reading, reading
from backend.kernel.errors import BAD_CURSOR
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel

CATEGORIES, PRODUCTS, SKUS, TERMS, LEVELS = (
    Category.__table__,
    Product.__table__,
    Sku.__table__,
    ProductTerm.__table__,
    StockLevel.__table__,
)
SORTS = {
    "newest": (PRODUCTS.c.publish_at, True),
    "price": (PRODUCTS.c.price_fen, False),
    "-price": (PRODUCTS.c.price_fen, True),
    "sales": (PRODUCTS.c.sold, True),
}
"""What a list can be sorted by: column, and whether the largest comes first; the id decides among equals."""
MAX_LIMIT = 100
COMMON = 1000
"""A term with as many entries narrows too little to be worth looking up."""

PUBLIC = PRODUCTS.c.on_shelf & (PRODUCTS.c.publish_at <= bindparam("now", type_=Utc())) & (PRODUCTS.c.sku_count > 0)
SOMETHING_LEFT = (
    select(literal(1))
    .where(
        SKUS.c.product_id == PRODUCTS.c.id,
        SKUS.c.active,
        LEVELS.c.sku_id == SKUS.c.id,
        LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION),
        LEVELS.c.on_hand > LEVELS.c.reserved,
    )
    .limit(1)
    .scalar_subquery()
)
"""1 or null; looked up per shown product: as EXISTS, PostgreSQL would rather hash the stock of the whole shop."""
ITEMS = select(
    PRODUCTS.c.id,
    PRODUCTS.c.title,
    PRODUCTS.c.price_fen,
    PRODUCTS.c.market_price_fen,
    PRODUCTS.c.pictures[0].as_string().label("picture"),
    PRODUCTS.c.sole_sku_id.label("sku_id"),
    PRODUCTS.c.sole_sku_code.label("sku_code"),
    SOMETHING_LEFT.label("something_left"),
    PRODUCTS.c.publish_at,
    PRODUCTS.c.sold,
).where(PUBLIC)
"""Public products as lists show them; parameter `now`."""


class Place(NamedTuple):
    """Where a page ended."""

    sort: str
    value: int | str
    id: str


def product_list(
    ctx: Context,
    *,
    q: str = "",
    category_id: str | None = None,
    sort: str = "newest",
    after: str | None = None,
    limit: int = 20,
) -> bytes:
    """A page of public products as JSON bytes `{"items", "next"}`; one statement, one more for a search.

    Every word of `q` is a substring of the title, in whatever case and width; a category brings its children's
    products. `next` is the cursor of the following page or null. Refuses a strange cursor (`bad_cursor`) and a long
    `q` (`bad_query`). An unknown category is an empty list. KeyError for an unknown `sort`.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    params: dict[str, Any] = {"now": ctx.now, "rows": limit + 1}
    found = rules.search(q)
    words = found.words if found else ()
    params |= {f"word{index}": word for index, word in enumerate(words)}
    if category_id is not None:
        params["category_id"] = category_id
    if after is not None:
        params |= _place(after, sort)
    with reading(ctx, old=True, once=found is None) as rd:
        terms = rarest(rd, found.ranges) if found else None
        if terms:
            params |= {"first_term": terms[0], "last_term": terms[1], "common": COMMON}
        shape = (category_id is not None, after is not None, len(words), terms is not None)
        rows = rd.execute(list_statement(rd.dialect, sort, *shape), params).all()
    more, rows = len(rows) > limit, rows[:limit]
    return msgspec.json.encode({"items": [as_item(row) for row in rows], "next": _cursor(rows[-1], sort) if more else None})


@cache
def list_statement(
    dialect: str, sort: str, in_category: bool = False, from_place: bool = False, words: int = 0, by_term: bool = False
) -> Select[Any]:
    """The list statement of this shape, built once; parameters `now` and `rows`, and those of what it has."""
    column, descending = SORTS[sort]
    statement = ITEMS
    if in_category:
        wanted: BindParameter[str] = bindparam("category_id")
        family = select(CATEGORIES.c.id).where((CATEGORIES.c.id == wanted) | (CATEGORIES.c.parent_id == wanted))
        statement = statement.where(PRODUCTS.c.category_id.in_(family))
    if by_term:
        statement = statement.where(PRODUCTS.c.id.in_(entries("first_term", "last_term")))
    position = func.strpos if dialect == "postgresql" else func.instr
    for index in range(words):
        statement = statement.where(position(PRODUCTS.c.folded_title, bindparam(f"word{index}")) > 0)
    if from_place:
        here = tuple_(column, PRODUCTS.c.id)
        there = tuple_(bindparam("value", type_=column.type), bindparam("after_id"))
        statement = statement.where(here < there if descending else here > there)
    if by_term:  # no index has this order, so that the few products of the term are read first and sorted then
        column = func.coalesce(column, column)
    order = (column.desc(), PRODUCTS.c.id.desc()) if descending else (column, PRODUCTS.c.id)
    return statement.order_by(*order).limit(bindparam("rows"))


def rarest(rd: Reading, ranges: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The range with the fewest entries, or None when all are common: then reading the products in order is faster."""
    params: dict[str, Any] = {f"first{index}": first for index, (first, _) in enumerate(ranges)} | {"common": COMMON}
    params |= {f"last{index}": last for index, (_, last) in enumerate(ranges)}
    counts = {row.index: row.entries for row in rd.execute(_count_statement(len(ranges)), params)}
    index = min(counts, key=lambda each: (counts[each], each))
    return ranges[index] if counts[index] < COMMON else None


def entries(first: str, last: str) -> Select[Any]:
    """At most `common` product ids of a range of terms; the order makes PostgreSQL read them from the index."""
    between = TERMS.c.term.between(bindparam(first), bindparam(last))
    in_order = select(TERMS.c.product_id).where(between).order_by(TERMS.c.term, TERMS.c.product_id)
    return in_order.limit(bindparam("common"))


@cache
def _count_statement(ranges: int) -> CompoundSelect[Any]:
    """Counts the entries of each range, no further than `common`."""
    counts = []
    for index in range(ranges):
        found = entries(f"first{index}", f"last{index}").subquery()
        counts.append(select(literal(index).label("index"), func.count().label("entries")).select_from(found))
    return union_all(*counts)


def as_item(row: Row[Any]) -> dict[str, Any]:
    """A row of ITEMS as it is shown in lists; in_stock as yes or no."""
    product_id, title, price_fen, market_price_fen, picture, sku_id, sku_code, something_left, *_ = row
    return {
        "id": product_id,
        "title": title,
        "price_fen": price_fen,
        "market_price_fen": market_price_fen,
        "picture": picture,
        "sku_id": sku_id,
        "sku_code": sku_code,
        "in_stock": something_left is not None,
    }


def _cursor(row: Row[Any], sort: str) -> str:
    value = getattr(row, SORTS[sort][0].name)
    place = Place(sort, value.isoformat() if isinstance(value, datetime) else value, row.id)
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _place(cursor: str, sort: str) -> dict[str, Any]:
    """The parameters of a cursor; refuses (`bad_cursor`) what this list did not make."""
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Place)
        if sort == "newest":
            value: Any = datetime.fromisoformat(str(place.value))
            fits = value.tzinfo is not None and value.astimezone(UTC).year > 1
        else:
            value = place.value
            fits = type(value) is int and 0 <= value < 2**63
    except (ValueError, OverflowError, binascii.Error, msgspec.DecodeError) as error:
        raise BAD_CURSOR() from error
    if not fits or place.sort != sort or not (place.id.isascii() and place.id.isprintable()):
        raise BAD_CURSOR()
    return {"value": value, "after_id": place.id}
