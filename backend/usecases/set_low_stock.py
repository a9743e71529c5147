"""Say from how few pieces on a SKU counts as running low."""

from collections.abc import Collection

from backend.catalog.refusals import TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.stock import MAIN_LOCATION, rules, store

LIMIT = 500


def set_low_stock(
    ctx: Context, *, sku_ids: Collection[str], low_at: int | None, location_id: str = MAIN_LOCATION
) -> int:
    """Draw the line for up to 500 SKUs, all or none; returns how many had another (0 the second time).

    None: as few as the shop's setting says. Refuses an absurd number (`low_line`), SKUs that are not kept here
    (`not_stocked`), too many, and shelves of stores that the actor does not see. Staff only.
    """
    ctx.actor.must("stock.edit")
    low_at = rules.check_low_line(low_at)
    wanted = set(sku_ids)
    if len(wanted) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)

    with transaction(ctx) as tx:
        ctx.actor.must_see(store.find_store(tx, location_id))
        before = store.set_low_lines(tx, location_id, wanted, low_at)
        changed = sorted(sku_id for sku_id, line in before.items() if line != low_at)
        audit.record_all(
            tx, "set_low_stock", [(sku_id, {"low_at": before[sku_id]}, {"low_at": low_at}) for sku_id in changed]
        )
    return len(changed)
