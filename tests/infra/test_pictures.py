"""Pictures are drawn anew under limits: nothing that cannot be seen is kept, nothing that is sent breaks us (S6, R20)."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from backend.infra.pictures import MAX_BYTES, fitting, redraw
from backend.kernel.errors import Refused

RED, GREEN = (200, 30, 20), (20, 160, 60)
HTML = b"<html><script>alert(1)</script>"


def encoded(image: Image.Image, kind: str = "JPEG", **more) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def halves(width: int = 80, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Left half red, right half green."""
    image = Image.new(mode, (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height))
    return image


def drawn(data: bytes) -> Image.Image:
    picture = redraw(io.BytesIO(data))
    image = Image.open(io.BytesIO(picture.data))
    assert image.size == (picture.width, picture.height)
    image.load()
    return image


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        redraw(io.BytesIO(data))
    return refused.value.code


def near(pixel, wanted) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_comes_out_as_jpeg_with_two_thumbnails(kind):
    picture = redraw(io.BytesIO(encoded(halves(800, 400), kind)))
    assert (picture.suffix, picture.width, picture.height) == (".jpg", 800, 400)
    sizes = {side: Image.open(io.BytesIO(data)).size for side, data in picture.thumbnails.items()}
    assert sizes == {160: (160, 80), 640: (640, 320)}
    image = drawn(encoded(halves(800, 400), kind))
    assert image.format == "JPEG" and near(image.getpixel((10, 10)), RED) and near(image.getpixel((790, 10)), GREEN)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "LA", "RGBA"])
def test_every_mode_comes_out_in_plain_colours(mode):
    out = drawn(encoded(halves(30, 20, "RGBA").convert(mode), "JPEG" if mode == "CMYK" else "PNG"))
    assert (out.mode, out.format, out.size) == ("RGB", "JPEG", (30, 20))


def test_sixteen_bits_become_eight():
    out = drawn(encoded(Image.new("I;16", (30, 20), 40_000), "PNG"))
    assert near(out.getpixel((5, 5)), (156, 156, 156))


