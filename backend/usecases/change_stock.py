"""Change the stock of many SKUs at once, as somebody saw it in a preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.catalog.refusals import SKU_CODE_TWICE, TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra import audit, once
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.stock import MAIN_LOCATION, rules, store
from backend.stock.rules import Counted, Level

LIMIT = 500


@dataclass(frozen=True, slots=True)
class StockChanged:
    """How many levels changed or were so already; SKU ids that moved since they were counted, or that lack so much."""

    changed: int = 0
    same: int = 0
    moved: tuple[str, ...] = ()
    short: tuple[str, ...] = ()

    def __add__(self, other: "StockChanged") -> "StockChanged":
        return StockChanged(
            self.changed + other.changed, self.same + other.same, self.moved + other.moved, self.short + other.short
        )


def change_stock(
    ctx: Context,
    *,
    changes: Sequence[Counted],
    reason: str,
    location_id: str = MAIN_LOCATION,
    key: once.ClientKey | None = None,
) -> StockChanged:
    """Write up to 500 changes in one transaction, each with journal and audit row; in a fixed number of statements.

    A SKU that was counted (`was` is given) and of which goods came or left since then stays and is listed (`moved`), one
    that has less than is taken away, or is not kept here, too (`short`); all others are written. The same `key` again
    changes nothing and answers the same. Refuses absurd numbers (`stock_out_of_bounds`), an empty reason
    (`reason_needed`), a SKU twice, too many, and shelves of stores that the actor does not see. Staff only.
    """
    ctx.actor.must("stock.edit")
    reason = rules.check_reason(reason)
    if len(changes) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)
    wanted: dict[str, Counted] = {}
    for change in changes:
        if wanted.setdefault(change.sku_id, rules.check_counted(change)) is not change:
            raise SKU_CODE_TWICE(sku_code=change.sku_id)
    adjustment_id = new_id("adj", ctx.now)

    with transaction(ctx) as tx:
        ctx.actor.must_see(store.find_store(tx, location_id))
        levels = store.lock_levels(tx, location_id, wanted)
        written, result = _decide(wanted, levels)
        if earlier := once.claim(tx, key, "change_stock", _as_json(result)):
            return StockChanged(earlier["changed"], earlier["same"], tuple(earlier["moved"]), tuple(earlier["short"]))
        store.adjust_all(tx, adjustment_id, location_id, written, reason)
        audit.record_all(
            tx,
            "adjust_stock",
            [
                (
                    sku_id,
                    {"on_hand": levels[sku_id].on_hand},
                    {
                        "on_hand": levels[sku_id].on_hand + change,
                        "change": change,
                        "reason": reason,
                        "location_id": location_id,
                    },
                )
                for sku_id, change in written.items()
            ],
        )
    return result


def _decide(wanted: Mapping[str, Counted], levels: Mapping[str, Level]) -> tuple[dict[str, int], StockChanged]:
    """What is written {sku id: change}, and what becomes of all."""
    outcomes = {sku_id: rules.outcome(levels.get(sku_id), counted) for sku_id, counted in wanted.items()}
    written = {sku_id: wanted[sku_id].change for sku_id, outcome in sorted(outcomes.items()) if outcome == "changed"}
    moved, short = (tuple(sku_id for sku_id in wanted if outcomes[sku_id] == name) for name in ("moved", "short"))
    return written, StockChanged(len(written), list(outcomes.values()).count("same"), moved, short)


def _as_json(result: StockChanged) -> dict[str, Any]:
    return {
        "changed": result.changed,
        "same": result.same,
        "moved": list(result.moved),
        "short": list(result.short),
    }
