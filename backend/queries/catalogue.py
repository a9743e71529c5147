"""The public catalogue as ready JSON: the product list with search, the tree of categories, the home page.

Public is a product that is on the shelf, published, and has at least one active SKU. Cost and exact stock stay inside.
"""

import base64
import binascii
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Row, Select, bindparam, exists, func, select, tuple_

from backend.catalog import rules
from backend.catalog.models import Category, Product, ProductTerm, Sku
from backend.catalog.refusals import BAD_CURSOR
from backend.catalog.rules import HOME_MARK
from backend.context import Context
from backend.infra import marks
from backend.infra.db import Utc
from backend.infra.uow import Reading, reading
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
HOME_ITEMS = 10
HOME_CATEGORIES = 20
LAST_LETTER = "\U0010ffff"
"""Sorts after every letter, so that terms from `x` up to `x` + this begin with `x`."""

PUBLIC = PRODUCTS.c.on_shelf & (PRODUCTS.c.publish_at <= bindparam("now", type_=Utc())) & (PRODUCTS.c.sku_count > 0)
_IN_STOCK = exists().where(
    SKUS.c.product_id == PRODUCTS.c.id,
    SKUS.c.active,
    LEVELS.c.sku_id == SKUS.c.id,
    LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION),
    LEVELS.c.on_hand > LEVELS.c.reserved,
)
_ITEM = select(
    PRODUCTS.c.id,
    PRODUCTS.c.title,
    PRODUCTS.c.price_fen,
    PRODUCTS.c.market_price_fen,
    PRODUCTS.c.pictures[0].as_string().label("picture"),
    PRODUCTS.c.sole_sku_id.label("sku_id"),
    PRODUCTS.c.sole_sku_code.label("sku_code"),
    _IN_STOCK.label("in_stock"),
    PRODUCTS.c.publish_at,
    PRODUCTS.c.sold,
)


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
    """A page of public products as JSON bytes `{"items", "next"}`; one statement, however many products there are.

    Every word of `q` is a substring of the title, in whatever case and width; a category brings its children's
    products. `next` is the cursor of the following page or null. Refuses a strange cursor (`bad_cursor`) and a long
    `q` (`bad_query`). An unknown category is an empty list. KeyError for an unknown `sort`.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    params: dict[str, Any] = {"now": ctx.now, "rows": limit + 1, "category_id": category_id}
    found = rules.search(q)
    words, exact, prefixes = (found.words, found.exact, found.prefixes) if found else ((), (), ())
    params |= {f"word{index}": word for index, word in enumerate(words)}
    params |= {f"exact{index}": term for index, term in enumerate(exact)}
    params |= {f"from{index}": letter for index, letter in enumerate(prefixes)}
    params |= {f"to{index}": letter + LAST_LETTER for index, letter in enumerate(prefixes)}
    if after is not None:
        params |= _place(after, sort)
    with reading(ctx) as rd:
        statement = _statement(
            rd.dialect, sort, category_id is not None, after is not None, len(words), len(exact), len(prefixes)
        )
        rows = rd.execute(statement, {name: value for name, value in params.items() if value is not None}).all()
    more, rows = len(rows) > limit, rows[:limit]
    return msgspec.json.encode(
        {"items": [_item(row) for row in rows], "next": _cursor(rows[-1], sort) if more else None}
    )


@cache
def _statement(
    dialect: str, sort: str, in_category: bool, from_place: bool, words: int, exact: int, prefixes: int
) -> Select[Any]:
    """The list statement of this shape, built once."""
    column, descending = SORTS[sort]
    statement = _ITEM.where(PUBLIC)
    if in_category:
        wanted: BindParameter[str] = bindparam("category_id")
        family = select(CATEGORIES.c.id).where((CATEGORIES.c.id == wanted) | (CATEGORIES.c.parent_id == wanted))
        statement = statement.where(PRODUCTS.c.category_id.in_(family))
    for index in range(exact):
        statement = _having(statement, TERMS.c.term == bindparam(f"exact{index}"))
    for index in range(prefixes):
        statement = _having(
            statement, (TERMS.c.term >= bindparam(f"from{index}")) & (TERMS.c.term < bindparam(f"to{index}"))
        )
    position = func.strpos if dialect == "postgresql" else func.instr
    for index in range(words):
        statement = statement.where(position(PRODUCTS.c.folded_title, bindparam(f"word{index}")) > 0)
    if from_place:
        here = tuple_(column, PRODUCTS.c.id)
        there = tuple_(bindparam("value", type_=column.type), bindparam("after_id"))
        statement = statement.where(here < there if descending else here > there)
    order = (column.desc(), PRODUCTS.c.id.desc()) if descending else (column, PRODUCTS.c.id)
    return statement.order_by(*order).limit(bindparam("rows"))


def _having(statement: Select[Any], terms: ColumnElement[bool]) -> Select[Any]:
    return statement.where(PRODUCTS.c.id.in_(select(TERMS.c.product_id).where(terms)))


def _item(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "price_fen": row.price_fen,
        "market_price_fen": row.market_price_fen,
        "picture": row.picture,
        "sku_id": row.sku_id,
        "sku_code": row.sku_code,
        "in_stock": bool(row.in_stock),
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


_CATEGORIES = select(CATEGORIES.c.id, CATEGORIES.c.parent_id, CATEGORIES.c.name, CATEGORIES.c.picture).order_by(
    CATEGORIES.c.position, CATEGORIES.c.name, CATEGORIES.c.id
)


def category_tree(ctx: Context) -> bytes:
    """All categories as JSON bytes `{"items": [{"id", "name", "picture", "children"}]}`, in the merchant's order."""
    with reading(ctx) as rd:
        return msgspec.json.encode({"items": _tree(rd)})


