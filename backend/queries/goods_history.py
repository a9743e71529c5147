"""What became of a SKU: the journal of its stock with what lay there after each move, and its prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from backend.catalog.models import Product, Sku
from backend.catalog.refusals import SKU_UNKNOWN
from backend.context import Context
from backend.infra.audit import AuditRow
from backend.infra.uow import Reading, reading
from backend.stock import MAIN_LOCATION
from backend.stock.models import StockLevel, StockMove
from backend.stock.store import find_store

PRODUCTS, SKUS, LEVELS, MOVES, AUDIT = (
    Product.__table__,
    Sku.__table__,
    StockLevel.__table__,
    StockMove.__table__,
    AuditRow.__table__,
)
PRICES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SkuHead:
    """Which SKU it is, and how it stands now."""

    id: str
    code: str
    options: Mapping[str, str]
    product_id: str
    title: str
    price_fen: int
    market_price_fen: int | None
    active: bool
    on_hand: int
    reserved: int
    low_at: int | None

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Moved:
    """A row of the journal, with what lay there and was promised after it."""

    id: str
    at: datetime
    kind: str
    cause: str
    on_hand_change: int
    reserved_change: int
    actor: str
    reason: str
    on_hand_after: int
    reserved_after: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A page of the journal, newest first, and the id to go on `before` (None on the last page).

    `ours`: whether the shelf is of a store that the actor sees; the journal of another's is empty.
    """

    sku: SkuHead
    moves: Sequence[Moved]
    next: str | None
    ours: bool = True


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """A price before and after a change by staff, in fen."""

    at: datetime
    actor: str
    before_fen: int
    after_fen: int
    market_before_fen: int | None
    market_after_fen: int | None


_SKU = (
    select(
        SKUS.c.id,
        SKUS.c.code,
        SKUS.c.options,
        SKUS.c.product_id,
        PRODUCTS.c.title,
        SKUS.c.price_fen,
        SKUS.c.market_price_fen,
        SKUS.c.active,
        func.coalesce(LEVELS.c.on_hand, 0).label("on_hand"),
        func.coalesce(LEVELS.c.reserved, 0).label("reserved"),
        LEVELS.c.low_at,
    )
    .join(PRODUCTS, PRODUCTS.c.id == SKUS.c.product_id)
    .outerjoin(LEVELS, (LEVELS.c.sku_id == SKUS.c.id) & (LEVELS.c.location_id == bindparam("location_id")))
    .where(SKUS.c.id == bindparam("sku_id"))
)
_MINE = (MOVES.c.sku_id == bindparam("sku_id"), MOVES.c.location_id == bindparam("location_id"))
_MOVES = (
    select(
        *(MOVES.c[name] for name in ("id", "at", "kind", "cause", "on_hand_change", "reserved_change", "actor", "reason"))
    )
    .where(*_MINE, MOVES.c.id < bindparam("before"))
    .order_by(MOVES.c.id.desc())
    .limit(bindparam("rows"))
)
_LATER = select(
    func.coalesce(func.sum(MOVES.c.on_hand_change), 0), func.coalesce(func.sum(MOVES.c.reserved_change), 0)
).where(*_MINE, MOVES.c.id >= bindparam("before"))
_PRICES = (
    select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.before, AUDIT.c.after)
    .where(AUDIT.c.subject == bindparam("sku_id"), AUDIT.c.action == "change_price")
    .order_by(AUDIT.c.at.desc(), AUDIT.c.id.desc())
    .limit(PRICES_SHOWN)
)


def sku_journal(
    ctx: Context, *, sku_id: str, before: str = "~", limit: int = 50, location_id: str = MAIN_LOCATION
) -> Journal:
    """The journal of a SKU, newest first, with running balances; three statements. Staff only.

    The balances are worked out backwards from how the level stands now, so they fit it on every page. Moves of one
    millisecond may stand in either order.
    """
    ctx.actor.must("goods.view")
    params = {"sku_id": sku_id, "location_id": location_id, "before": before}
    with reading(ctx) as rd:
        sku = _sku(rd, sku_id, location_id)
        if not ctx.actor.sees_all and not ctx.actor.sees(find_store(rd, location_id)):
            return Journal(sku, (), None, ours=False)
        rows = rd.execute(_MOVES, params | {"rows": limit + 1}).all()
        on_hand_later, reserved_later = rd.execute(_LATER, params).one()
    on_hand, reserved = sku.on_hand - int(on_hand_later), sku.reserved - int(reserved_later)
    moves = []
    for row in rows[:limit]:
        moves.append(Moved(*row, on_hand_after=on_hand, reserved_after=reserved))
        on_hand, reserved = on_hand - row.on_hand_change, reserved - row.reserved_change
    return Journal(sku, moves, moves[-1].id if len(rows) > limit else None)


def price_changes(ctx: Context, *, sku_id: str) -> tuple[SkuHead, list[PriceChanged]]:
    """A SKU and the last 50 changes of its price by staff, newest first; two statements. Staff only."""
    ctx.actor.must("goods.view")
    with reading(ctx) as rd:
        sku = _sku(rd, sku_id, MAIN_LOCATION)
        rows = rd.execute(_PRICES, {"sku_id": sku_id}).all()
    return sku, [
        PriceChanged(
            row.at,
            row.actor,
            row.before["price_fen"],
            row.after["price_fen"],
            row.before["market_price_fen"],
            row.after["market_price_fen"],
        )
        for row in rows
    ]


def _sku(rd: Reading, sku_id: str, location_id: str) -> SkuHead:
    row = rd.execute(_SKU, {"sku_id": sku_id, "location_id": location_id}).one_or_none()
    if row is None:
        raise SKU_UNKNOWN()
    return SkuHead(*row)
