"""Put products on the shelf, or take them off."""

from collections.abc import Sequence

from backend.catalog import store as catalog
from backend.catalog.refusals import PRODUCT_UNKNOWN, TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction

LIMIT = 500


def set_on_shelf(ctx: Context, *, product_ids: Sequence[str], on_shelf: bool) -> int:
    """Move up to 500 products at once, all or none; returns how many were elsewhere before (0 the second time).

    Each one that moves is audited; orders that were placed stay as they are. Refuses unknown products
    (`product_unknown`) and too many. Staff only.
    """
    ctx.actor.must("goods.edit")
    wanted = set(product_ids)
    if len(wanted) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)

    with transaction(ctx) as tx:
        known = catalog.lock_products(tx, wanted)
        if known.keys() != wanted:
            raise PRODUCT_UNKNOWN()
        moved = [product_id for product_id, product in known.items() if product.on_shelf != on_shelf]
        audit.record_all(
            tx,
            "set_on_shelf",
            [(product_id, {"on_shelf": not on_shelf}, {"on_shelf": on_shelf}) for product_id in moved],
        )
        return catalog.shelve(tx, wanted, on_shelf)
