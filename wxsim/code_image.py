"""小程序码 (getwxacodeunlimit): the picture of a code that leads to a page with a scene."""

import io
import re
from urllib.parse import quote

import qrcode
from flask import Blueprint, request
from PIL import Image

from wxsim.open_api import OpenApiError, Picture, open_call
from wxsim.tokens import check_token, read_json
from wxsim.world import World

blueprint = Blueprint("code_image", __name__)
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_PAGE = re.compile(r"[A-Za-z0-9_/-]{1,128}")
_LEAST, _MOST, _USUAL = 280, 1280, 430


@open_call(blueprint, "POST", "/wxa/getwxacodeunlimit", "code-image")
def getwxacodeunlimit(world: World) -> Picture:
    """JPEG, or PNG when `is_hyaline`: a square code that says `wxacode://<appid>/<page>?scene=<scene>`."""
    check_token(world, "code-image")
    try:
        given = read_json(request.get_data())
    except OpenApiError as error:
        raise OpenApiError(40169, "invalid length for scene, or the data is not json string") from error
    scene = given.get("scene")
    if not isinstance(scene, str) or not _SCENE.fullmatch(scene):
        raise OpenApiError(40169, "invalid length for scene, or the data is not json string")
    page = given.get("page") or world.config.pages[0]
    checked = given.get("check_path", True)
    if not isinstance(page, str) or not isinstance(checked, bool) or not _PAGE.fullmatch(page) or page[0] == "/":
        raise OpenApiError(41030, "invalid page")
    if checked and page not in world.config.pages:
        raise OpenApiError(41030, "invalid page")
    width = given.get("width", _USUAL)
    if not isinstance(width, int) or isinstance(width, bool) or not _LEAST <= width <= _MOST:
        raise OpenApiError(40097, "args err, width")
    if given.get("env_version", "release") not in ("release", "trial", "develop"):
        raise OpenApiError(40097, "args err, env_version")
    clear = given.get("is_hyaline", False)
    if not isinstance(clear, bool):
        raise OpenApiError(40097, "args err, is_hyaline")
    return drawn(f"wxacode://{world.config.appid}/{page}?scene={quote(scene, safe='')}", width, clear)


def drawn(text: str, width: int, clear: bool) -> Picture:
    """The code of `text`, `width` pixels wide; with a clear ground as PNG."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=3)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    small = Image.new("L", (len(rows), len(rows)), 255)
    small.putdata([0 if dark else 255 for row in rows for dark in row])
    large = small.resize((width, width), Image.Resampling.NEAREST)
    held = io.BytesIO()
    if clear:
        picture = Image.new("RGBA", large.size, (0, 0, 0, 255))
        picture.putalpha(large.point(lambda value: 255 - value))
        picture.save(held, "PNG")
    else:
        large.convert("RGB").save(held, "JPEG", quality=92)
    return Picture(held.getvalue(), "image/png" if clear else "image/jpeg")
