"""Edit a product: its texts, its pictures and its SKUs, as one form."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.refusals import PRODUCT_CHANGED
from backend.catalog.rules import SkuForm
from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.kernel.calendar import rfc3339
from backend.kernel.ids import new_id
from backend.stock import MAIN_LOCATION
from backend.stock import rules as stock_rules
from backend.stock import store as stock
from backend.uploads import store as uploads


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
    deliveries: Collection[str] = rules.WAYS,
    seen_at: datetime | None = None,
    location_id: str = MAIN_LOCATION,
) -> None:
    """Make the product what the form says; saying it again changes no more than `updated_at`.

    SKUs are known by their codes, which never change: a known one is changed (its stock stays), a new one is added
    with its opening stock, one that is missing in the form becomes inactive and keeps its history. What changes is
    audited, prices by SKU. Whoever may not see costs leaves them as they are. With `seen_at` (the `updated_at` that the
    form showed) a product that somebody has changed since then is refused (`product_changed_meanwhile`).

    Refuses what create_product refuses, an unknown product (`product_unknown`), and another price for whoever may not
    change prices. Staff only.
    """
    ctx.actor.must("goods.edit")
    title = rules.check_title(title)
    rules.check_texts(selling_point, detail)
    rules.check_skus(skus)
    ways = rules.check_deliveries(deliveries)
    keys = rules.check_pictures(pictures)
    used = sorted(rules.picture_keys(keys, skus, detail))
    for key in used:
        ctx.gateways.files.path(key)

    with transaction(ctx) as tx:
        product = catalog.lock_product(tx, product_id)
        if seen_at is not None and product.updated_at != seen_at:
            raise PRODUCT_CHANGED()
        known = catalog.skus_of(tx, product_id)
        if category_id != product.category_id:
            catalog.must_have_category(tx, category_id)
        if not ctx.actor.may("costs.view"):
            skus = [rules.keep_cost(sku, known[sku.code].cost_fen if sku.code in known else None) for sku in skus]
        placed = list(enumerate(skus))
        kept = [(known[sku.code].id, position_, sku) for position_, sku in placed if sku.code in known]
        new = [(new_id("sku", ctx.now), position_, sku) for position_, sku in placed if sku.code not in known]
        opening = [(sku_id, stock_rules.check_opening(sku.stock)) for sku_id, _, sku in new]
        pairs = [
            (before, replace(before, price_fen=sku.price_fen, market_price_fen=sku.market_price_fen))
            for before, sku in ((catalog.prices(known[sku.code]), sku) for _, _, sku in kept)
        ]
        repriced = [(before, after) for before, after in pairs if before != after]
        if repriced:
            ctx.actor.must("prices.edit")

        texts = catalog.product_texts(tx, product_id)
        values = {
            "category_id": category_id,
            "publish_at": publish_at,
            "selling_point": selling_point,
            "detail": detail,
            "pictures": keys,
            "position": position,
            **ways,
        }
        heading = {"title": title} if title != product.title else {}
        catalog.update_product(tx, product_id, **values, **heading)
        catalog.replace_skus(tx, product_id, kept, new)
        catalog.audit_prices(tx, repriced)
        catalog.roll_up(tx, [product_id])
        before, after = _changes(texts, values | {"title": title}, known, skus)
        if before or after:
            audit.record(tx, "edit_product", product_id, before=before, after=after)
        uploads.adopt(tx, used, "product", product_id)
        stock.open_levels(tx, location_id, opening)


def _changes(
    texts: Mapping[str, Any], values: Mapping[str, Any], known: Mapping[str, Any], skus: Sequence[SkuForm]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the form changes, before and after, as JSON: columns of the product, and SKUs by code without their prices."""
    names = [name for name, value in values.items() if texts[name] != value]
    before: dict[str, Any] = {name: _as_json(texts[name]) for name in names}
    after: dict[str, Any] = {name: _as_json(values[name]) for name in names}
    old = {
        code: {"options": row.options, "picture": row.picture, "cost_fen": row.cost_fen}
        for code, row in known.items()
        if row.active
    }
    new = {sku.code: {"options": dict(sku.options), "picture": sku.picture, "cost_fen": sku.cost_fen} for sku in skus}
    if moved := sorted(code for code in old.keys() | new.keys() if old.get(code) != new.get(code)):
        before["skus"] = {code: old.get(code) for code in moved}
        after["skus"] = {code: new.get(code) for code in moved}
    return before, after


def _as_json(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
