"""Edit a product: its texts, its pictures and its SKUs, as one form."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.rules import SkuForm
from backend.context import Context
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.stock import MAIN_LOCATION
from backend.stock import rules as stock_rules
from backend.stock import store as stock


def edit_product(
    ctx: Context,
    *,
    product_id: str,
    title: str,
    category_id: str,
    skus: Sequence[SkuForm],
    publish_at: datetime,
    selling_point: str = "",
    detail: str = "",
    pictures: Sequence[str] = (),
    position: int = 0,
    location_id: str = MAIN_LOCATION,
) -> None:
    """Make the product what the form says; saying it again changes no more than `updated_at`.

    SKUs are known by their codes, which never change: a known one is changed (its stock stays), a new one is added
    with its opening stock, one that is missing in the form becomes inactive and keeps its history. Prices that change
    are audited. Refuses what create_product refuses, and an unknown product (`product_unknown`). Staff only.
    """
    ctx.actor.must("goods.edit")
    title = rules.check_title(title)
    rules.check_texts(selling_point, detail)
    rules.check_skus(skus)
    keys = rules.check_pictures(pictures)
    for key in rules.picture_keys(keys, skus):
        ctx.gateways.files.path(key)

    with transaction(ctx) as tx:
        product = catalog.lock_product(tx, product_id)
        known = catalog.skus_of(tx, product_id)
        if category_id != product.category_id:
            catalog.must_have_category(tx, category_id)
        placed = list(enumerate(skus))
        kept = [(known[sku.code].id, position_, sku) for position_, sku in placed if sku.code in known]
        new = [(new_id("sku", ctx.now), position_, sku) for position_, sku in placed if sku.code not in known]
        opening = [(sku_id, stock_rules.check_opening(sku.stock)) for sku_id, _, sku in new]

        heading = {"title": title} if title != product.title else {}
        catalog.update_product(
            tx,
            product_id,
            category_id=category_id,
            publish_at=publish_at,
            selling_point=selling_point,
            detail=detail,
            pictures=keys,
            position=position,
            **heading,
        )
        catalog.replace_skus(tx, product_id, kept, new)
        repriced = [
            (before, replace(before, price_fen=sku.price_fen, market_price_fen=sku.market_price_fen))
            for before, sku in ((catalog.prices(known[sku.code]), sku) for _, _, sku in kept)
        ]
        catalog.audit_prices(tx, [(before, after) for before, after in repriced if before != after])
        catalog.roll_up(tx, [product_id])
        stock.open_levels(tx, location_id, opening)
