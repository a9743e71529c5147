"""The shopper's cart."""

from typing import Any

from flask import Response
from marshmallow import fields as ma
from marshmallow import validate

from backend.carts.refusals import CART_FULL, CART_QUANTITY, UNKNOWN_SKUS
from backend.queries import carts
from backend.queries.carts import CartItem
from backend.usecases import put_cart_line as put_cart_line_case
from backend.usecases import remove_cart_line as remove_cart_line_case
from backend.usecases import replace_cart as replace_cart_case
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.errors import language
from miniprogram_api.fields import Deliveries, Fen, Input, Output, PublicId, Whole, YesNo
from miniprogram_api.strict_json import ready

blp = Door("cart", "The cart: at most 1,000 lines, priced anew whenever it is looked at.")
MOST = 999_999
SKUS = 1000


class LineForm(Input):
    quantity = Whole(1, MOST, required=True, metadata={"example": 2})
    selected = YesNo(load_default=True)


class CartLineForm(LineForm):
    sku_id = PublicId(required=True)


class CartForm(Input):
    lines = ma.List(
        ma.Nested(CartLineForm),
        required=True,
        validate=validate.Length(max=2 * SKUS),
        metadata={"description": "All of the cart; the same SKU twice is merged. At most 1,000 SKUs."},
    )


class CartLine(Output):
    sku_id = PublicId(required=True)
    quantity = Whole(1, MOST, required=True)
    selected = ma.Boolean(required=True)
    product_id = PublicId(required=True)
    title = ma.String(required=True)
    options = ma.Dict(keys=ma.String(), values=ma.String(), required=True)
    picture = ma.String(required=True, allow_none=True)
    price_fen = Fen(required=True)
    amount_fen = ma.Integer(required=True, metadata={"description": "price × quantity, in fen."})
    deliveries = Deliveries()


class Why(Output):
    code = ma.String(
        required=True, metadata={"description": "off_shelf, not_published, sku_gone, sold_out or too_few."}
    )
    message = ma.String(required=True)
    available = ma.Integer(metadata={"description": "With too_few: how many can be bought."})


class InvalidLine(CartLine):
    why = ma.Nested(Why, required=True)


class Cart(Output):
    lines = ma.List(ma.Nested(CartLine), required=True)
    invalid = ma.List(
        ma.Nested(InvalidLine), required=True, metadata={"description": "What cannot be bought now, and why."}
    )
    goods_fen = ma.Integer(required=True, metadata={"description": "What the selected lines cost, without freight."})
    count = ma.Integer(required=True, metadata={"description": "Number of lines, invalid ones too."})
    deliveries = Deliveries("How the selected lines can be had together; empty: they need two orders.")


@blp.route("/cart", methods=["GET"])
@blp.response(200, Cart)
@shopper_only
def get_cart() -> Response:
    """One's own cart at the prices of this moment"""
    return answer()


@blp.route("/cart", methods=["PUT"])
@blp.arguments(CartForm)
@blp.response(200, Cart)
@refuses(CART_QUANTITY, CART_FULL, UNKNOWN_SKUS)
@shopper_only
def replace_cart(form: dict[str, Any]) -> Response:
    """Replace the whole cart

    All of it or, when a line is refused, nothing.
    """
    replace_cart_case.replace_cart(context(), lines=[replace_cart_case.Line(**line) for line in form["lines"]])
    return answer()


@blp.route("/cart/lines/<id:sku_id>", methods=["PUT"])
@blp.arguments(LineForm)
@blp.response(200, Cart)
@refuses(CART_QUANTITY, CART_FULL, UNKNOWN_SKUS)
@shopper_only
def put_cart_line(form: dict[str, Any], sku_id: str) -> Response:
    """Put a SKU into the cart, or change its line"""
    put_cart_line_case.put_cart_line(context(), sku_id=sku_id, **form)
    return answer()


@blp.route("/cart/lines/<id:sku_id>", methods=["DELETE"])
@blp.response(200, Cart)
@shopper_only
def remove_cart_line(sku_id: str) -> Response:
    """Take a SKU out of the cart

    When it is not in it, nothing happens.
    """
    remove_cart_line_case.remove_cart_line(context(), sku_id=sku_id)
    return answer()


def answer() -> Response:
    """The cart as it is after what was just done."""
    view = carts.cart(context())
    return ready(
        {
            "lines": [as_json(item) for item in view.lines],
            "invalid": [as_json(item) for item in view.invalid],
            "goods_fen": view.goods_fen,
            "count": view.count,
            "deliveries": view.deliveries,
        }
    )


def as_json(item: CartItem) -> dict[str, Any]:
    """A line for the wire; what is wrong with it in the client's language."""
    line = {
        "sku_id": item.sku_id,
        "quantity": item.quantity,
        "selected": item.selected,
        "product_id": item.product_id,
        "title": item.title,
        "options": item.options,
        "picture": item.picture,
        "price_fen": item.price_fen,
        "amount_fen": item.amount_fen,
        "deliveries": item.deliveries,
    }
    if item.why is not None:
        line["why"] = {"code": item.why.code, "message": item.why.sentence(language())} | item.why.details
    return line
