"""The tree of categories as ready JSON."""

from typing import Any

import msgspec
from sqlalchemy import Row, select

from backend.catalog.models import Category
from backend.context import Context
from backend.infra.uow import Reading, reading

CATEGORIES = Category.__table__
CATEGORIES_IN_ORDER = select(CATEGORIES.c.id, CATEGORIES.c.parent_id, CATEGORIES.c.name, CATEGORIES.c.picture).order_by(
    CATEGORIES.c.position, CATEGORIES.c.name, CATEGORIES.c.id
)


def category_tree(ctx: Context) -> bytes:
    """All categories as JSON bytes `{"items": [{"id", "name", "picture", "children"}]}`, in the merchant's order."""
    with reading(ctx, old=True) as rd:
        return msgspec.json.encode({"items": _tree(rd)})


def _tree(rd: Reading) -> list[dict[str, Any]]:
    rows = rd.execute(CATEGORIES_IN_ORDER).all()
    roots: dict[str, dict[str, Any]] = {row.id: as_category(row) | {"children": []} for row in rows if row.parent_id is None}
    for row in rows:
        if row.parent_id is not None:
            roots[row.parent_id]["children"].append(as_category(row))
    return list(roots.values())


def as_category(row: Row[Any]) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "picture": row.picture}
