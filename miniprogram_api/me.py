"""The shopper's own profile, phone and consents."""

from typing import Any

from flask import Response
from marshmallow import fields as ma

from backend.gateways.refusals import PHONE_CODE_REFUSED, WECHAT_BUSY, WECHAT_TOO_MANY
from backend.infra.crypto import mask_phone
from backend.members.refusals import BIRTHDAY, CONSENT_VERSION, NICKNAME
from backend.queries import members
from backend.uploads.refusals import PICTURE_NOT_FOUND
from backend.usecases import edit_profile as edit_profile_case
from backend.usecases import record_consent as record_consent_case
from backend.usecases import set_phone as set_phone_case
from miniprogram_api.auth import context, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.fields import NOT_BLANK, Choice, Day, Input, Instant, Output, PublicId, Words, YesNo
from miniprogram_api.strict_json import ready

blp = Door("me", "One's own profile, phone number and consents.")

FILE_KEY = r"^[0-9a-f]{32}(\.[a-z0-9]{1,8})?$"
KINDS = ("terms", "privacy", "marketing")


class Profile(Output):
    id = PublicId(required=True)
    nickname = ma.String(required=True)
    avatar_key = ma.String(required=True, allow_none=True)
    gender = ma.String(required=True, allow_none=True)
    birthday = Day(required=True, allow_none=True)
    phone = ma.String(required=True, allow_none=True, metadata={"description": "Masked.", "example": "138****5678"})
    joined_at = Instant(required=True)


class ProfileChanges(Input):
    nickname = Words(1, 32, NOT_BLANK, metadata={"example": "小满"})
    avatar_key = Words(32, 41, FILE_KEY, allow_none=True, metadata={"description": "Of one's own upload for `avatar`."})
    gender = Choice("female", "male", allow_none=True)
    birthday = Day(allow_none=True, metadata={"example": "1995-05-20"})


class PhoneCode(Input):
    code = Words(
        1,
        256,
        r"^[!-~]+$",
        required=True,
        metadata={"description": "The code of getPhoneNumber; it works once.", "example": "e31968a7f94cc5ee"},
    )


class Phone(Output):
    phone = ma.String(required=True, metadata={"description": "Masked.", "example": "138****5678"})


class Consent(Output):
    kind = Choice(*KINDS, required=True)
    version = ma.String(required=True, allow_none=True, metadata={"description": "null: never asked."})
    granted = ma.Boolean(required=True)
    at = Instant(required=True, allow_none=True)


class Consents(Output):
    items = ma.List(ma.Nested(Consent), required=True)


class ConsentWord(Input):
    version = Words(1, 32, r"^[A-Za-z0-9.-]+$", required=True, metadata={"example": "2026-03"})
    granted = YesNo(required=True)


@blp.route("/me", methods=["GET"])
@blp.response(200, Profile)
@shopper_only
def get_profile() -> Response:
    """One's own profile"""
    return ready(members.profile(context()))


@blp.route("/me", methods=["PATCH"])
@blp.arguments(ProfileChanges)
@blp.response(200, Profile)
@refuses(NICKNAME, BIRTHDAY, PICTURE_NOT_FOUND)
@shopper_only
def edit_profile(changes: dict[str, Any]) -> Response:
    """Change one's profile

    Only the given fields change; null empties one. Letters that cannot be seen are taken out of the nickname.
    """
    edit_profile_case.edit_profile(context(), changes=changes)
    return ready(members.profile(context()))


@blp.route("/me/phone", methods=["PUT"])
@blp.arguments(PhoneCode)
@blp.response(200, Phone)
@refuses(PHONE_CODE_REFUSED, WECHAT_BUSY, WECHAT_TOO_MANY)
@shopper_only
def set_phone(sent: dict[str, Any]) -> Response:
    """Set one's phone number by the code of getPhoneNumber"""
    return ready({"phone": mask_phone(set_phone_case.set_phone(context(), code=sent["code"]))})


@blp.route("/me/consents", methods=["GET"])
@blp.response(200, Consents)
@shopper_only
def list_consents() -> Response:
    """What one has agreed to

    One entry for each kind, the newest word counts.
    """
    return ready({"items": members.consents(context())})


@blp.route(f"/me/consents/<any({','.join(KINDS)}):kind>", methods=["PUT"])
@blp.arguments(ConsentWord)
@blp.response(204)
@refuses(CONSENT_VERSION)
@shopper_only
def record_consent(sent: dict[str, Any], kind: str) -> Response:
    """Say yes or no to a text in one version

    Earlier words stay on record.
    """
    record_consent_case.record_consent(context(), kind=kind, version=sent["version"], granted=sent["granted"])
    return Response(status=204)
