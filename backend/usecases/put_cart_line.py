"""Put one line into the cart, or change it."""

from backend.carts import rules
from backend.carts import store as carts
from backend.carts.refusals import UNKNOWN_SKUS
from backend.carts.rules import Line
from backend.catalog import store as catalog
from backend.context import Context
from backend.infra.uow import transaction


def put_cart_line(ctx: Context, *, sku_id: str, quantity: int, selected: bool = True) -> None:
    """Make the line of this SKU say so, adding it if it is new; doing it again changes nothing.

    Refuses a quantity out of bounds (`cart_quantity`), an unknown SKU (`unknown_skus`), a 1,001st line (`cart_full`).
    """
    member_id = ctx.actor.member_id
    rules.must_be_quantity(quantity, sku_id)
    with transaction(ctx) as tx:
        carts.lock_cart(tx, member_id)
        if sku_id not in catalog.find_offers(tx, [sku_id]):
            raise UNKNOWN_SKUS(sku_ids=[sku_id])
        rules.must_fit(carts.count_other_lines(tx, member_id, sku_id) + 1)
        carts.put_line(tx, member_id, Line(sku_id, quantity, selected))
