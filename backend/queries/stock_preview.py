"""What a batch of counted or arrived stock would do, before anybody confirms it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Row, bindparam, func, select

from backend.catalog.models import Product, Sku
from backend.catalog.refusals import TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.kernel.errors import Refused
from backend.queries.goods_list import Wanted, matching_skus
from backend.queries.price_preview import in_parts
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel
from backend.stock.rules import Counted, Level, check_quantity, outcome

PRODUCTS, SKUS, LEVELS = Product.__table__, Sku.__table__, StockLevel.__table__
MOST = 5_000
"""No preview has more SKUs."""
Mode = Literal["set", "add"]


@dataclass(frozen=True, slots=True)
class StockRow:
    """A SKU in the preview: what lies there, what of it is promised, what would lie there; `becomes` is an outcome."""

    sku_id: str
    code: str
    title: str
    options: Mapping[str, str]
    on_hand: int
    reserved: int
    after: int
    becomes: str

    @property
    def change(self) -> int:
        return self.after - self.on_hand


@dataclass(frozen=True, slots=True)
class StockPreview:
    """The rows in the order of products, the codes that nobody knows, and why quantities of some codes cannot be."""

    rows: Sequence[StockRow]
    unknown: Sequence[str] = ()
    refused: Mapping[str, Refused] = field(default_factory=dict)


_SHOWN = (
    select(
        SKUS.c.id,
        SKUS.c.code,
        PRODUCTS.c.title,
        SKUS.c.options,
        func.coalesce(LEVELS.c.on_hand, 0).label("on_hand"),
        func.coalesce(LEVELS.c.reserved, 0).label("reserved"),
    )
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .outerjoin(LEVELS, (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id", MAIN_LOCATION)))
    .where(SKUS.c.active)
    .order_by(SKUS.c.product_id.desc(), SKUS.c.position, SKUS.c.id)
)
_OF_PRODUCTS = _SHOWN.where(among(SKUS.c.product_id, "ids")).limit(MOST + 1)
_BY_CODE = _SHOWN.where(among(SKUS.c.code, "ids"))
_BY_ID = _SHOWN.where(among(SKUS.c.id, "ids"))


def preview_stock(
    ctx: Context, *, mode: Mode, quantity: int, product_ids: Sequence[str] = (), wanted: Wanted | None = None
) -> StockPreview:
    """What lies of every active SKU of these products, or of the goods that are `wanted`, after adding or setting.

    Refuses absurd numbers (`stock_out_of_bounds`) and more than 5,000 SKUs (`too_many_at_once`). Staff only.
    """
    ctx.actor.must("stock.edit")
    check_quantity(quantity, mode)
    with reading(ctx) as rd:
        if wanted is None:
            rows = list(rd.execute(_OF_PRODUCTS, {"ids": list(product_ids)}))
        else:
            rows = in_parts(rd, _BY_ID, matching_skus(ctx, rd, wanted, MOST + 1))
    if len(rows) > MOST:
        raise TOO_MANY_AT_ONCE(limit=MOST)
    return StockPreview([_row(row, mode, quantity) for row in rows])


def preview_counts(ctx: Context, *, mode: Mode, quantities: Mapping[str, int]) -> StockPreview:
    """The same for quantities by SKU code, as a sheet lists them; an absurd one is no row, and `refused` says why."""
    ctx.actor.must("stock.edit")
    if len(quantities) > MOST:
        raise TOO_MANY_AT_ONCE(limit=MOST)
    refused = {}
    for code, quantity in quantities.items():
        try:
            check_quantity(quantity, mode)
        except Refused as refusal:
            refused[code] = refusal
    wanted = [code for code in quantities if code not in refused]
    with reading(ctx) as rd:
        rows = in_parts(rd, _BY_CODE, wanted)
    known = {row.code for row in rows}
    return StockPreview([_row(row, mode, quantities[row.code]) for row in rows],
                        [code for code in wanted if code not in known], refused)


def _row(row: Row, mode: Mode, quantity: int) -> StockRow:
    after = quantity if mode == "set" else row.on_hand + quantity
    counted = Counted(row.id, after - row.on_hand, row.on_hand if mode == "set" else None)
    becomes = outcome(Level(row.on_hand, row.reserved), counted)
    return StockRow(row.id, row.code, row.title, row.options, row.on_hand, row.reserved, after, becomes)
