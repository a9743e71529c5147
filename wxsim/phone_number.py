"""手机号快速验证 (getuserphonenumber): from the button's code to the number."""

from typing import Any

from flask import Blueprint, request

from wxsim import people
from wxsim.open_api import OpenApiError, open_call
from wxsim.tokens import check_token, read_json
from wxsim.world import World

blueprint = Blueprint("phone_number", __name__)


@open_call(blueprint, "POST", "/wxa/business/getuserphonenumber", "phone")
def getuserphonenumber(world: World) -> dict[str, Any]:
    """The number with its watermark; the code is used up. With an openid, the pair must belong together."""
    check_token(world, "phone")
    given = read_json(request.get_data())
    code, openid = given.get("code"), given.get("openid")
    if not isinstance(code, str) or not code:
        raise OpenApiError(40029, "invalid code")
    if openid is not None:
        owner = world.books.row(
            "SELECT openid FROM codes JOIN users ON users.name = codes.user WHERE code = ?", (code,)
        )
        if owner is None or owner["openid"] != openid:
            raise OpenApiError(40029, "invalid code")
    row, _ = people.use_code(world, "phone", code)
    if row is None:
        raise OpenApiError(40029, "invalid code")
    about = {"call": "phone", "user": row["user"], "openid": row["openid"]}
    other = world.faults.strike("phone-other-appid", about) is not None
    appid = "wx0000000000000000" if other else world.config.appid
    return {
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": row["phone"],
            "purePhoneNumber": row["phone"],
            "countryCode": "86",
            "watermark": {"timestamp": int(world.clock.now()), "appid": appid},
        },
    }
