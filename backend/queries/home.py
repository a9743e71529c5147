"""The home page as ready JSON."""

import msgspec

from backend.catalog.models import Category, Product
from backend.catalog.rules import HOME_MARK
from backend.context import Context
from backend.infra import marks
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.queries.categories import CATEGORIES_IN_ORDER, as_category
from backend.queries.product_list import ITEMS, as_item, list_statement

CATEGORIES, PRODUCTS = Category.__table__, Product.__table__
HOME_ITEMS = 10
HOME_CATEGORIES = 20

_ROOTS = CATEGORIES_IN_ORDER.where(CATEGORIES.c.parent_id.is_(None)).limit(HOME_CATEGORIES)
_CHOSEN = ITEMS.where(among(PRODUCTS.c.id, "ids"))


def home_page(ctx: Context) -> bytes:
    """The home page as JSON bytes: banners and blocks as arranged, first-level categories, newest, best-selling.

    At most five statements. Of chosen products only the public ones are shown; a block without any is left out.
    """
    now = {"now": ctx.now}
    with reading(ctx, old=True) as rd:
        arranged = marks.find_mark(rd, HOME_MARK) or {"banners": [], "blocks": []}
        categories = [as_category(row) for row in rd.execute(_ROOTS)]
        newest, best = (
            [as_item(row) for row in rd.execute(list_statement(rd.dialect, sort), now | {"rows": HOME_ITEMS})]
            for sort in ("newest", "sales")
        )
        wanted = sorted({product_id for block in arranged["blocks"] for product_id in block["product_ids"]})
        chosen = {row.id: as_item(row) for row in rd.execute(_CHOSEN, now | {"ids": wanted})} if wanted else {}
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
