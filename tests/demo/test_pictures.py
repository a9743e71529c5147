"""The demo's pictures can be shown: the right size, small files, nothing blank, the same bytes every time."""

import time
from io import BytesIO

import pytest
from PIL import Image, ImageStat

from backend.demo import pictures
from backend.demo.catalogue import Product, catalogue
from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.kinds import KINDS
from backend.demo.drawing.outlines import rect
from backend.demo.drawing.scenery import MOODS, STYLES

LIMIT = 60_000
"""Bytes of a picture at most."""


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    assert (image.format, image.mode) == ("JPEG", "RGB")
    return image


def busy(image: Image.Image) -> bool:
    """Whether the middle of the picture shows something: many shades, not one."""
    width, height = image.size
    middle = image.convert("L").crop((width // 5, height // 3, width * 4 // 5, height * 9 // 10))
    return ImageStat.Stat(middle).stddev[0] > 8 and len(set(middle.tobytes())) > 60


def test_every_product_has_its_own_picture_in_time() -> None:
    start = time.process_time()
    drawn = {product.key: pictures.draw(product) for product in catalogue().products}
    assert time.process_time() - start < 30, "15 s on an idle core"
    for key, data in drawn.items():
        image = opened(data)
        assert image.size == (800, 800) and len(data) <= LIMIT and busy(image), key
    assert len(set(drawn.values())) == len(drawn)


def test_banners_and_icons() -> None:
    for banner in catalogue().banners:
        data = pictures.banner(banner)
        image = opened(data)
        assert image.size == (750, 320) and len(data) <= LIMIT and busy(image), banner.key
    for category in catalogue().categories:
        image = opened(pictures.icon(category))
        assert image.size == (240, 240) and busy(image), category.key


@pytest.mark.parametrize("product", [catalogue().products[i] for i in (0, 9, 40, 93)], ids=lambda p: p.key)
def test_the_same_bytes_every_time(product: Product) -> None:
    assert pictures.draw(product) == pictures.draw(product)


def test_all_kinds_moods_and_styles_are_known_and_used() -> None:
    shop = catalogue()
    things = [thing for part in (*shop.products, *shop.banners) for thing in part.scene]
    things += [category.icon for category in shop.categories]
    used = {thing.kind for thing in things}
    assert used <= set(KINDS)
    assert set(KINDS) - used <= {"cookie", "garlic", "tea_leaves"}, "drawn for nothing"
    assert {product.mood for product in shop.products} == set(MOODS)
    assert {product.style for product in shop.products} == set(STYLES)


def test_things_stay_in_the_picture() -> None:
    for product in catalogue().products:
        for thing in product.scene:
            assert 100 <= thing.x <= 730 and 430 <= thing.y <= 740, product.key


def test_an_edge_is_smooth_and_a_clip_holds() -> None:
    canvas = Canvas(40, 40, "#ffffff")
    with canvas.inside(rect(0, 0, 20, 40)), canvas.placed(20, 20, 2, 45):
        canvas.fill(rect(-5, -5, 10, 10), "#000000")
    greys = set(canvas.image.convert("L").tobytes())
    assert {0, 255} < greys and len(greys) > 4
    assert canvas.image.crop((20, 0, 40, 40)).convert("L").getextrema() == (255, 255)
    assert canvas.image.getpixel((17, 20)) == (0, 0, 0)


def test_nothing_drawn_outside_the_canvas_hurts() -> None:
    canvas = Canvas(40, 40, "#ffffff")
    for x, y in ((-300, 20), (300, 20), (20, -300), (20, 300)):
        canvas.fill(rect(x, y, 9, 9), "#000000")
        canvas.line([(x, y), (x + 5, y + 5)], 3, "#000000")
        canvas.soft(rect(x, y, 9, 9), "#000000", 3, 1)
        canvas.text("字", x, y, 12, "#000000")
    assert canvas.image.convert("L").getextrema() == (255, 255)
