"""Take one line out of the cart."""

from backend.carts import store as carts
from backend.context import Context
from backend.infra.uow import transaction


def remove_cart_line(ctx: Context, *, sku_id: str) -> None:
    """Take the line of this SKU out; when it is not there, nothing happens."""
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        carts.lock_cart(tx, member_id)
        carts.remove_lines(tx, member_id, [sku_id])
