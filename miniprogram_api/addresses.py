"""The shopper's address book."""

from typing import Any

from flask import Response
from marshmallow import fields as ma

from backend.infra.once import ClientKey
from backend.members.refusals import (
    ADDRESS_DETAIL,
    ADDRESS_NOT_FOUND,
    PHONE,
    RECEIVER_NAME,
    REGION,
    TOO_MANY_ADDRESSES,
)
from backend.queries import members
from backend.usecases import add_address as add_address_case
from backend.usecases import edit_address as edit_address_case
from backend.usecases import remove_address as remove_address_case
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.fields import NOT_BLANK, Input, Output, PublicId, Words, YesNo
from miniprogram_api.idempotency import keyed
from miniprogram_api.strict_json import ready

blp = Door("addresses", "The address book: at most 50, one of them the default.")

REGION_EXAMPLE = ["浙江省", "杭州市", "西湖区"]
WRONG = (RECEIVER_NAME, PHONE, REGION, ADDRESS_DETAIL)


class AddressForm(Input):
    name = Words(1, 30, NOT_BLANK, required=True, metadata={"example": "王小满"})
    phone = Words(
        7,
        30,
        r"^[0-9+() -]+$",
        required=True,
        metadata={"description": "A Chinese mobile, or a landline with area code.", "example": "13800138000"},
    )
    region_code = Words(
        6,
        6,
        r"^[1-9][0-9]{5}$",
        required=True,
        metadata={"description": "Six digits of a district, see `/regions`.", "example": "330106"},
    )
    detail = Words(1, 120, NOT_BLANK, required=True, metadata={"example": "文三路 100 号 2 幢 301"})
    is_default = YesNo(load_default=False)


class Address(Output):
    id = PublicId(required=True)
    name = ma.String(required=True)
    phone = ma.String(required=True)
    region_code = ma.String(required=True)
    region = ma.List(
        ma.String(), required=True, metadata={"description": "Province, city, district.", "example": REGION_EXAMPLE}
    )
    detail = ma.String(required=True)
    is_default = ma.Boolean(required=True)


class Addresses(Output):
    items = ma.List(ma.Nested(Address), required=True)


class NewId(Output):
    id = PublicId(required=True)


@blp.route("/addresses", methods=["GET"])
@blp.response(200, Addresses)
@shopper_only
def list_addresses() -> Response:
    """One's own addresses

    The default first, then the newest.
    """
    return ready({"items": members.addresses(context())})


@blp.route("/addresses", methods=["POST"])
@blp.arguments(AddressForm)
@blp.response(201, NewId)
@refuses(*WRONG, TOO_MANY_ADDRESSES)
@keyed
@shopper_only
def add_address(form: dict[str, Any], key: ClientKey) -> Response:
    """Add an address

    The first one is the default whatever is asked.
    """
    return ready({"id": add_address_case.add_address(context(), **form, key=key)}, 201)


@blp.route("/addresses/<id:address_id>", methods=["PUT"])
@blp.arguments(AddressForm)
@blp.response(204)
@refuses(*WRONG, ADDRESS_NOT_FOUND)
@shopper_only
def edit_address(form: dict[str, Any], address_id: str) -> Response:
    """Replace an address

    Orders that were placed keep what they were placed with.
    """
    edit_address_case.edit_address(context(), address_id=address_id, **form)
    return Response(status=204)


@blp.route("/addresses/<id:address_id>", methods=["DELETE"])
@blp.response(204)
@refuses(ADDRESS_NOT_FOUND)
@shopper_only
def remove_address(address_id: str) -> Response:
    """Remove an address

    Its content is erased. If it was the default, the newest of the others becomes it.
    """
    remove_address_case.remove_address(context(), address_id=address_id)
    return Response(status=204)
