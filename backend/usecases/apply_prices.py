"""Apply new prices of many SKUs, as somebody saw them in a preview."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.refusals import SKU_CODE_TWICE, TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra import once
from backend.infra.uow import transaction

LIMIT = 500


@dataclass(frozen=True, slots=True)
class SeenPrice:
    """A SKU's prices in fen, as they were shown and as they shall be."""

    sku_id: str
    was_fen: int
    price_fen: int
    market_was_fen: int | None = None
    market_price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class PricesApplied:
    """How many prices changed or were so already, and the SKU ids whose price was another than the one that was shown."""

    changed: int = 0
    same: int = 0
    moved: tuple[str, ...] = ()

    def __add__(self, other: "PricesApplied") -> "PricesApplied":
        return PricesApplied(self.changed + other.changed, self.same + other.same, self.moved + other.moved)


def apply_prices(
    ctx: Context, *, prices: Sequence[SeenPrice], key: once.ClientKey | None = None
) -> PricesApplied:
    """Write up to 500 prices in one transaction, each with its audit row; in a fixed number of statements.

    A SKU whose prices are no longer those that were shown, or that is gone, stays as it is and is listed (`moved`). The
    same `key` again changes nothing and answers the same; without one a repeat finds everything done. Refuses a price
    that makes no sense, a SKU twice and too many. Staff only.
    """
    ctx.actor.must("prices.edit")
    if len(prices) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)
    wanted: dict[str, SeenPrice] = {}
    for seen in prices:
        rules.check_prices(seen.price_fen, seen.market_price_fen)
        if wanted.setdefault(seen.sku_id, seen) is not seen:
            raise SKU_CODE_TWICE(sku_code=seen.sku_id)

    with transaction(ctx) as tx:
        known = catalog.lock_prices(tx, wanted)
        pairs = {
            sku_id: (now, replace(now, price_fen=wanted[sku_id].price_fen, market_price_fen=wanted[sku_id].market_price_fen))
            for sku_id, now in known.items()
        }
        same = {sku_id for sku_id, (now, after) in pairs.items() if now == after}
        written = {
            sku_id: (now, after)
            for sku_id, (now, after) in pairs.items()
            if sku_id not in same
            and (now.price_fen, now.market_price_fen) == (wanted[sku_id].was_fen, wanted[sku_id].market_was_fen)
        }
        moved = tuple(sku_id for sku_id in wanted if sku_id not in same and sku_id not in written)
        result = {"changed": len(written), "same": len(same), "moved": list(moved)}
        if earlier := once.claim(tx, key, "apply_prices", result):
            return PricesApplied(earlier["changed"], earlier["same"], tuple(earlier["moved"]))
        catalog.reprice(tx, list(written.values()))
        catalog.roll_up(tx, {after.product_id for _, after in written.values()})
    return PricesApplied(len(written), len(same), moved)
