"""Fruit, each standing on the origin."""

from math import cos, pi, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.outlines import Point, arc, ellipse, flower, rounded, smooth, turned
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, mix, round_light

LEAF = "#5a9e3a"
STALK = "#7a5a32"


def leaf(c: Canvas, x: float, y: float, length: float, turn: float, tint: str = LEAF) -> None:
    """A leaf growing from (x, y) to the right, turned clockwise."""
    with c.placed(x, y, length / 100, turn):
        blade = smooth([(0, 0), (28, -20), (62, -22), (100, 0), (64, 15), (28, 14)])
        c.fill(blade, Linear((lighter(tint, 0.25), tint, darker(tint, 0.2)), 60))
        c.line(smooth([(2, 0), (45, -4), (92, 0)], closed=False), 3, lighter(tint, 0.45), 0.8)


def ball(c: Canvas, x: float, y: float, r: float, tint: str, ry: float | None = None) -> None:
    """A round fruit or berry with its gleam."""
    ry = r if ry is None else ry
    c.fill(ellipse(x, y, r, ry), round_light(tint))
    c.soft(ellipse(x - r * 0.36, y - ry * 0.45, r * 0.26, ry * 0.16, -30), "#ffffff", r * 0.08, 0.65)


def scattered(count: int, gap: float) -> list[Point]:
    """So many points strewn evenly around the origin, about `gap` × 2 apart, as seeds in a sunflower are."""
    return [(gap * i**0.5 * cos(i * 2.4), gap * i**0.5 * sin(i * 2.4)) for i in range(count)]


def orange(c: Canvas, tint: str = "#f58a1f", leaves: bool = True) -> None:
    c.shadow(180)
    ball(c, 0, -98, 104, tint, 100)
    for x, y in scattered(30, 16):
        c.fill(ellipse(x, y - 98, 1.9), darker(tint, 0.3), 0.35)
    c.fill(flower(4, -180, 12, 6, 5), "#6f8f3a")
    if leaves:
        leaf(c, 6, -186, 96, -28)
        leaf(c, 2, -184, 62, -150)


def orange_half(c: Canvas, tint: str = "#f58a1f", flesh: str = "#fba63a") -> None:
    c.shadow(190)
    c.fill(ellipse(0, -96, 100), Linear((lighter(tint, 0.1), tint, darker(tint, 0.15))))
    c.fill(ellipse(0, -96, 92), "#fff1d6")
    for i in range(10):
        segment = rounded([(0, -10, 4), (24, -70, 10), (0, -84, 14), (-24, -70, 10)])
        paint = Radial((lighter(flesh, 0.3), flesh), (0.5, 0.4), 0.6)
        c.fill([(x, y - 96) for x, y in turned(segment, i * 36)], paint)
    c.fill(ellipse(0, -96, 9), "#fff1d6")


def apple(c: Canvas, tint: str = "#d5332e", blush: str = "#f3b04a") -> None:
    c.shadow(180)
    body = smooth([(0, -176), (42, -196), (88, -176), (106, -112), (84, -38), (40, -2), (0, -12),
                   (-40, -2), (-84, -38), (-106, -112), (-88, -176), (-42, -196)])  # fmt: skip
    c.fill(body, round_light(tint))
    with c.inside(body):
        c.soft(ellipse(-54, -64, 40, 60, 20), blush, 24, 0.55)
        c.soft(ellipse(0, -184, 52, 18), darker(tint, 0.45), 8, 0.75)
        for x, y in scattered(26, 14):
            c.fill(ellipse(x, y - 96, 2), lighter(tint, 0.6), 0.6)
    c.soft(ellipse(-52, -138, 15, 30, 25), "#ffffff", 7, 0.75)
    c.line(smooth([(0, -178), (4, -204), (16, -226)], closed=False), 9, STALK)
    leaf(c, 8, -204, 92, -22)


def pear(c: Canvas, tint: str = "#d9c64a", blush: str = "#9dbb3c") -> None:
    c.shadow(170)
    body = smooth([(0, -262), (34, -250), (48, -206), (66, -156), (102, -88), (80, -22), (28, 0), (0, -6),
                   (-28, 0), (-80, -22), (-102, -88), (-66, -156), (-48, -206), (-34, -250)])  # fmt: skip
    c.fill(body, Radial((lighter(tint, 0.45), tint, darker(tint, 0.2)), (0.34, 0.45), 0.75))
    with c.inside(body):
        c.soft(ellipse(50, -150, 30, 80, -20), blush, 22, 0.55)
        for x, y in scattered(36, 15):
            c.fill(ellipse(x, y * 1.5 - 110, 2), darker(tint, 0.35), 0.45)
    c.soft(ellipse(-46, -108, 14, 34, 20), "#ffffff", 8, 0.7)
    c.line(smooth([(0, -254), (-3, -284), (10, -306)], closed=False), 9, STALK)
    leaf(c, 4, -280, 84, -14)


