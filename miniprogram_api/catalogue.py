"""Routes of the shop window: home, categories, products. Nobody needs to log in for them."""

from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import OneOf

from backend.catalog.refusals import BAD_QUERY
from backend.kernel.errors import BAD_CURSOR, NOT_FOUND
from backend.queries.categories import category_tree
from backend.queries.home import home_page
from backend.queries.product_list import product_list
from backend.queries.product_page import product_page
from miniprogram_api.auth import context, public
from miniprogram_api.cached import answers_kept, shown
from miniprogram_api.door import Door, refuses
from miniprogram_api.fields import Choice, Deliveries, Fen, Output, PageQuery, PublicId, Whole, Words

blp = Door("catalogue", "Home page, categories, products. No log-in needed.")

MOST_SHOWN = 999


def Picture() -> fields.String:
    return fields.String(required=True, allow_none=True, metadata={"description": "Key of a picture: GET /pictures/{key}."})


class ItemOut(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    price_fen = Fen(required=True, metadata={"description": "Of the cheapest option, in fen."})
    market_price_fen = Fen(required=True, allow_none=True)
    picture = Picture()
    sku_id = fields.String(required=True, allow_none=True, metadata={"description": "Null when there is a choice."})
    sku_code = fields.String(required=True, allow_none=True)
    in_stock = fields.Boolean(required=True)


class ProductsQuery(PageQuery):
    q = Words(0, 64, load_default="", metadata={"description": "Words; each must be part of the title."})
    category = PublicId(metadata={"description": "A category, with all below it."})
    sort = Choice("newest", "price", "-price", "sales", load_default="newest")


class ProductsOut(Output):
    items = fields.List(fields.Nested(ItemOut), required=True)
    next = fields.String(required=True, allow_none=True)


class ChildOut(Output):
    id = fields.String(required=True)
    name = fields.String(required=True)
    picture = Picture()


class CategoryOut(ChildOut):
    children = fields.List(fields.Nested(ChildOut), required=True)


class CategoriesOut(Output):
    items = fields.List(fields.Nested(CategoryOut), required=True)


class BannerOut(Output):
    picture = fields.String(required=True)
    title = fields.String(required=True)
    subtitle = fields.String(required=True)
    category_id = fields.String(required=True, allow_none=True)
    product_id = fields.String(required=True, allow_none=True)


class BlockOut(Output):
    title = fields.String(required=True)
    subtitle = fields.String(required=True)
    items = fields.List(fields.Nested(ItemOut), required=True)


class HomeOut(Output):
    banners = fields.List(fields.Nested(BannerOut), required=True)
    categories = fields.List(fields.Nested(ChildOut), required=True)
    blocks = fields.List(fields.Nested(BlockOut), required=True)
    newest = fields.List(fields.Nested(ItemOut), required=True)
    best_selling = fields.List(fields.Nested(ItemOut), required=True)


class OptionOut(Output):
    name = fields.String(required=True)
    values = fields.List(fields.String(), required=True)


class SkuOut(Output):
    id = fields.String(required=True)
    code = fields.String(required=True)
    options = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    picture = Picture()
    price_fen = Fen(required=True)
    market_price_fen = Fen(required=True, allow_none=True)
    in_stock = fields.Boolean(required=True)
    available = Whole(0, MOST_SHOWN, required=True, metadata={"description": "Exact below 999; 999 means 999 or more."})
    lowest_deal_fen = Fen(required=True, allow_none=True)


class CategoryNameOut(Output):
    id = fields.String(required=True)
    name = fields.String(required=True)


class DetailBlockOut(Output):
    kind = fields.String(required=True, validate=OneOf(["heading", "text", "list", "picture"]))
    text = fields.String(required=True)
    items = fields.List(fields.String(), required=True)
    picture = Picture()


class RatingOut(Output):
    count = fields.Integer(required=True)
    average_tenths = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Stars in tenths: 46 is 4.6; null without reviews."}
    )


class ProductOut(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    selling_point = fields.String(required=True)
    detail = fields.String(required=True)
    detail_blocks = fields.List(fields.Nested(DetailBlockOut), required=True)
    category = fields.Nested(CategoryNameOut, required=True)
    pictures = fields.List(fields.String(), required=True)
    price_fen = Fen(required=True)
    market_price_fen = Fen(required=True, allow_none=True)
    sold = fields.Integer(required=True)
    deliveries = Deliveries()
    reviews = fields.Nested(RatingOut, required=True)
    in_stock = fields.Boolean(required=True)
    lowest_deal_fen = Fen(
        required=True,
        allow_none=True,
        metadata={"description": "Lowest price of a unit that somebody really paid in the last 30 days, in fen."},
    )
    options = fields.List(fields.Nested(OptionOut), required=True)
    skus = fields.List(fields.Nested(SkuOut), required=True)


@blp.route("/home", methods=["GET"])
@answers_kept(blp, HomeOut)
@public
def get_home() -> Response:
    """The home page: banners, categories, chosen, newest and best-selling products."""
    return shown(lambda: home_page(context()))


@blp.route("/categories", methods=["GET"])
@answers_kept(blp, CategoriesOut)
@public
def list_categories() -> Response:
    """All categories on two levels, in the merchant's order."""
    return shown(lambda: category_tree(context()))


@blp.route("/products", methods=["GET"])
@blp.arguments(ProductsQuery, location="query")
@answers_kept(blp, ProductsOut)
@refuses(BAD_CURSOR, BAD_QUERY)
@public
def list_products(query: dict[str, Any]) -> Response:
    """Products on the shelf, searched, of a category, sorted, page by page."""
    return shown(
        lambda: product_list(
            context(),
            q=query["q"],
            category_id=query.get("category"),
            sort=query["sort"],
            after=query.get("after"),
            limit=query["limit"],
        )
    )


@blp.route("/products/<id:product_id>", methods=["GET"])
@answers_kept(blp, ProductOut)
@refuses(NOT_FOUND)
@public
def get_product(product_id: str) -> Response:
    """One product with everything that can be chosen and bought of it."""
    return shown(lambda: product_page(context(), product_id=product_id))
