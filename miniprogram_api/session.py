"""Log in and out."""

from typing import Any

from flask import Response
from marshmallow import fields as ma

from backend.gateways.refusals import LOGIN_BLOCKED, LOGIN_CODE_REFUSED, WECHAT_BUSY, WECHAT_TOO_MANY
from backend.members.refusals import MEMBER_CLOSED
from backend.usecases import log_in as log_in_case
from backend.usecases import log_out as log_out_case
from miniprogram_api.auth import bearer_token, context, hash_of, public, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.fields import Input, Instant, Output, PublicId, Words
from miniprogram_api.strict_json import ready

blp = Door("session", "Log in with WeChat, log out.")


class LogIn(Input):
    code = Words(
        1,
        256,
        r"^[!-~]+$",
        required=True,
        metadata={"description": "The code of wx.login; it works once.", "example": "0a3xYz000abcDEF1"},
    )


class Session(Output):
    token = ma.String(
        required=True, metadata={"description": "Send it as `Authorization: Bearer …`; it is said this once."}
    )
    expires_at = Instant(required=True)
    member_id = PublicId(required=True)
    new = ma.Boolean(required=True, metadata={"description": "Whether this log-in made the member."})


@blp.route("/session", methods=["POST"])
@blp.arguments(LogIn)
@blp.response(201, Session)
@refuses(LOGIN_CODE_REFUSED, LOGIN_BLOCKED, MEMBER_CLOSED, WECHAT_BUSY, WECHAT_TOO_MANY)
@public
def log_in(sent: dict[str, Any]) -> Response:
    """Log in with the code of wx.login

    Makes a member of whoever comes for the first time. Only failures are limited, per address.
    """
    session = log_in_case.log_in(context(), code=sent["code"])
    return ready(
        {"token": session.token, "expires_at": session.expires_at, "member_id": session.member_id, "new": session.new},
        201,
    )


@blp.route("/session", methods=["DELETE"])
@blp.response(204)
@shopper_only
def log_out() -> Response:
    """Log out

    The token is refused from now on; the member's other sessions stay.
    """
    log_out_case.log_out(context(), token_hash=hash_of(bearer_token() or ""))
    return Response(status=204)
