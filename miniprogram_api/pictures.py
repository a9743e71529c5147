"""Routes of pictures: send one, see one of the shop window, see one's own evidence."""

from typing import Any

from flask import Response, request, send_file
from marshmallow import fields

from backend.gateways.files import Files
from backend.gateways.refusals import FILE_NOT_FOUND, FILE_NOT_KEPT
from backend.infra.once import ClientKey
from backend.infra.pictures import MAX_BYTES, PICTURE_NOT_READABLE, PICTURE_TOO_LARGE, PICTURES_BUSY, THUMBNAILS
from backend.queries.uploads import visible_evidence
from backend.uploads import SHOPPER_PURPOSES
from backend.uploads.refusals import PICTURE_NOT_FOUND, TOO_MANY_PICTURES
from backend.usecases.upload_picture import Uploaded
from backend.usecases.upload_picture import upload_picture as upload_picture_case
from miniprogram_api.auth import context, public, shopper_only
from miniprogram_api.door import Door, refuses
from miniprogram_api.fields import Input, Output, QueryWhole
from miniprogram_api.idempotency import keyed
from miniprogram_api.multipart import one_file, read_form
from miniprogram_api.strict_json import ready

blp = Door("pictures", "Pictures: sent by shoppers, shown to everybody, or to their sender alone.")

PICTURE_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
}
A_YEAR = 365 * 24 * 3600
BEFORE = "/api/v1"

FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "purpose"],
                "additionalProperties": False,
                "properties": {
                    "file": {
                        "type": "string",
                        "contentMediaType": "application/octet-stream",
                        "description": "JPG, PNG or WebP, at most 8 MiB; its name and type are ignored.",
                    },
                    "purpose": {"type": "string", "enum": list(SHOPPER_PURPOSES)},
                },
            }
        }
    },
}
"""As wx.uploadFile sends it: `name: "file"`, `formData: {purpose}`."""


class SizeQuery(Input):
    size = QueryWhole(
        min(THUMBNAILS),
        max(THUMBNAILS),
        metadata={"description": f"Longest side of the thumbnail wanted: {' or '.join(map(str, THUMBNAILS))}."},
    )


class UploadedOut(Output):
    key = fields.String(required=True, metadata={"description": "Hand it in where the picture is used, within a day."})
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    url = fields.String(required=True, metadata={"description": "Path of the picture; of evidence only with one's token."})
    thumbnail_url = fields.String(required=True)


def a_picture(description: str) -> dict[str, Any]:
    """How a route that answers a picture documents it."""
    return {"200": {"description": description, "content": {kind: {} for kind in sorted(set(PICTURE_TYPES.values()))}}}


@blp.route("/uploads", methods=["POST"])
@blp.response(201, UploadedOut)
@blp.doc(requestBody=FORM)
@refuses(TOO_MANY_PICTURES, PICTURE_TOO_LARGE, PICTURE_NOT_READABLE, PICTURES_BUSY, FILE_NOT_KEPT)
@keyed
@shopper_only
@one_file(MAX_BYTES)
def upload_picture(key: ClientKey) -> Response:
    """Send a picture for a review, an after-sales case, a complaint or one's profile

    It is drawn anew: only what is seen is kept. Use its key within a day, or it is removed.
    """
    form = read_form({"purpose": SHOPPER_PURPOSES})
    stored = upload_picture_case(context(), file=form.file, size=form.size, purpose=form.fields["purpose"], key=key)
    return ready(described(stored), 201)


def described(stored: Uploaded) -> dict[str, Any]:
    """What a client needs to know of its picture."""
    url = f"{BEFORE}/{'evidence' if stored.private else 'pictures'}/{stored.key}"
    return {
        "key": stored.key,
        "width": stored.width,
        "height": stored.height,
        "url": url,
        "thumbnail_url": f"{url}?size={min(THUMBNAILS)}",
    }


@blp.route("/pictures/<key>", methods=["GET"])
@blp.arguments(SizeQuery, location="query")
@blp.doc(responses=a_picture("The picture; it never changes under its key."))
@blp.alt_response(304, description="You have it.")
@refuses(FILE_NOT_FOUND)
@public
def get_picture(query: dict[str, Any], key: str) -> Response:
    """A picture by its key, or its thumbnail; to be kept for ever."""
    return shown(context().gateways.files, key, query.get("size"), f"public, max-age={A_YEAR}, immutable")


@blp.route("/evidence/<key>", methods=["GET"])
@blp.arguments(SizeQuery, location="query")
@blp.doc(responses=a_picture("The picture, for its sender and the shopper whose case it is."))
@blp.alt_response(304, description="You have it.")
@refuses(PICTURE_NOT_FOUND, FILE_NOT_FOUND)
@shopper_only
def get_evidence(query: dict[str, Any], key: str) -> Response:
    """A picture of one's after-sales case or complaint – sent by oneself or by the shop –, or its thumbnail."""
    known = visible_evidence(context(), key=key)
    return shown(context().gateways.private, known, query.get("size"), f"private, max-age={A_YEAR}, immutable")


def shown(files: Files, key: str, side: int | None, cache: str) -> Response:
    """The bytes of a picture with the type that its suffix names; the whole picture where there is no such thumbnail."""
    kind = PICTURE_TYPES.get(key.rpartition(".")[2])
    if kind is None:
        raise FILE_NOT_FOUND()
    path = files.shown(key, None if side is None else next(each for each in sorted(THUMBNAILS) if each >= side))
    answer = send_file(path, mimetype=kind, conditional=False, etag=path.stem)
    answer.headers["Cache-Control"] = cache
    return answer.make_conditional(request)
