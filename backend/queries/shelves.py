"""Categories and the home page for staff: the tree with its numbers, and the arrangement as its form shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from backend.catalog import rules
from backend.catalog.models import Category, Product
from backend.context import Context
from backend.infra import marks
from backend.infra.rows import among
from backend.infra.uow import reading

CATEGORIES, PRODUCTS = Category.__table__, Product.__table__


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category: `products` are all that stand in it or below it, `on_shelf` those of them on the shelf; `seen` is its
    fingerprint (see save_category)."""

    id: str
    parent_id: str | None
    name: str
    picture: str | None
    position: int
    products: int
    on_shelf: int
    seen: str
    children: "Sequence[Shelf]" = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A product as the home page's form shows it."""

    id: str
    title: str
    picture: str | None
    price_fen: int
    state: str


@dataclass(frozen=True, slots=True)
class HomeForm:
    """The arrangement with the products it names; `seen` is its fingerprint (see arrange_home)."""

    banners: Sequence[Mapping[str, Any]]
    blocks: Sequence[Mapping[str, Any]]
    products: Mapping[str, Chosen]
    seen: str


_COUNTS = select(PRODUCTS.c.category_id, func.count().label("products")).group_by(PRODUCTS.c.category_id)
_OFF_SHELF = _COUNTS.where(~PRODUCTS.c.on_shelf)
"""Counted apart, because both have an index that holds what is asked."""
_SHELVES = select(CATEGORIES).order_by(CATEGORIES.c.position, CATEGORIES.c.name, CATEGORIES.c.id)
_CHOSEN = select(
    PRODUCTS.c.id,
    PRODUCTS.c.title,
    PRODUCTS.c.pictures[0].as_string().label("picture"),
    PRODUCTS.c.price_fen,
    PRODUCTS.c.on_shelf,
    PRODUCTS.c.publish_at,
).where(among(PRODUCTS.c.id, "ids"))


def shelves(ctx: Context) -> list[Shelf]:
    """The tree of categories in the merchant's order, with how many products stand where; three statements. Staff only."""
    ctx.actor.must("goods.view")
    with reading(ctx) as rd:
        rows = rd.execute(_SHELVES).all()
        all_of = {row.category_id: row.products for row in rd.execute(_COUNTS)}
        off_shelf = {row.category_id: row.products for row in rd.execute(_OFF_SHELF)}

    def shelf(row: Any, children: Sequence[Shelf] = ()) -> Shelf:
        own = all_of.get(row.id, 0)
        return Shelf(
            row.id,
            row.parent_id,
            row.name,
            row.picture,
            row.position,
            own + sum(child.products for child in children),
            own - off_shelf.get(row.id, 0) + sum(child.on_shelf for child in children),
            rules.category_fingerprint(row.name, row.parent_id, row.picture),
            children,
        )

    below: dict[str, list[Shelf]] = {}
    for row in rows:
        if row.parent_id is not None:
            below.setdefault(row.parent_id, []).append(shelf(row))
    return [shelf(row, below.get(row.id, [])) for row in rows if row.parent_id is None]


def category_names(ctx: Context) -> list[tuple[str, str]]:
    """[(id, name)] of all categories in their order, those of the second level behind their parent's name. Staff only."""
    ctx.actor.must("goods.view")
    with reading(ctx) as rd:
        rows = rd.execute(_SHELVES).all()
    below: dict[str | None, list[Any]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    return [
        (row.id, f"{root.name} / {row.name}" if row is not root else row.name)
        for root in below.get(None, [])
        for row in [root, *below.get(root.id, [])]
    ]


def home_form(ctx: Context) -> HomeForm:
    """The home page as it is arranged; products that are gone are left out of `products`. Staff only."""
    ctx.actor.must("content.edit")
    with reading(ctx) as rd:
        arranged = marks.find_mark(rd, rules.HOME_MARK)
        now = arranged or {"banners": [], "blocks": []}
        wanted = {each for block in now["blocks"] for each in block["product_ids"]}
        wanted |= {banner["product_id"] for banner in now["banners"] if banner.get("product_id")}
        rows = rd.execute(_CHOSEN, {"ids": sorted(wanted)}).all() if wanted else []
    return HomeForm(now["banners"], now["blocks"], {row.id: _chosen(ctx, row) for row in rows}, rules.home_fingerprint(arranged))


def chosen_products(ctx: Context, *, product_ids: Sequence[str]) -> dict[str, Chosen]:
    """The heads of these products, by id; unknown ones are absent. For those who arrange the home page."""
    ctx.actor.must("content.edit")
    with reading(ctx) as rd:
        rows = rd.execute(_CHOSEN, {"ids": list(product_ids)}).all() if product_ids else []
    return {row.id: _chosen(ctx, row) for row in rows}


def _chosen(ctx: Context, row: Any) -> Chosen:
    state = rules.shelf_state(row.on_shelf, row.publish_at, ctx.now, available=1)
    return Chosen(row.id, row.title, row.picture, row.price_fen, state)
