"""Given uploads: a picture that somebody sent for a purpose, in one line."""

from io import BytesIO

from PIL import Image

from backend.context import Context
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.uploads import store as uploads
from backend.uploads.rules import is_private


def picture_bytes(width: int = 40, height: int = 30, kind: str = "JPEG", color: str = "#c43") -> bytes:
    """A plain picture of one colour."""
    file = BytesIO()
    Image.new("RGB", (width, height), color).save(file, kind)
    return file.getvalue()


def given_picture(ctx: Context, purpose: str = "review") -> str:
    """The key of a small picture that the actor of `ctx` sent for `purpose` just now."""
    data = picture_bytes()
    key = (ctx.gateways.private if is_private(purpose) else ctx.gateways.files).put(data, ".jpg")
    with transaction(ctx) as tx:
        uploads.insert_upload(tx, {
            "id": new_id("upl", ctx.now), "key": key, "owner": str(ctx.actor), "purpose": purpose,
            "private": is_private(purpose), "bytes": len(data), "width": 40, "height": 30, "at": ctx.now})
    return key
