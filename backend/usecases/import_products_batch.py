"""Import a batch of products from a sheet: one product with one SKU a row, known by its SKU code."""

from collections.abc import Sequence

from backend.catalog.rules import ImportedProduct
from backend.context import Context
from backend.infra.uow import transaction
from backend.steps.write_products import LIMIT as LIMIT
from backend.steps.write_products import Imported, check_products, write_products
from backend.stock import MAIN_LOCATION


def import_products_batch(
    ctx: Context, *, products: Sequence[ImportedProduct], stock_default: int, location_id: str = MAIN_LOCATION
) -> Imported:
    """Write up to 500 rows as `write_products` says, all or none; the same rows again change nothing.

    Refuses what create_product refuses, a code twice in the batch (`sku_code_twice`), too many, and other prices from whoever
    may not change them. Staff only.
    """
    ctx.actor.must("goods.edit")
    by_code = check_products(products, stock_default)
    if not by_code:
        return Imported()
    with transaction(ctx) as tx:
        return write_products(tx, ctx.actor, by_code, stock_default, location_id)
