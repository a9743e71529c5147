"""Create a product with its SKUs and their opening stock."""

from collections.abc import Collection, Sequence
from datetime import datetime

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.rules import SkuForm
from backend.context import Context
from backend.infra import audit, once
from backend.infra.uow import transaction
from backend.kernel.calendar import rfc3339
from backend.kernel.ids import new_id
from backend.stock import MAIN_LOCATION
from backend.stock import rules as stock_rules
from backend.stock import store as stock
from backend.uploads import store as uploads


def create_product(
    ctx: Context,
    *,
    title: str,
    category_id: str,
    skus: Sequence[SkuForm],
    selling_point: str = "",
    detail: str = "",
    pictures: Sequence[str] = (),
    publish_at: datetime | None = None,
    on_shelf: bool = True,
    position: int = 0,
    deliveries: Collection[str] = rules.WAYS,
    location_id: str = MAIN_LOCATION,
    key: once.ClientKey | None = None,
) -> str:
    """Write a product, findable and buyable from `publish_at` (now, if not given); returns its id.

    All or nothing; the same `key` again returns the first id. Refuses whatever `catalog/rules.py` does not allow, an
    unknown category (`category_unknown`), a SKU code that exists (`sku_code_taken`) and pictures not there
    (`file_not_found`), and costs from whoever may not see them. Staff only.
    """
    ctx.actor.must("goods.edit")
    title = rules.check_title(title)
    rules.check_texts(selling_point, detail)
    rules.check_skus(skus)
    ways = rules.check_deliveries(deliveries)
    keys = rules.check_pictures(pictures)
    used = sorted(rules.picture_keys(keys, skus, detail))
    for picture in used:
        ctx.gateways.files.path(picture)
    if not ctx.actor.may("costs.view"):
        skus = [rules.keep_cost(sku, None) for sku in skus]
    opening = [stock_rules.check_opening(sku.stock) for sku in skus]
    product = catalog.NewProduct(
        new_id("prd", ctx.now),
        category_id,
        title,
        [(new_id("sku", ctx.now), sku) for sku in skus],
        publish_at or ctx.now,
        on_shelf,
        selling_point,
        detail,
        keys,
        position,
        **ways,
    )

    with transaction(ctx) as tx:
        if earlier := once.claim(tx, key, "create_product", {"id": product.id}):
            return earlier["id"]
        catalog.must_have_category(tx, category_id)
        catalog.insert_products(tx, [product])
        uploads.adopt(tx, used, "product", product.id)
        audit.record(
            tx,
            "create_product",
            product.id,
            after={
                "title": title,
                "category_id": category_id,
                "on_shelf": on_shelf,
                "publish_at": rfc3339(product.publish_at),
                **({} if all(ways.values()) else ways),
                "prices_fen": {sku.code: sku.price_fen for sku in skus},
            },
        )
        stock.open_levels(tx, location_id, [(sku_id, count) for (sku_id, _), count in zip(product.skus, opening, strict=True)])
    return product.id