def _tree(rd: Reading) -> list[dict[str, Any]]:
    rows = rd.execute(_CATEGORIES).all()
    roots: dict[str, dict[str, Any]] = {
        row.id: _category(row) | {"children": []} for row in rows if row.parent_id is None
    }
    for row in rows:
        if row.parent_id is not None:
            roots[row.parent_id]["children"].append(_category(row))
    return list(roots.values())


def _category(row: Row[Any]) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "picture": row.picture}


_ROOTS = _CATEGORIES.where(CATEGORIES.c.parent_id.is_(None)).limit(HOME_CATEGORIES)
_CHOSEN = _ITEM.where(PUBLIC, PRODUCTS.c.id.in_(bindparam("ids", expanding=True)))


def home_page(ctx: Context) -> bytes:
    """The home page as JSON bytes: banners and blocks as arranged, first-level categories, newest, best-selling.

    At most five statements. Of chosen products only the public ones are shown; a block without any is left out.
    """
    now = {"now": ctx.now}
    with reading(ctx) as rd:
        arranged = marks.find_mark(rd, HOME_MARK) or {"banners": [], "blocks": []}
        categories = [_category(row) for row in rd.execute(_ROOTS)]
        newest, best = (
            [
                _item(row)
                for row in rd.execute(_statement(rd.dialect, sort, False, False, 0, 0, 0), now | {"rows": HOME_ITEMS})
            ]
            for sort in ("newest", "sales")
        )
        wanted = sorted({product_id for block in arranged["blocks"] for product_id in block["product_ids"]})
        chosen = {row.id: _item(row) for row in rd.execute(_CHOSEN, now | {"ids": wanted})} if wanted else {}
    blocks = [
        {"title": block["title"], "subtitle": block["subtitle"], "items": items}
        for block in arranged["blocks"]
        if (items := [chosen[product_id] for product_id in block["product_ids"] if product_id in chosen])
    ]
    return msgspec.json.encode(
        {
            "banners": arranged["banners"],
            "categories": categories,
            "blocks": blocks,
            "newest": newest,
            "best_selling": best,
        }
    )


_KNOWN = select(func.count()).select_from(SKUS).where(SKUS.c.code.in_(bindparam("codes", expanding=True)))


def count_known_codes(ctx: Context, *, codes: Collection[str]) -> int:
    """How many of these SKU codes exist; for staff."""
    ctx.actor.must_be("staff", "system")
    wanted = list(codes)
    with reading(ctx) as rd:
        return sum(
            rd.execute(_KNOWN, {"codes": wanted[start : start + 1000]}).scalar_one()
            for start in range(0, len(wanted), 1000)
        )
