"""Regions of China, level by level."""

from typing import Any

from flask import Response
from marshmallow import fields as ma

from backend.queries import regions
from miniprogram_api.auth import public
from miniprogram_api.door import Door
from miniprogram_api.fields import Choice, Input, Output, Words
from miniprogram_api.strict_json import ready

blp = Door("regions", "Provinces, cities and districts for the address form.")

CODE = r"^[1-9][0-9]{5}$"


class RegionQuery(Input):
    parent = Words(
        6, 6, CODE, metadata={"description": "A province or city; absent: the provinces.", "example": "330100"}
    )


class Region(Output):
    code = ma.String(required=True, metadata={"example": "330106"})
    name = ma.String(required=True, metadata={"example": "西湖区"})
    level = Choice("province", "city", "district", required=True)


class Regions(Output):
    items = ma.List(ma.Nested(Region), required=True)


@blp.route("/regions", methods=["GET"])
@blp.arguments(RegionQuery, location="query")
@blp.response(200, Regions)
@public
def list_regions(query: dict[str, Any]) -> Response:
    """What lies below a region

    An address needs a district. Nothing lies below a district or an unknown code.
    """
    answer = ready({"items": regions.below(query.get("parent"))})
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
