"""Categories and the home page for staff."""

import pytest

from backend.catalog.rules import home_fingerprint
from backend.kernel.actors import staff
from backend.kernel.errors import Refused
from backend.queries.shelves import category_names, chosen_products, home_form, shelves
from backend.usecases.arrange_categories import arrange_categories
from backend.usecases.arrange_home import Banner, HomeBlock, arrange_home
from backend.usecases.set_on_shelf import set_on_shelf
from tests.counting import counted
from tests.given_goods import given_category, given_product


def test_the_tree_with_its_numbers(ctx):
    food = given_category(ctx, "食品")
    fruit, dry = given_category(ctx, "水果", food), given_category(ctx, "干货", food)
    given_category(ctx, "空")
    off = given_product(ctx, "A1", category_id=fruit).product_id
    given_product(ctx, "A2", category_id=fruit)
    given_product(ctx, "A3", category_id=food)
    set_on_shelf(ctx(), product_ids=[off], on_shelf=False)
    arrange_categories(ctx(), category_ids=[dry, fruit])
    with counted() as statements:
        tree = shelves(ctx())
    assert len(statements) == 3
    assert {(each.name, each.products, each.on_shelf) for each in tree} == {("食品", 3, 2), ("空", 0, 0)}
    [below] = [each.children for each in tree if each.name == "食品"]
    assert [(each.name, each.products, each.on_shelf, each.position) for each in below] == [("干货", 0, 0, 0), ("水果", 2, 1, 1)]
    assert {name for _, name in category_names(ctx())} == {"食品", "食品 / 干货", "食品 / 水果", "空"}


def test_the_home_page_as_its_form_shows_it(ctx):
    assert home_form(ctx()).seen == home_fingerprint(None)
    apple = given_product(ctx, "A1", 500, title="苹果")
    picture = ctx().gateways.files.put(b"jpeg", ".jpg")
    arrange_home(
        ctx(),
        banners=[Banner(picture, "丰收", product_id=apple.product_id)],
        blocks=[HomeBlock("本周", (apple.product_id, "prd_gone"))],
        seen=home_form(ctx()).seen,
    )
    form = home_form(ctx())
    assert [each["title"] for each in form.banners] == ["丰收"] and form.blocks[0]["product_ids"] == [apple.product_id, "prd_gone"]
    assert {each.title: (each.price_fen, each.state) for each in form.products.values()} == {"苹果": (500, "on_sale")}
    assert chosen_products(ctx(), product_ids=[apple.product_id, "prd_gone"]) == dict(form.products)


def test_only_who_may(ctx):
    nobody = ctx(staff("stf_1", {"orders.view"}))
    for call in (shelves, category_names, home_form, lambda ctx: chosen_products(ctx, product_ids=[])):
        with pytest.raises(Refused, match="forbidden"):
            call(nobody)
