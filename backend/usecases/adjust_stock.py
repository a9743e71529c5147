"""Adjust what lies on the shelf: goods came in, were lost, or were counted anew."""

from backend.context import Context
from backend.infra import audit, once
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.stock import MAIN_LOCATION, rules, store


def adjust_stock(
    ctx: Context,
    *,
    sku_id: str,
    change: int,
    reason: str,
    location_id: str = MAIN_LOCATION,
    key: once.ClientKey | None = None,
) -> str:
    """Add `change` pieces (negative: take away), with its reason in journal and audit log; returns the adjustment's id.

    The same `key` again changes nothing and returns the first id. Refuses zero and absurd numbers
    (`stock_out_of_bounds`), an empty reason (`reason_needed`), an unknown SKU (`not_stocked`), taking away what is
    promised to orders (`below_reserved`), and shelves of stores that the actor does not see. Staff only.
    """
    ctx.actor.must("stock.edit")
    rules.check_change(change)
    reason = rules.check_reason(reason)
    adjustment_id = new_id("adj", ctx.now)

    with transaction(ctx) as tx:
        ctx.actor.must_see(store.find_store(tx, location_id))
        if earlier := once.claim(tx, key, "adjust_stock", {"adjustment_id": adjustment_id}):
            return earlier["adjustment_id"]
        level = store.adjust(tx, adjustment_id, location_id, sku_id, change, reason)
        audit.record(
            tx,
            "adjust_stock",
            sku_id,
            before={"on_hand": level.on_hand - change},
            after={"on_hand": level.on_hand, "change": change, "reason": reason, "location_id": location_id},
        )
    return adjustment_id
