"""Flat one-coloured signs for labels, centred on the origin and about 100 units wide."""

from collections.abc import Callable
from math import cos, pi, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.outlines import arc, ellipse, rect, rounded, smooth


def wheat(c: Canvas, ink: str) -> None:
    c.line([(0, 54), (0, -30)], 4, ink)
    for i in range(4):
        for side in (-1, 1):
            c.fill(ellipse(side * 16, 24 - i * 22, 18, 8, side * -50), ink)
    c.fill(ellipse(0, -50, 8, 16), ink)


def leaf(c: Canvas, ink: str) -> None:
    for turn in (-90, -25, -155):
        with c.placed(0, 30, 0.9 if turn == -90 else 0.7, turn):
            c.fill(smooth([(0, 0), (34, -20), (84, 0), (34, 20)]), ink)


def drop(c: Canvas, ink: str) -> None:
    c.fill(smooth([(0, -54), (24, -10), (34, 20), (20, 46), (0, 52), (-20, 46), (-34, 20), (-24, -10)]), ink)


def sun(c: Canvas, ink: str) -> None:
    c.fill(ellipse(0, 0, 25), ink)
    for i in range(10):
        a = i * pi / 5
        c.line([(35 * cos(a), 35 * sin(a)), (50 * cos(a), 50 * sin(a))], 6, ink)


def hills(c: Canvas, ink: str) -> None:
    c.fill(ellipse(30, -34, 13), ink)
    c.fill(rounded([(-60, 40), (-22, -30, 8), (14, 40)]), ink)
    c.fill(rounded([(-16, 40), (22, -8, 8), (60, 40)]), ink, 0.6)


def blossom(c: Canvas, ink: str) -> None:
    petals = [ellipse(28 * cos(a), 28 * sin(a), 23) for a in ((i * 72 - 90) * pi / 180 for i in range(5))]
    c.fill_all(petals, ink)
    c.fill(ellipse(0, 0, 11), "#ffffff", 0.9)


def heart(c: Canvas, ink: str) -> None:
    c.fill(smooth([(0, 46), (-46, 2), (-44, -34), (-18, -42), (0, -22), (18, -42), (44, -34), (46, 2)]), ink)


def waves(c: Canvas, ink: str) -> None:
    for y in (-24, 2, 28):
        c.line(smooth([(-50, y), (-25, y - 13), (0, y), (25, y + 13), (50, y)], closed=False), 8, ink)


def bean(c: Canvas, ink: str) -> None:
    with c.placed(0, 0, 1, 32):
        for side in (-1, 1):
            half = smooth([(side * 5, -48), (side * 32, -26), (side * 34, 22), (side * 6, 48), (side * 12, 0)])
            c.fill(half, ink)


def star(c: Canvas, ink: str) -> None:
    tips = [(50 if i % 2 == 0 else 22, (i * 36 - 90) * pi / 180) for i in range(10)]
    c.fill(rounded([(r * cos(a), r * sin(a)) for r, a in tips], 5), ink)


def cow(c: Canvas, ink: str) -> None:
    for side in (-1, 1):
        c.fill(ellipse(side * 44, -16, 18, 10, side * 24), ink)
        c.line(arc(side * 22, -50, 12, 14, 90, 90 - side * 100), 6, ink)
    c.fill(smooth([(0, -40), (28, -34), (32, 0), (24, 40), (0, 50), (-24, 40), (-32, 0), (-28, -34)]), ink)
    c.fill(ellipse(0, 28, 26, 18), "#ffffff", 0.8)
    for side in (-1, 1):
        c.fill(ellipse(side * 10, 28, 4, 6), ink)
        c.fill(ellipse(side * 14, -8, 4.5), "#ffffff")


def bear(c: Canvas, ink: str) -> None:
    for side in (-1, 1):
        c.fill(ellipse(side * 34, -34, 18), ink)
    c.fill(ellipse(0, 2, 48, 44), ink)
    c.fill(ellipse(0, 18, 22, 17), "#ffffff", 0.92)
    c.fill(ellipse(0, 11, 8, 6), ink)
    for side in (-1, 1):
        c.fill(ellipse(side * 19, -8, 5), "#ffffff")


def fish(c: Canvas, ink: str) -> None:
    c.fill(smooth([(-50, 0), (-20, -26), (16, -20), (34, 0), (16, 20), (-20, 26)]), ink)
    c.fill(rounded([(26, 0), (56, -24, 6), (56, 24, 6)]), ink)
    c.fill(ellipse(-26, -6, 5), "#ffffff")


def cup(c: Canvas, ink: str) -> None:
    c.fill(rounded([(-40, -12), (34, -12), (26, 44, 18), (-32, 44, 18)]), ink)
    c.line(arc(34, 8, 18, 14, -80, 90), 7, ink)
    for x in (-16, 10):
        c.line(smooth([(x, -22), (x - 6, -34), (x + 6, -44), (x, -56)], closed=False), 5, ink)


def shield(c: Canvas, ink: str) -> None:
    c.fill(rounded([(0, -54, 4), (42, -38, 8), (40, 10, 20), (0, 54, 6), (-40, 10, 20), (-42, -38, 8)]), ink)
    c.line([(-18, 0), (-4, 16), (22, -16)], 8, "#ffffff")


def bubbles(c: Canvas, ink: str) -> None:
    for x, y, r in ((-18, 12, 28), (26, -14, 20), (18, 34, 12), (-22, -36, 11)):
        c.fill(ellipse(x, y, r), ink, 0.85)
        c.fill(ellipse(x - r * 0.3, y - r * 0.3, r * 0.22), "#ffffff")


def roof(c: Canvas, ink: str) -> None:
    c.fill(rounded([(-56, 0), (0, -46, 6), (56, 0)], 3), ink)
    c.fill(rect(-38, 4, 76, 40, 4), ink)
    c.fill(rect(-12, 14, 24, 30, 3), "#ffffff", 0.85)


EMBLEMS: dict[str, Callable[[Canvas, str], None]] = {
    sign.__name__: sign
    for sign in (
        wheat, leaf, drop, sun, hills, blossom, heart, waves, bean, star, cow, bear, fish, cup, shield, bubbles, roof
    )
}  # fmt: skip


def emblem(c: Canvas, name: str, x: float, y: float, size: float, ink: str) -> None:
    """Draws the named sign, `size` units wide, around (x, y); no name, no sign."""
    if name:
        with c.placed(x, y, size / 100):
            EMBLEMS[name](c, ink)
