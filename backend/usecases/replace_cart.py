"""Replace the whole cart by what the client says it is."""

from collections.abc import Sequence

from backend.carts import rules
from backend.carts import store as carts
from backend.carts.refusals import UNKNOWN_SKUS
from backend.carts.rules import Line
from backend.catalog import store as catalog
from backend.context import Context
from backend.infra.uow import transaction


def replace_cart(ctx: Context, *, lines: Sequence[Line]) -> None:
    """Make the cart hold exactly `lines`, the same SKU merged; doing it again changes nothing.

    Refuses quantities out of bounds (`cart_quantity`), more than 1,000 SKUs (`cart_full`) and SKUs that do not exist
    (`unknown_skus`, naming them); then the cart stays as it was. What cannot be bought at the moment may lie in it.
    The number of statements is the same for 2 and for 1,000 lines.
    """
    member_id = ctx.actor.member_id
    merged = rules.merge(lines)
    with transaction(ctx) as tx:
        carts.lock_cart(tx, member_id)
        known = catalog.find_offers(tx, [line.sku_id for line in merged])
        if unknown := [line.sku_id for line in merged if line.sku_id not in known]:
            raise UNKNOWN_SKUS(sku_ids=unknown)
        carts.replace_lines(tx, member_id, merged)
