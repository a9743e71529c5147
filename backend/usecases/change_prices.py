"""Change the prices of many SKUs at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.refusals import SKU_CODE_TWICE, TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra.uow import transaction

LIMIT = 500


@dataclass(frozen=True, slots=True)
class PriceChange:
    """The new prices of a SKU in fen; `market_price_fen` None takes the crossed-out price away."""

    sku_code: str
    price_fen: int
    market_price_fen: int | None = None


def change_prices(ctx: Context, *, changes: Sequence[PriceChange]) -> int:
    """Write up to 500 prices, all or none, each with its audit row; returns how many differed (0 the second time).

    Carts are priced anew when they are looked at, orders keep their prices. Refuses a price that makes no sense, a
    code twice (`sku_code_twice`), unknown codes (`sku_unknown`, details `sku_codes`) and too many. Staff only.
    """
    ctx.actor.must("prices.edit")
    if len(changes) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)
    wanted: dict[str, PriceChange] = {}
    for change in changes:
        rules.check_prices(change.price_fen, change.market_price_fen)
        if wanted.setdefault(rules.check_code(change.sku_code), change) is not change:
            raise SKU_CODE_TWICE(sku_code=change.sku_code)

    with transaction(ctx) as tx:
        before = catalog.get_prices(tx, wanted)
        pairs = [
            (old, replace(old, price_fen=wanted[code].price_fen, market_price_fen=wanted[code].market_price_fen))
            for code, old in before.items()
        ]
        moved = [(old, new) for old, new in pairs if old != new]
        catalog.reprice(tx, moved)
        catalog.roll_up(tx, {new.product_id for _, new in moved})
        return len(moved)
