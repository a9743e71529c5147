"""The pictures of the demo shop, drawn from the catalogue: no downloads, the same bytes for the same Pillow."""

from io import BytesIO

from PIL import Image

from backend.demo.catalogue import Banner, Category, Product, Thing
from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.kinds import KINDS
from backend.demo.drawing.outlines import ellipse, rect
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, mix
from backend.demo.drawing.scenery import MOODS, room

PRODUCT_SIZE = (800, 800)
BANNER_SIZE = (750, 320)
ICON_SIZE = (240, 240)


def draw(product: Product) -> bytes:
    """The product's main picture, an 800 × 800 JPEG: its things on a table, its name and selling point above them."""
    mood = MOODS[product.mood]
    canvas = Canvas(*PRODUCT_SIZE, mood.high)
    room(canvas, mood, product.style)
    _arrange(canvas, product.scene)
    canvas.text(product.name, 56, 92, 64, mood.ink, anchor="lm")
    canvas.text(product.point, 58, 158, 32, mood.ink, bold=False, anchor="lm", opacity=0.88)
    return _jpeg(canvas.image)


def banner(content: Banner) -> bytes:
    """A banner of the home page, a 750 × 320 JPEG: words on the left, goods on the right."""
    dark, light = content.tints
    canvas = Canvas(*BANNER_SIZE, Linear((dark, mix(dark, light, 0.45), light), 12))
    for x, y, r, share in ((610, 150, 232, 0.18), (610, 150, 176, 0.22)):
        canvas.fill(ellipse(x, y, r), lighter(light, 0.6), share)
    canvas.soft(ellipse(600, 330, 300, 44), darker(light, 0.5), 22, 0.5)
    canvas.fill(ellipse(600, 322, 270, 44), Radial((lighter(light, 0.85), lighter(light, 0.5)), (0.4, 0.2), 0.6))
    _arrange(canvas, content.scene)
    canvas.text(content.title, 46, 112, 44, "#ffffff", anchor="lm")
    canvas.text(content.subtitle, 48, 170, 25, "#ffffff", bold=False, anchor="lm", opacity=0.92)
    canvas.fill(rect(48, 212, 128, 44, 22), "#ffffff", 0.96)
    canvas.text("去看看", 102, 234, 22, darker(dark, 0.1))
    canvas.line([(143, 227), (150, 234), (143, 241)], 3, darker(dark, 0.1))
    return _jpeg(canvas.image)


def icon(category: Category) -> bytes:
    """The round sign of a category, a 240 × 240 JPEG on white."""
    mood = MOODS[category.mood]
    canvas = Canvas(*ICON_SIZE, "#ffffff")
    disc = ellipse(120, 120, 116)
    canvas.fill(disc, Linear((mood.high, mood.low), 70))
    with canvas.inside(disc):
        canvas.fill(ellipse(120, 226, 130, 44), mood.table, 0.9)
        _arrange(canvas, (category.icon,))
    return _jpeg(canvas.image)


def _arrange(canvas: Canvas, things: tuple[Thing, ...]) -> None:
    for thing in things:
        with canvas.placed(thing.x, thing.y, thing.size, thing.turn, thing.mirror):
            KINDS[thing.kind](canvas, **thing.looks)


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=82, optimize=True, progressive=True)
    return file.getvalue()