def test_what_is_transparent_stays_so_and_what_only_could_be_does_not():
    image = halves(30, 20, "RGBA")
    assert drawn(encoded(image, "PNG")).format == "JPEG"
    image.putpixel((0, 0), (0, 0, 0, 0))
    for kind in ("PNG", "WEBP"):
        out = drawn(encoded(image, kind, lossless=True) if kind == "WEBP" else encoded(image, kind))
        assert (out.mode, out.format, out.getpixel((0, 0))[3], out.getpixel((20, 5))[3]) == ("RGBA", "PNG", 0, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("width", [80, 5000])
def test_S6_place_and_camera_are_gone_and_the_picture_stands_upright(kind, width):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it right
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(halves(width, 40), kind, exif=exif)
    assert b"SecretCamera" in data
    picture = redraw(io.BytesIO(data))
    for each in (picture.data, *picture.thumbnails.values()):
        assert b"SecretCamera" not in each and b"Exif" not in each
    image = drawn(data)
    assert image.height > image.width and not image.getexif()
    assert near(image.getpixel((image.width // 2, 1)), RED) and near(image.getpixel((image.width // 2, image.height - 2)), GREEN)


def test_S6_comments_texts_and_appended_files_are_gone():
    jpeg = encoded(halves(), "JPEG", comment=HTML) + HTML + b"PK\x03\x04"
    png = encoded(halves(), "PNG")
    chunk = b"tEXt" + b"Comment\0" + HTML
    png = png[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:] + HTML
    for data in (jpeg, png):
        assert HTML in data
        picture = redraw(io.BytesIO(data))
        assert all(HTML not in each and b"script" not in each for each in (picture.data, *picture.thumbnails.values()))


def test_a_colour_profile_is_worked_in_and_a_broken_one_ignored():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"no profile at all", profile[:200]):
        image = drawn(encoded(halves(), "PNG", icc_profile=icc))
        assert "icc_profile" not in image.info and near(image.getpixel((5, 5)), RED)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (20, 20), color) for color in (RED, GREEN, GREEN)]
    for kind in ("PNG", "WEBP"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **(
            {"lossless": True} if kind == "WEBP" else {}))
        image = drawn(data)
        assert getattr(image, "n_frames", 1) == 1 and near(image.getpixel((5, 5)), RED)


@pytest.mark.parametrize("data", [
    b"", b"x", HTML, b"GIF89a/*" + HTML + b"*/=1;", encoded(halves(), "GIF"), encoded(halves(), "BMP"), encoded(halves(), "TIFF"),
    encoded(halves(), "PPM"), encoded(halves(), "PDF"), b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 ", b"%!PS-Adobe-3.0 EPSF-3.0\n",
    encoded(halves(), "ICO"), b"http://169.254.169.254/latest/meta-data", b"file:///etc/passwd",
], ids=lambda data: repr(data[:12]))
def test_R20_R22_what_is_no_picture_of_ours_is_refused(data):
    assert refusal(data) == "picture_not_readable"


def png_of(width: int, height: int) -> bytes:
    """A small PNG whose header promises so much; its pixels are black."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + (width + 7) // 8)) for _ in range(height)) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def test_R20_a_picture_of_400_megapixels_is_refused_by_its_header(monkeypatch):
    data = png_of(20_000, 20_000)
    assert len(data) < 100_000
    monkeypatch.setattr(Image.Image, "convert", None)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", None)
    assert refusal(data) == refusal(png_of(6001, 4000)) == refusal(png_of(50_000, 1000)) == "picture_too_large"


def test_R20_too_many_bytes_are_refused_unread():
    class Endless:
        asked = 0

        def read(self, size: int) -> bytes:
            self.asked += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(Refused) as refused:
        redraw(endless)
    assert (refused.value.code, endless.asked) == ("picture_too_large", MAX_BYTES + 1)


def test_a_text_bomb_in_a_png_is_refused():
    packed = zlib.compress(bytes(200 * 2**20), 9)
    chunk = b"zTXt" + b"Comment\0\0" + packed
    png = encoded(halves(), "PNG")
    assert refusal(png[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]) in (
        "picture_not_readable", "picture_too_large")


@pytest.mark.parametrize(("given_size", "size"), [
    ((1, 1), (1, 1)), ((2000, 8000), (2000, 8000)), ((4000, 3000), (2000, 1500)), ((1000, 16_000), (500, 8000)),
    ((1, 30_000), (1, 8000)), ((30_000, 1), (2000, 1))])
def test_the_size_within_the_limits(given_size, size):
    assert fitting(*given_size) == size


SEEDS = [encoded(halves(), "JPEG"), encoded(halves(), "PNG"), encoded(halves(), "WEBP"), encoded(halves(40, 20, "RGBA"), "PNG"),
         encoded(halves(), "JPEG", progressive=True), encoded(halves().convert("P"), "PNG")]


def outcome(data: bytes) -> str:
    """What becomes of these bytes: a picture, or one of the two refusals; anything else is a bug."""
    try:
        picture = redraw(io.BytesIO(data))
    except Refused as refused:
        assert refused.code in ("picture_not_readable", "picture_too_large")
        return refused.code
    assert picture.suffix in (".jpg", ".png") and picture.width <= 2000 and picture.height <= 8000
    return "picture"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF89a"]))
def test_random_bytes_are_never_an_error_of_ours(data, start):
    outcome(start + data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damaged_pictures_are_never_an_error_of_ours(seed, data):
    cut = data.draw(st.integers(0, len(seed)))
    damaged = bytearray(seed[:cut])
    for place in data.draw(st.lists(st.integers(0, max(0, cut - 1)), max_size=8)):
        if damaged:
            damaged[place] = data.draw(st.integers(0, 255))
    outcome(bytes(damaged))


def test_truncated_pictures_are_refused():
    for seed in SEEDS:
        assert outcome(seed) == "picture"
        assert outcome(seed[: len(seed) // 2]) == "picture_not_readable"
