"""Pictures that people send: decoded under hard limits, drawn anew without anything but what is seen, with thumbnails.

The size is read from the header before a pixel is decoded. What is stored is always our own drawing: text, scripts and places
(EXIF, GPS, comments, appended files) are gone, the orientation is applied, colours are sRGB.
"""

import io
import threading
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps

from backend.kernel.errors import Kind, Refusal

MAX_BYTES = 8 * 2**20
MAX_PIXELS = {"JPEG": 40_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
"""By format: a JPEG is decoded at a fraction of its size, of the others every pixel has to be held (about 400 MB at the worst)."""
MAX_WIDTH, MAX_HEIGHT = 2000, 8000
"""What is stored is no larger; long pictures of a product's details are high and narrow."""
THUMBNAILS = (160, 640)
"""Longest sides of the thumbnails."""
WAIT_SECONDS = 10
ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)

PICTURE_TOO_LARGE = Refusal(
    Kind.INVALID,
    "picture_too_large",
    zh="图片过大：最多 {megabytes} MB、{megapixels} 百万像素。请压缩后再上传。",
    en="The picture is too large: at most {megabytes} MB and {megapixels} megapixels. Please make it smaller.",
)
PICTURE_NOT_READABLE = Refusal(
    Kind.INVALID,
    "picture_not_readable",
    zh="图片无法读取：请上传 JPG、PNG 或 WebP 图片。",
    en="The picture cannot be read: please send a JPG, PNG or WebP picture.",
)
PICTURES_BUSY = Refusal(
    Kind.UNAVAILABLE,
    "pictures_busy",
    zh="正在处理的图片较多，请稍后再试。",
    en="Many pictures are being processed; please try again in a moment.",
)

_one = threading.BoundedSemaphore(1)
"""One picture is decoded at a time in a process: that bounds the memory, whatever is sent."""
_SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Picture:
    """Our drawing: the picture, and its thumbnails by longest side, all of the format that `suffix` names."""

    data: bytes
    suffix: str
    width: int
    height: int
    thumbnails: dict[int, bytes]


def redraw(file: BinaryIO) -> Picture:
    """The picture in `file`, drawn anew; JPEG, or PNG where something is transparent.

    Refuses (`picture_too_large`, `picture_not_readable`) what exceeds the limits or is no whole picture, and
    (`pictures_busy`) when others keep this process busy for 10 s. Of several frames only the first counts.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise too_large()
    if not _one.acquire(timeout=WAIT_SECONDS):
        raise PICTURES_BUSY()
    try:
        return _redraw(data)
    finally:
        _one.release()


def too_large() -> Exception:
    """The refusal of what exceeds the limits."""
    return PICTURE_TOO_LARGE(megabytes=MAX_BYTES // 2**20, megapixels=min(MAX_PIXELS.values()) // 10**6)


def _redraw(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=tuple(MAX_PIXELS)) as image:
            if image.width * image.height > MAX_PIXELS.get(image.format or "", MAX_PIXELS["JPEG"]):
                raise Image.DecompressionBombError
            drawn = _srgb(_upright(image))
            drawn.thumbnail(fitting(*drawn.size), Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise too_large() from error
    except Exception as error:  # a broken picture makes Pillow raise anything
        raise PICTURE_NOT_READABLE() from error
    kind, suffix = ("PNG", ".png") if drawn.mode == "RGBA" else ("JPEG", ".jpg")
    thumbnails = {side: _thumbnail(drawn, side, kind) for side in THUMBNAILS}
    return Picture(_bytes(drawn, kind), suffix, drawn.width, drawn.height, thumbnails)


def fitting(width: int, height: int) -> tuple[int, int]:
    """The size within MAX_WIDTH × MAX_HEIGHT of the same shape, or the size itself; no side is less than 1."""
    share = min(1.0, MAX_WIDTH / width, MAX_HEIGHT / height)
    return max(1, round(width * share)), max(1, round(height * share))


def _upright(image: Image.Image) -> Image.Image:
    """The decoded picture as it is to be seen. A large JPEG is decoded at a fraction of its size."""
    turned = image.getexif().get(ORIENTATION) in TURNED
    size = fitting(*(reversed(image.size) if turned else image.size))
    image.draft(None, tuple(reversed(size)) if turned else size)
    image.load()
    if (share := min(image.width // size[turned], image.height // size[not turned])) > 1 and image.mode in ("RGB", "RGBA", "L"):
        image = image.reduce(share)
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent, in sRGB; an unusable colour profile is ignored."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        if alpha.getextrema() == (255, 255):
            alpha = None
    plain = image if image.mode in ("RGB", "CMYK", "L") and profile else image.convert("RGB")
    if profile:
        plain = _converted(plain, profile)
    if plain.mode != "RGB":
        plain = plain.convert("RGB")
    if alpha is not None:
        plain.putalpha(alpha)
    return plain


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _thumbnail(image: Image.Image, side: int, kind: str) -> bytes:
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _bytes(small, kind)


def _bytes(image: Image.Image, kind: str) -> bytes:
    """The bytes of a picture without any of the information that came with it."""
    image.info = {}
    file = io.BytesIO()
    if kind == "PNG":
        image.save(file, "PNG", optimize=False, compress_level=6)
    else:
        image.save(file, "JPEG", quality=85, optimize=True, progressive=True)
    return file.getvalue()
