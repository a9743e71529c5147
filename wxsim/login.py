"""小程序登录 (code2session): from the code of wx.login to openid, unionid and session key."""

import base64
import hmac
import secrets
from typing import Any

from flask import Blueprint, request

from wxsim import people
from wxsim.open_api import OpenApiError, open_call
from wxsim.world import World

blueprint = Blueprint("login", __name__)


@open_call(blueprint, "GET", "/sns/jscode2session", "login")
def jscode2session(world: World) -> dict[str, Any]:
    """openid, unionid and a new session_key; the code is used up."""
    given = request.args
    for name, errcode in (("appid", 41002), ("secret", 41004), ("js_code", 41008)):
        if not given.get(name):
            raise OpenApiError(errcode, f"{name} missing")
    if given.get("grant_type") != "authorization_code":
        raise OpenApiError(40002, "invalid grant_type")
    check_app(world, given["appid"], given["secret"])
    for fault, errcode, errmsg in (
        ("login-blocked", 40226, "code blocked"),
        ("login-code-used", 40163, "code been used"),
        ("login-code-bad", 40029, "invalid code"),
    ):
        if world.faults.strike(fault, {"call": "login"}) is not None:
            raise OpenApiError(errcode, errmsg)
    row, why_not = people.use_code(world, "login", given["js_code"])
    if row is None:
        raise OpenApiError(40163, "code been used") if why_not == "used" else OpenApiError(40029, "invalid code")
    session = {"session_key": base64.b64encode(secrets.token_bytes(16)).decode(), "openid": row["openid"]}
    about = {"call": "login", "user": row["user"], "openid": row["openid"]}
    if world.faults.strike("login-without-unionid", about) is None:
        session["unionid"] = row["unionid"]
    return session


def check_app(world: World, appid: object, secret: object) -> None:
    """Raises 40013 for another appid and 40125 for a wrong secret (compared in constant time)."""
    if appid != world.config.appid:
        raise OpenApiError(40013, "invalid appid")
    if not hmac.compare_digest(str(secret).encode(), world.config.app_secret.encode()):
        raise OpenApiError(40125, "invalid appsecret")
