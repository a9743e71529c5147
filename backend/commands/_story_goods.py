"""The goods of a story: three products of its own, put on the shelf by staff and taken off at the end."""

from dataclasses import dataclass

from backend.commands import _process
from backend.commands._story import STAFF, Teller
from backend.usecases.change_prices import PriceChange, change_prices
from backend.usecases.create_product import SkuForm, create_product
from backend.usecases.save_category import save_category
from backend.usecases.set_on_shelf import set_on_shelf

CATEGORY = "时令茶点"
SHOWN_WITHIN = 5.0
"""Seconds after which a product page must show what was sold: what everybody sees alike is kept for a moment."""


@dataclass(slots=True)
class Goods:
    """A product with one SKU; `price_fen` and `stock` follow what the story does with it."""

    name: str
    english: str
    code: str
    price_fen: int
    stock: int
    product_id: str = ""
    sku_id: str = ""


class Shelf:
    """What the story sells."""

    def __init__(self, teller: Teller) -> None:
        self.teller, self.stage = teller, teller.stage
        self.tea = Goods("明前桂花龙井 250 克", "Osmanthus Longjing 250 g", f"ST-{teller.run}-1", 6800, 20)
        self.cakes = Goods("手作艾草青团 6 枚", "Mugwort rice cakes, 6 pieces", f"ST-{teller.run}-2", 2390, 12)
        self.cup = Goods("景德镇手绘主人杯", "Jingdezhen painted tea cup", f"ST-{teller.run}-3", 15900, 1)

    def fill(self) -> None:
        """Create the products as staff and find them through the API."""
        category_id = self._category()
        for goods in self.all():
            goods.product_id = create_product(
                self.stage.ctx(STAFF), title=f"{goods.name} {self.teller.run}", category_id=category_id,
                skus=[SkuForm(goods.code, goods.price_fen, stock=goods.stock)])
            goods.sku_id = self.page(goods)["skus"][0]["id"]

    def clear(self) -> None:
        """Take them off the shelf; orders keep what they need to know."""
        made = [goods.product_id for goods in self.all() if goods.product_id]
        if made:
            set_on_shelf(self.stage.ctx(STAFF), product_ids=made, on_shelf=False)

    def all(self) -> tuple[Goods, Goods, Goods]:
        return self.tea, self.cakes, self.cup

    def reprice(self, goods: Goods, price_fen: int) -> None:
        """Staff changes the price."""
        change_prices(self.stage.ctx(STAFF), changes=[PriceChange(goods.code, price_fen)])
        goods.price_fen = price_fen

    def page(self, goods: Goods) -> dict:
        """The product's public page."""
        return self.stage.shop.ask("GET", f"/api/v1/products/{goods.product_id}")

    def check_stock(self, goods: Goods, change: int = 0) -> None:
        """Differs unless what can be bought has changed by so much."""
        goods.stock += change
        _process.wait_until(lambda: self._available(goods) == goods.stock, SHOWN_WITHIN, 0.1)
        self.teller.equal(f"stock of {goods.english}", self._available(goods), goods.stock)

    def _available(self, goods: Goods) -> int:
        return self.page(goods)["skus"][0]["available"]

    def _category(self) -> str:
        roots = self.stage.shop.ask("GET", "/api/v1/categories")["items"]
        known = [each["id"] for root in roots for each in (root, *root["children"]) if each["name"] == CATEGORY]
        return known[0] if known else save_category(self.stage.ctx(STAFF), name=CATEGORY)


