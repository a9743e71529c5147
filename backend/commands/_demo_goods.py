"""Brings the demo shop's goods, pictures and home page into a running shop, through the use cases of staff."""

from collections.abc import Callable
from datetime import datetime, timedelta

from backend.commands._shopper import API
from backend.commands._stage import Stage
from backend.demo import pictures
from backend.demo.catalogue import Product, catalogue
from backend.infra.once import ClientKey
from backend.kernel.actors import EVERYTHING, staff
from backend.queries.skus import skus_by_code
from backend.usecases.arrange_home import Banner, HomeBlock, arrange_home
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.save_category import save_category

STAFF = staff("stf_demo", EVERYTHING)


def load_goods(stage: Stage, today: datetime, say: Callable[[str], None]) -> dict[str, str]:
    """Make what is not there yet; returns SKU ids by code. The second time it finds everything there."""
    shop = catalogue()
    codes = [sku.code for product in shop.products for sku in product.skus]
    known = skus_by_code(stage.ctx(STAFF), codes=codes)
    categories = _categories(stage)
    if len(known) < len(codes):
        for number, product in enumerate(shop.products, 1):
            say(f"goods {number} of {len(shop.products)}")
            _load(stage, product, categories[product.category], today, number)
        known = skus_by_code(stage.ctx(STAFF), codes=codes)
    products = {product.key: known[product.skus[0].code][1] for product in shop.products}
    arrange_home(
        stage.ctx(STAFF),
        banners=[Banner(_keep(stage, pictures.banner(each)), each.title, each.subtitle,
                        category_id=categories.get(each.category)) for each in shop.banners],
        blocks=[HomeBlock(each.title, tuple(products[key] for key in each.products), each.subtitle) for each in shop.blocks])
    return {code: sku_id for code, (sku_id, _) in known.items()}


def _categories(stage: Stage) -> dict[str, str]:
    """Category ids by the demo's keys, made where they are missing."""
    there = {each["name"]: each["id"] for each in stage.shop.ask("GET", f"{API}/categories")["items"]}
    return {each.key: there.get(each.title) or save_category(
        stage.ctx(STAFF), name=each.title, position=position, picture=_keep(stage, pictures.icon(each)))
        for position, each in enumerate(catalogue().categories)}


def _load(stage: Stage, product: Product, category_id: str, today: datetime, position: int) -> None:
    picture = _keep(stage, pictures.draw(product))
    create_product(
        stage.ctx(STAFF), title=product.title, category_id=category_id, selling_point=product.point,
        detail="\n".join(product.details), pictures=[picture], on_shelf=product.on_shelf, position=position,
        deliveries=product.deliveries,
        publish_at=today - timedelta(days=product.published_days_ago), key=_key(f"prd-{product.key}"),
        skus=[SkuForm(sku.code, sku.price.fen, sku.market_price.fen, sku.cost.fen,
                      dict(zip(product.options, sku.values, strict=True)), stock=sku.stock) for sku in product.skus])


def _keep(stage: Stage, picture: bytes) -> str:
    return stage.ctx(STAFF).gateways.files.put(picture, ".jpg")


def _key(name: str) -> ClientKey:
    return ClientKey(f"demo-{name}", "demo")