def grapes(c: Canvas, tint: str = "#9cc23c") -> None:
    c.shadow(170, at=(0, 0))
    c.line(smooth([(-6, -268), (0, -310), (26, -328)], closed=False), 10, STALK)
    leaf(c, 4, -296, 118, -8)
    leaf(c, -4, -292, 98, -166)
    rows = [(4, -252), (5, -204), (4, -158), (3, -114), (2, -72), (1, -34)]
    for count, y in rows:
        for i in range(count):
            x = (i - (count - 1) / 2) * 58 + (6 if y % 4 else -4)
            ball(c, x, y, 35, mix(tint, "#d7df7a" if (i + count) % 3 else "#6f9a2a", 0.16), 37)


def strawberry(c: Canvas, tint: str = "#e2333a") -> None:
    c.shadow(140)
    body = smooth([(0, -172), (52, -182), (90, -146), (80, -84), (44, -24), (0, -2), (-44, -24), (-80, -84),
                   (-90, -146), (-52, -182)])  # fmt: skip
    c.fill(body, round_light(tint))
    with c.inside(body):
        for row in range(7):
            for i in range(6):
                x, y = (i - 2.5) * 34 + (17 if row % 2 else 0), -152 + row * 25
                c.fill(ellipse(x, y + 2, 5, 7), darker(tint, 0.3), 0.8)
                c.fill(ellipse(x, y, 3.6, 5.6), "#ffd982")
    c.soft(ellipse(-48, -136, 10, 22, 20), "#ffffff", 5, 0.7)
    for angle in (-170, -140, -105, -72, -40, -8):
        leaf(c, 0, -172, 62, angle, "#4f9a3c")
    c.line(smooth([(0, -174), (-4, -200), (10, -214)], closed=False), 7, "#5f9a3a")


def cherries(c: Canvas, tint: str = "#a3122e") -> None:
    c.shadow(110, at=(-62, 0))
    c.shadow(110, at=(72, 6))
    for x, y in ((-62, -120), (72, -114)):
        c.line(smooth([(x, y), (x * 0.7, y - 90), (10, -308)], closed=False), 7, "#7d8b3a")
    for x, y in ((-62, -62), (72, -56)):
        outline = smooth([(x, y - 52), (x + 34, y - 64), (x + 66, y - 20), (x + 50, y + 44), (x, y + 62),
                          (x - 50, y + 44), (x - 66, y - 20), (x - 34, y - 64)])  # fmt: skip
        c.fill(outline, round_light(tint))
        c.soft(ellipse(x, y - 50, 24, 9), darker(tint, 0.5), 4, 0.8)
        c.soft(ellipse(x - 28, y - 18, 8, 20, 20), "#ffffff", 4, 0.85)
    leaf(c, 10, -306, 128, 14)
    c.fill(ellipse(10, -308, 9), "#6d7a34")


def bananas(c: Canvas, tint: str = "#f4c531") -> None:
    c.shadow(210, 0.1)
    for i, turn in enumerate((-26, -9, 8, 25)):
        shade = darker(tint, 0.12 - i * 0.04)
        with c.placed(0, -230, 1, turn):
            fruit = smooth([(-12, -22), (12, -22), (30, 40), (36, 120), (24, 196), (4, 232), (-12, 226), (-34, 150),
                            (-38, 70)])  # fmt: skip
            c.fill(fruit, Linear((lighter(shade, 0.25), shade, darker(shade, 0.2)), 10))
            c.line(smooth([(2, -10), (8, 60), (10, 140), (0, 210)], closed=False), 3, darker(tint, 0.28), 0.5)
            c.fill(ellipse(-4, 229, 11, 7), "#6a4c22")
    c.fill(rounded([(-26, -238), (26, -238), (18, -282), (-18, -282)], 8), Linear(("#8d7a2a", "#b89a35"), 90))


def mango(c: Canvas, tint: str = "#f6b32c", blush: str = "#e0622f") -> None:
    c.shadow(190)
    with c.placed(0, -92, 1, -24):
        body = smooth([(-120, -6), (-96, -66), (-30, -92), (60, -82), (118, -30), (124, 24), (84, 66), (0, 86),
                       (-84, 60)])  # fmt: skip
        c.fill(body, Radial((lighter(tint, 0.45), tint, darker(tint, 0.14)), (0.3, 0.3), 0.85))
        with c.inside(body):
            c.soft(ellipse(90, -40, 80, 60), blush, 34, 0.75)
        c.soft(ellipse(-42, -52, 34, 12, -20), "#ffffff", 8, 0.65)
        c.fill(ellipse(124, 4, 7, 10), STALK)


