"""The product page: one statement, the deals of 30 days, options in the merchant's order."""

from datetime import timedelta

import msgspec
import pytest

from backend.catalog.rules import SkuForm
from backend.infra.uow import transaction
from backend.kernel.errors import Refused
from backend.queries.product_page import option_values, product_page
from backend.stock import MAIN_LOCATION, store
from backend.usecases.count_deals import count_deals
from backend.usecases.edit_product import edit_product
from tests.conftest import NOON
from tests.counting import counted
from tests.given_goods import given_product


def page(ctx, product_id):
    return msgspec.json.decode(product_page(ctx(), product_id=product_id))


def test_one_statement_however_many_skus(ctx):
    small = given_product(ctx, "A1")
    large = given_product(ctx, skus=[SkuForm(f"S{number}", 100, options={"号": str(number)}) for number in range(50)])
    for goods in (small, large):
        with counted() as statements:
            assert len(page(ctx, goods.product_id)["skus"]) == len(goods.skus)
        assert len(statements) == 1


def test_the_lowest_deal_of_thirty_days(ctx, shop, later):
    apple, pear = shop.goods("A1", 5000, 100), shop.goods("B1", 3000)
    shop.paid(shop.shopper(), (apple, 2))
    shop.place(shop.shopper(), (pear, 1))
    count_deals(ctx())
    assert page(ctx, apple.product_id)["lowest_deal_fen"] == page(ctx, apple.product_id)["skus"][0]["lowest_deal_fen"] == 5000
    assert page(ctx, pear.product_id)["lowest_deal_fen"] is None, "an order that is not paid is no deal"
    assert page(ctx, apple.product_id)["sold"] == 2
    later(days=29)
    assert page(ctx, apple.product_id)["lowest_deal_fen"] == 5000
    later(days=1)
    assert page(ctx, apple.product_id)["lowest_deal_fen"] is None


def test_available_is_what_is_not_promised(ctx):
    goods = given_product(ctx, stock=1000)
    assert page(ctx, goods.product_id)["skus"][0]["available"] == 999
    for number, (take, left) in enumerate([(2, 998), (998, 0)]):
        with transaction(ctx()) as tx:
            store.reserve(tx, MAIN_LOCATION, [(f"oli_{number}", goods.sku_id, take)])
        sku = page(ctx, goods.product_id)["skus"][0]
        assert (sku["available"], sku["in_stock"]) == (left, left > 0)


def test_gone_skus_are_not_shown(ctx):
    goods = given_product(
        ctx,
        skus=[
            SkuForm("R", 1000, options={"颜色": "红", "尺码": "L"}),
            SkuForm("B", 900, options={"颜色": "蓝", "尺码": "M"}),
        ],
    )
    assert page(ctx, goods.product_id)["options"] == [
        {"name": "颜色", "values": ["红", "蓝"]},
        {"name": "尺码", "values": ["L", "M"]},
    ]
    edit_product(
        ctx(),
        product_id=goods.product_id,
        title="衬衫",
        category_id=goods.category_id,
        publish_at=NOON,
        skus=[SkuForm("R", 1000, options={"颜色": "红", "尺码": "L"})],
    )
    shown = page(ctx, goods.product_id)
    assert [sku["code"] for sku in shown["skus"]] == ["R"] and shown["price_fen"] == 1000


def test_what_is_not_public_is_not_found(ctx, later):
    future = given_product(ctx, "A1", publish_at=NOON + timedelta(hours=1)).product_id
    hidden = given_product(ctx, "A2", on_shelf=False).product_id
    for product_id in (future, hidden, "prd_unknown"):
        with pytest.raises(Refused, match="not_found"):
            page(ctx, product_id)
    later(hours=2)
    assert page(ctx, future)["id"] == future


def test_option_values_of_skus_with_different_names():
    assert option_values([]) == [] and option_values([{}]) == []
    assert option_values([{"a": "1"}, {"b": "2"}, {"a": "1"}]) == [
        {"name": "a", "values": ["1"]},
        {"name": "b", "values": ["2"]},
    ]
