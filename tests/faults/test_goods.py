"""An error at every SQL statement and commit of every use case of goods and stock leaves nothing half done.

After each failure the same call is made once more: it must end where an undisturbed run ends.
"""

from itertools import permutations

import pytest

from backend.infra.once import ClientKey
from backend.usecases.adjust_stock import adjust_stock
from backend.usecases.apply_prices import SeenPrice, apply_prices
from backend.usecases.arrange_home import HomeBlock, arrange_home
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
from tests.faults.points import Blown, recorder
from tests.given_goods import given_product

COUNTED = (
    "select p.title, p.on_shelf, p.price_fen, p.sku_count, p.sold, s.code, s.price_fen as sku_price, s.active,"
    " l.on_hand, (select sum(m.on_hand_change) from stock_moves m where m.sku_id = s.id) as journal,"
    " (select count(*) from stock_moves m where m.sku_id = s.id) as moves,"
    " (select count(*) from product_terms t where t.product_id = p.id) as terms,"
    " (select count(*) from audit_log a where a.subject = s.id) as audits"
    " from skus s join products p on p.id = s.product_id left join stock_levels l on l.sku_id = s.id"
    " where s.code like :prefix order by s.code"
)


def calls(ctx, prefix, goods):
    """Every use case, on goods and names that begin with `prefix`; `goods` are two SKUs of one product."""
    forms = [SkuForm(f"{prefix}-N{number}", 500, options={"号": str(number)}, stock=4) for number in range(2)]
    kept = [SkuForm(f"{prefix}-A", 300, options={"号": "3"}), SkuForm(f"{prefix}-C", 200, options={"号": "1"}, stock=2)]
    product_id, category_id = goods.product_id, goods.category_id
    rows = [
        ImportedProduct(f"{prefix}-A", "x", "x", 77),
        ImportedProduct(f"{prefix}-I", f"新{prefix}", f"类{prefix}", 5),
    ]
    return {
        "create": lambda: create_product(
            ctx(), title="新", category_id=category_id, skus=forms, key=ClientKey(f"key-{prefix}", "print")
        ),
        "edit": lambda: edit_product(
            ctx(), product_id=product_id, title=f"改{prefix}", category_id=category_id, publish_at=NOON, skus=kept
        ),
        "shelve": lambda: set_on_shelf(ctx(), product_ids=[product_id], on_shelf=False),
        "price": lambda: change_prices(ctx(), changes=[PriceChange(f"{prefix}-A", 40), PriceChange(f"{prefix}-B", 50)]),
        "adjust": lambda: adjust_stock(
            ctx(), sku_id=goods.sku_id, change=-2, reason="破损", key=ClientKey(f"key-{prefix}", "print")
        ),
        "previewed": lambda: apply_prices(
            ctx(), prices=[SeenPrice(sku_id, 100, 80) for sku_id in goods.skus.values()], key=ClientKey(f"key-{prefix}", "print")
        ),
        "counted": lambda: change_stock(
            ctx(),
            changes=[Counted(sku_id, -2, 5) for sku_id in goods.skus.values()],
            reason="盘点",
            key=ClientKey(f"key-{prefix}", "print"),
        ),
        "line": lambda: set_low_stock(ctx(), sku_ids=list(goods.skus.values()), low_at=3),
        "import": lambda: import_products_batch(ctx(), products=rows, stock_default=9),
        "category": lambda: save_category(ctx(), category_id=category_id, name=f"类{prefix}", position=2),
        "home": lambda: arrange_home(ctx(), banners=[], blocks=[HomeBlock(prefix, [])]),
        "deals": lambda: count_deals(ctx()),
    }


def given_two(ctx, prefix):
    skus = [SkuForm(f"{prefix}-{letter}", 100, options={"号": letter}, stock=5) for letter in "AB"]
    return given_product(ctx, skus=skus, title=f"旧{prefix}", category=f"旧{prefix}")


def seen(rows, prefix):
    """What stands in the books, without ids and with the prefix taken out."""
    return [str(row).replace(prefix, "") for row in rows(COUNTED, prefix=f"{prefix}%")]


NAMES = ["create", "edit", "shelve", "price", "adjust", "previewed", "counted", "line", "import", "category", "home", "deals"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_half_done(ctx, rows, snapshot, world, shop, name):
    sold = shop.goods("SOLD", 9000, 50)
    shop.paid(shop.shopper(), (sold, 1))
    with recorder(world.pay) as points:
        goods = given_two(ctx, "xyz")
        with points.counting():
            calls(ctx, "xyz", goods)[name]()
        expected, total = seen(rows, "xyz"), len(points.names)
        assert total >= 3, points.names
        for at, letters in zip(range(1, total + 1), permutations("abcdefgh", 3), strict=False):
            prefix = "".join(letters)
            goods = given_two(ctx, prefix)
            call = calls(ctx, prefix, goods)[name]
            before = snapshot()
            with pytest.raises(Blown), points.counting(at):
                call()
            if points.names[-1] != "after commit":
                assert snapshot() == before, f"{name} at {points.names[-1]}"
            call()
            assert seen(rows, prefix) == expected, f"{name} again after {points.names[-1]}"
