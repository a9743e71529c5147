"""Routes of pick-up: points to choose from, and the code with which an order is fetched."""

import re
from typing import Any

from flask import Response
from marshmallow import fields, validate

from backend.infra.once import ClientKey
from backend.orders.refusals import NOT_NOW
from backend.pickups.refusals import PLACE, POINT_NOT_FOUND, TOO_MANY_ROTATIONS
from backend.queries.pickup_points import pickup_point, pickup_points
from backend.queries.pickups import pickup_code
from backend.usecases.rotate_pickup_code import rotate_pickup_code
from miniprogram_api.auth import context, public, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.errors import language
from miniprogram_api.fields import Choice, Input, Instant, Output, PublicId, QueryWhole, Words
from miniprogram_api.idempotency import keyed
from miniprogram_api.qr import png
from miniprogram_api.strict_json import ready

blp = Door("pick-up", "Points where orders are fetched, and the code with which to fetch one. Coordinates are GCJ-02, as "
                      "`wx.getLocation` and WeChat's maps use.")

NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?")
CURSOR = r"^[0-9]{1,8}\.[A-Za-z0-9_-]{1,32}$"
REGION = r"^[1-9][0-9]{5}$"


class Degrees(fields.Float):
    """Degrees in a query string, from -`most` to `most`."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(-most, most), **kwargs)

    def _validated(self, value: Any) -> float:
        if not isinstance(value, str) or not NUMBER.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return float(value)


class PointsQuery(Input):
    longitude = Degrees(180, metadata={"description": "With `latitude`: the nearest points first.", "example": 120.13})
    latitude = Degrees(90, metadata={"example": 30.275})
    region_code = Words(6, 6, REGION, metadata={"description": "A district, city or province.", "example": "330100"})
    after = Words(3, 41, CURSOR, metadata={"description": "The `next` of the page before, asked with the same place."})
    limit = QueryWhole(1, 100, load_default=20)


class PointOut(Output):
    id = PublicId(required=True)
    kind = Choice("store", "community", required=True)
    kind_text = fields.String(required=True)
    name = fields.String(required=True)
    region_code = fields.String(required=True)
    province = fields.String(required=True)
    city = fields.String(required=True)
    district = fields.String(required=True)
    detail = fields.String(required=True)
    phone = fields.String(required=True)
    longitude = fields.Float(required=True)
    latitude = fields.Float(required=True)
    open_now = fields.Boolean(required=True)
    closes_at = Instant(required=True, allow_none=True, metadata={"description": "When it is open."})
    opens_at = Instant(required=True, allow_none=True,
                       metadata={"description": "When it is closed; null: not within sixty days."})
    hours_text = fields.List(fields.String(), required=True, metadata={"example": ["周一至周五 09:00–18:00", "周六至周日 休息"]})
    hours = fields.List(fields.List(fields.List(fields.String())), required=True, metadata={
        "description": "Seven days, Monday first: spans from–to."})
    closed_on = fields.List(fields.Date(), required=True)
    guide = fields.String(required=True)
    picture = fields.String(required=True, allow_none=True, metadata={"description": "Key of a picture: GET /pictures/{key}."})
    active = fields.Boolean(required=True, metadata={"description": "False: takes no new orders."})


class ListedPointOut(PointOut):
    distance_m = fields.Integer(required=True, allow_none=True)


class PointsOut(Output):
    items = fields.List(fields.Nested(ListedPointOut), required=True)
    next = fields.String(required=True, allow_none=True)


class CodeOut(Output):
    code = fields.String(required=True, metadata={"example": "ABCD2345"})
    code_text = fields.String(required=True, metadata={"description": "In halves, to read aloud.", "example": "ABCD 2345"})
    qr_text = fields.String(required=True, metadata={"description": "What the QR picture says.", "example": "TM1:ABCD2345"})


@blp.route("/pickup-points", methods=["GET"])
@blp.arguments(PointsQuery, location="query")
@blp.response(200, PointsOut)
@refuses(PLACE)
@public
def list_pickup_points(query: dict[str, Any]) -> Response:
    """Where orders can be fetched

    The nearest first when a place is given; else as the merchant put them.
    """
    return ready(pickup_points(context(), **query, language=language()))


@blp.route("/pickup-points/<id:point_id>", methods=["GET"])
@blp.response(200, ListedPointOut)
@refuses(POINT_NOT_FOUND)
@public
def get_pickup_point(point_id: str) -> Response:
    """One point, with its hours"""
    return ready(pickup_point(context(), point_id=point_id, language=language()))


@blp.route("/orders/<id:order_id>/pickup-code", methods=["POST"])
@blp.response(200, CodeOut)
@refuses(NOT_NOW, TOO_MANY_ROTATIONS)
@keyed
@shopper_only
def new_pickup_code(order_id: str, key: ClientKey) -> Response:
    """Take a new code

    The old one opens nothing from now on: for when others may have seen it.
    """
    rotate_pickup_code(context(), order_id=order_id, key=key)
    return ready(pickup_code(context(), order_id=order_id))


@blp.route("/orders/<id:order_id>/pickup-qr", methods=["GET"])
@blp.doc(responses={"200": {"description": "The QR code of the pick-up code. Never to be kept.", "content": {"image/png": {}}}})
@refuses(NOT_NOW)
@shopper_only
def get_pickup_qr(order_id: str) -> Response:
    """The code as a picture

    Only while the order waits to be fetched.
    """
    return Response(png(pickup_code(context(), order_id=order_id)["qr_text"]), content_type="image/png")