def blueberry(c: Canvas, tint: str = "#4a5a9e") -> None:
    c.shadow(70)
    ball(c, 0, -42, 43, tint, 41)
    c.fill(flower(8, -60, 16, 8, 5), darker(tint, 0.45))
    c.fill(ellipse(8, -60, 6, 5), lighter(tint, 0.15))


def watermelon(c: Canvas, tint: str = "#3f8f46") -> None:
    c.shadow(260)
    body = ellipse(0, -140, 150, 140)
    c.fill(body, round_light(lighter(tint, 0.2)))
    with c.inside(body):
        for rx in (18, 62, 104, 140):
            for side in (-1, 1):
                wave = [(side * (rx * sin(t * pi / 12) + 7 * sin(t * 2.2)), -280 + t * 23.3) for t in range(13)]
                c.line(smooth(wave, closed=False), 17, darker(tint, 0.42), 0.85)
    c.soft(ellipse(-60, -212, 34, 18, -30), "#ffffff", 10, 0.5)
    c.line(smooth([(0, -276), (6, -298), (26, -304)], closed=False), 9, "#7d8b3a")


def melon_slice(c: Canvas, tint: str = "#ee4a4c") -> None:
    c.shadow(230)
    with c.placed(0, -18, 1, -4):
        rind = [*arc(0, -130, 140, 140, 0, 180)]
        c.fill(rind, Linear(("#3f8f46", "#2c6b36")))
        c.fill(arc(0, -130, 126, 126, 0, 180), "#e9f3cf")
        c.fill(arc(0, -130, 112, 112, 0, 180), Linear((lighter(tint, 0.1), tint, darker(tint, 0.08))))
        for x, y, turn in ((-70, -104, 20), (-32, -96, 8), (10, -104, 0), (52, -98, -10), (-48, -62, 14), (-6, -58, 0),
                           (36, -62, -12), (84, -112, -16)):  # fmt: skip
            c.fill(ellipse(x, y, 5, 9, turn), "#3b1f1c")


def kiwi(c: Canvas, tint: str = "#8d6a3c") -> None:
    c.shadow(150)
    ball(c, 0, -74, 92, tint, 76)
    for x, y in scattered(60, 11):
        c.line([(x, y * 0.8 - 74), (x + 3, y * 0.8 - 81)], 1.8, darker(tint, 0.35), 0.6)


def kiwi_half(c: Canvas, flesh: str = "#8cbf3a") -> None:
    c.shadow(150)
    c.fill(ellipse(0, -82, 88, 84), Linear(("#a5824e", "#6f5128")))
    c.fill(ellipse(0, -82, 81, 77), Radial(("#f4f3cf", lighter(flesh, 0.25), flesh, darker(flesh, 0.12)),
                                           (0.5, 0.5), 0.5))  # fmt: skip
    for i in range(26):
        a = i * pi / 13
        c.line([(26 * cos(a), -82 + 25 * sin(a)), (66 * cos(a), -82 + 63 * sin(a))], 2.4, "#e9f2b4", 0.55)
        r = 38 if i % 2 else 46
        x, y = r * cos(a + 0.06), -82 + r * 0.95 * sin(a + 0.06)
        c.fill(ellipse(x, y, 6.2, 3.2, i * 180 / 13), "#2f2a1c")
    c.fill(ellipse(0, -82, 20, 18), "#f7f5dc")


def dragonfruit(c: Canvas, tint: str = "#dd3b78") -> None:
    c.shadow(170)
    body = ellipse(0, -112, 100, 112)
    for x, y, turn in ((0, -214, -90), (-34, -208, -120), (36, -206, -60)):
        leaf(c, x, y, 74, turn, "#8fb44a")
    c.fill(body, round_light(tint))
    for x, y, turn in ((-58, -150, -118), (10, -166, -84), (64, -140, -58), (-84, -84, -128), (-26, -100, -100),
                       (34, -92, -74), (84, -76, -50), (-50, -40, -122), (6, -36, -88), (56, -34, -62)):  # fmt: skip
        with c.placed(x, y + 8, 0.6, turn):
            scale = smooth([(-16, 0), (0, -30), (50, -20), (112, 0), (50, 20), (0, 30)])
            c.fill(scale, Linear((tint, darker(tint, 0.08), "#a9c458", "#7fa83e"), 0))


def dragonfruit_half(c: Canvas, flesh: str = "#c9296f", seeds: str = "#3a1424") -> None:
    c.shadow(160)
    c.fill(ellipse(0, -104, 92, 104), Linear(("#e8618f", "#c42d68")))
    c.fill(ellipse(0, -104, 78, 90), Radial((lighter(flesh, 0.15), flesh), (0.4, 0.4), 0.7))
    for x, y in scattered(90, 7.4):
        c.fill(ellipse(x, y * 1.14 - 104, 2.6), seeds, 0.9)
