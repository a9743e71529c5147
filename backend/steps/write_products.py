"""Write rows of a product sheet: one product with one SKU a row, known by its SKU code."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.refusals import SKU_CODE_TWICE, TOO_MANY_AT_ONCE
from backend.catalog.rules import ImportedProduct
from backend.infra.uow import Transaction
from backend.kernel.actors import Actor
from backend.kernel.ids import new_id
from backend.stock import rules as stock_rules
from backend.stock import store as stock

LIMIT = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows made a product, changed one, or said what was known."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(self.new + other.new, self.changed + other.changed, self.same + other.same)

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def check_products(products: Sequence[ImportedProduct], stock_default: int) -> dict[str, ImportedProduct]:
    """The rows by SKU code, cleaned; refuses what no product may be, a code twice (`sku_code_twice`) and too many. Pure."""
    if len(products) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)
    by_code: dict[str, ImportedProduct] = {}
    for product in products:
        cleaned = replace(product, title=rules.check_title(product.title), category=rules.check_name(product.category))
        rules.check_prices(product.price_fen)
        stock_rules.check_opening(stock_default if product.stock is None else product.stock)
        if by_code.setdefault(rules.check_code(product.code), cleaned) is not cleaned:
            raise SKU_CODE_TWICE(sku_code=product.code)
    return by_code


def write_products(
    tx: Transaction, actor: Actor, by_code: Mapping[str, ImportedProduct], stock_default: int, location_id: str
) -> Imported:
    """Write checked rows in a fixed number of statements; the same rows again change nothing.

    An unknown SKU code makes a product on the shelf, in the category of that name (made if missing), with its opening
    stock (`stock_default` where the row has none). A known one gets the row's title, category and price (audited),
    never its stock; a crossed-out price below the new one goes. Of a product with several SKUs only the price of the
    row's SKU changes. Refuses other prices from an actor who may not change them.
    """
    known = catalog.lock_skus(tx, by_code)
    categories = catalog.claim_categories(tx, {product.category for product in by_code.values()})
    new = [
        (
            product,
            catalog.NewProduct(
                new_id("prd", tx.now),
                categories[product.category],
                product.title,
                [(new_id("sku", tx.now), rules.SkuForm(code, product.price_fen))],
                tx.now,
            ),
        )
        for code, product in by_code.items()
        if code not in known
    ]
    catalog.insert_products(tx, [product for _, product in new])
    stock.open_levels(
        tx,
        location_id,
        [(written.skus[0][0], stock_default if row.stock is None else row.stock) for row, written in new],
    )

    retitled, repriced = _differences(known, by_code, categories)
    if repriced:
        actor.must("prices.edit")
    catalog.retitle(tx, list(retitled.values()))
    catalog.reprice(tx, list(repriced.values()))
    catalog.roll_up(tx, {before.product_id for before, _ in repriced.values()})

    changed = len(retitled.keys() | repriced.keys())
    return Imported(len(new), changed, len(known) - changed)


def _differences(
    known: Mapping[str, Any], rows: Mapping[str, ImportedProduct], categories: Mapping[str, str]
) -> tuple[dict[str, tuple[str, str, str]], dict[str, tuple[catalog.Prices, catalog.Prices]]]:
    """What the rows change, by SKU code: (product id, title, category id), and prices before and after."""
    retitled, repriced = {}, {}
    for code, sku in known.items():
        row = rows[code]
        if sku.only_sku and (sku.title, sku.category_id) != (row.title, categories[row.category]):
            retitled[code] = (sku.product_id, row.title, categories[row.category])
        if sku.price_fen != row.price_fen:
            before = catalog.prices(sku)
            market_price_fen = rules.kept_market_price(before.market_price_fen, row.price_fen)
            repriced[code] = (before, replace(before, price_fen=row.price_fen, market_price_fen=market_price_fen))
    return retitled, repriced
