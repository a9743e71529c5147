"""SKU ids by their codes, for staff."""

from collections.abc import Collection

from sqlalchemy import select

from backend.catalog.models import Sku
from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading

SKUS = Sku.__table__
_BY_CODE = select(SKUS.c.code, SKUS.c.id, SKUS.c.product_id).where(among(SKUS.c.code, "codes"))


def skus_by_code(ctx: Context, *, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """code → (SKU id, product id) of those that exist, off the shelf ones too; at most some thousands. One statement."""
    ctx.actor.must("goods.view")
    with reading(ctx) as rd:
        return {row.code: (row.id, row.product_id) for row in rd.execute(_BY_CODE, {"codes": list(codes)})}


_BY_ID = select(SKUS.c.id, SKUS.c.code).where(among(SKUS.c.id, "ids"))


def sku_codes(ctx: Context, *, sku_ids: Collection[str]) -> dict[str, str]:
    """SKU id → code of those that exist; at most some thousands. One statement. Staff only."""
    ctx.actor.must("goods.view")
    with reading(ctx) as rd:
        return {row.id: row.code for row in rd.execute(_BY_ID, {"ids": list(sku_ids)})} if sku_ids else {}
