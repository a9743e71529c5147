"""Which SKU codes exist; for staff."""

from collections.abc import Collection

from sqlalchemy import bindparam, func, select

from backend.catalog.models import Sku
from backend.context import Context
from backend.infra.uow import reading

SKUS = Sku.__table__
BATCH = 1000

_KNOWN = select(func.count()).select_from(SKUS).where(SKUS.c.code.in_(bindparam("codes", expanding=True)))


def count_known_codes(ctx: Context, *, codes: Collection[str]) -> int:
    """How many of these SKU codes exist. Staff only."""
    ctx.actor.must_be("staff", "system")
    wanted = list(codes)
    with reading(ctx) as rd:
        return sum(
            rd.execute(_KNOWN, {"codes": wanted[start : start + BATCH]}).scalar_one()
            for start in range(0, len(wanted), BATCH)
        )
