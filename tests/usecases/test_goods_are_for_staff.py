"""R24: whoever is not staff changes nothing of goods, prices and stock, and does not read what is for staff."""

import pytest

from backend.kernel.actors import ANONYMOUS, WECHAT, shopper
from backend.kernel.errors import Kind, Refused
from backend.queries.deals import price_history
from backend.queries.stock import low_stock, stock_journal
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.apply_prices import SeenPrice, apply_prices
from backend.usecases.arrange_home import arrange_home
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.change_stock import Counted, change_stock
from backend.usecases.count_deals import count_deals
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.edit_product import edit_product
from backend.usecases.import_products_batch import ImportedProduct, import_products_batch
from backend.usecases.save_category import save_category
from backend.usecases.set_low_stock import set_low_stock
from backend.usecases.set_on_shelf import set_on_shelf
from tests.conftest import NOON
from tests.given_goods import given_product


def calls(goods):
    """Every call that would be fine for staff."""
    return [
        (save_category, {"name": "新"}),
        (create_product, {"title": "新", "category_id": goods.category_id, "skus": [SkuForm("NEW", 100)]}),
        (
            edit_product,
            {
                "product_id": goods.product_id,
                "title": "新",
                "category_id": goods.category_id,
                "skus": [SkuForm("A1", 200)],
                "publish_at": NOON,
            },
        ),
        (set_on_shelf, {"product_ids": [goods.product_id], "on_shelf": False}),
        (change_prices, {"changes": [PriceChange("A1", 1)]}),
        (adjust_stock, {"sku_id": goods.sku_id, "change": 1, "reason": "到货"}),
        (apply_prices, {"prices": [SeenPrice(goods.sku_id, 1, 2)]}),
        (change_stock, {"changes": [Counted(goods.sku_id, 1)], "reason": "到货"}),
        (set_low_stock, {"sku_ids": [goods.sku_id], "low_at": 3}),
        (arrange_home, {"banners": []}),
        (count_deals, {}),
        (import_products_batch, {"products": [ImportedProduct("X", "新", "新", 1)], "stock_default": 1}),
        (low_stock, {}),
        (stock_journal, {"sku_id": goods.sku_id}),
        (price_history, {"sku_id": goods.sku_id}),
    ]


def test_only_staff_may(ctx, snapshot):
    goods = given_product(ctx)
    before = snapshot()
    for actor, kind in [
        (ANONYMOUS, Kind.UNAUTHENTICATED),
        (shopper("mbr_1"), Kind.FORBIDDEN),
        (WECHAT, Kind.FORBIDDEN),
    ]:
        for call, arguments in calls(goods):
            with pytest.raises(Refused) as refused:
                call(ctx(actor), **arguments)
            assert refused.value.kind == kind, call.__name__
    assert snapshot() == before
    for call, arguments in calls(goods):
        call(ctx(), **arguments)
