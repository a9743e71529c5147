"""Snacks, grains and things to brew, loose or in a bowl, each standing on the origin."""

from math import cos, pi, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.fruit import scattered
from backend.demo.drawing.outlines import arc, ellipse, flower, rect, rounded, smooth
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, mix, round_light, tube_light


def bowl(
    c: Canvas,
    tint: str = "#f4ede0",
    ink: str = "#3f6fa0",
    filling: str = "#fdfaf0",
    grain: float = 8,
    slim: float = 0.5,
    band: bool = True,
) -> None:
    """A bowl heaped with grains of a size; `slim` is their breadth for one of length."""
    c.shadow(230, 0.11)
    heap = smooth([(-142, -124), (-96, -176), (-30, -206), (40, -204), (100, -172), (142, -124), (60, -108),
                   (-60, -108)])  # fmt: skip
    c.fill(heap, darker(filling, 0.24))
    with c.inside(rounded([(-170, -400), (170, -400), (146, -118), (60, -100, 40), (-60, -100, 40), (-146, -118)])):
        rows = max(3, int(104 / (grain * 0.86)))
        for row in range(rows):
            y = -206 + row * 96 / (rows - 1)
            half = 142 * (1 - ((-124 - y) / 92) ** 2) ** 0.5 if y < -124 else 142
            count = max(1, int(half * 2 / (grain * 1.25)))
            for i in range(count):
                x = -half + (i + 0.5) * 2 * half / count + ((row * 7 + i * 5) % 5 - 2) * grain * 0.12
                shade = (lighter(filling, 0.25), filling, darker(filling, 0.13))[(i * 7 + row * 5) % 3]
                paint = round_light(shade) if grain > 11 else shade
                c.fill(ellipse(x, y + (i * 3 % 5) - 2, grain, grain * slim, (i * 73 + row * 41) % 180), paint)
    body = [*arc(0, -124, 156, 22, 0, 180),
            *smooth([(-156, -124), (-138, -58), (-86, -8), (-58, 2), (58, 2), (86, -8), (138, -58),
                                                     (156, -124)], closed=False)]  # fmt: skip
    c.fill(body, tube_light(tint))
    with c.inside(body):
        if band:
            for width, dy in ((7, 18), (3, 32)):
                c.line(arc(0, -124 + dy, 152, 22, 0, 180), width, ink, 0.85)
    c.line(arc(0, -124, 155, 22, 0, 180), 6, lighter(tint, 0.6))


def nut(c: Canvas, tint: str = "#b9763f") -> None:
    """A shelled walnut."""
    c.shadow(110)
    with c.placed(0, -52, 1, -8):
        for side in (-1, 1):
            half = smooth([(0, -54), (side * 34, -56), (side * 60, -22), (side * 60, 18), (side * 34, 50), (0, 46)])
            c.fill(half, round_light(tint))
            for y in (-30, -6, 18):
                fold = smooth([(side * 8, y), (side * 22, y + 8), (side * 34, y - 6), (side * 50, y + 4)], closed=False)
                c.line(fold, 5, darker(tint, 0.3), 0.6)
        c.line(smooth([(0, -54), (4, 0), (0, 46)], closed=False), 6, darker(tint, 0.4), 0.8)


def almond(c: Canvas, tint: str = "#b5713a") -> None:
    c.shadow(70)
    with c.placed(0, -26, 1, -16):
        c.fill(smooth([(-54, 0), (-20, -26), (24, -24), (50, -4), (24, 20), (-20, 24)]), round_light(tint))
        for y in (-12, 0, 11):
            c.line(smooth([(-40, y * 0.5), (0, y), (40, y * 0.4)], closed=False), 2, darker(tint, 0.35), 0.55)


def cashew(c: Canvas, tint: str = "#efd09a") -> None:
    c.shadow(80)
    with c.placed(0, -30, 1, 10):
        c.line(arc(0, 8, 34, 28, 175, 365), 30, Linear((lighter(tint, 0.4), darker(tint, 0.2))))
        c.line(arc(-3, 3, 38, 32, 200, 290), 5, "#ffffff", 0.5)


def dates(c: Canvas, tint: str = "#a3302a") -> None:
    """Dried jujubes, three of them."""
    for x, y, turn in ((-74, -58, -16), (76, -56, 20), (0, -44, 4)):
        c.shadow(100, at=(x, y + 52))
        with c.placed(x, y, 1, turn):
            body = smooth([(-70, 0), (-50, -42), (0, -50), (50, -42), (70, 0), (50, 40), (0, 50), (-50, 40)])
            c.fill(body, round_light(tint))
            for dy, width in ((-22, 70), (0, 92), (22, 64)):
                wrinkle = [(i * width / 8 - width / 2, dy + 7 * sin(i * 1.7)) for i in range(9)]
                c.line(smooth(wrinkle, closed=False), 4, darker(tint, 0.4), 0.6)
            c.fill(ellipse(-68, 0, 6, 9), "#d9b27a")


def chips(c: Canvas, tint: str = "#f2c14e") -> None:
    """A few loose crisps."""
    for x, y, turn, size in ((-70, -20, -18, 1.0), (58, -18, 22, 0.94), (0, -44, 4, 1.06)):
        c.shadow(110, 0.1, at=(x, y + 24))
        with c.placed(x, y, size, turn):
            chip = smooth([(-72, -8), (-40, -36), (20, -40), (66, -14), (60, 18), (8, 32), (-46, 26)])
            c.fill(chip, Linear((lighter(tint, 0.35), tint, darker(tint, 0.16)), 40))
            c.line(smooth([(-50, -2), (-6, -20), (48, -4)], closed=False), 6, lighter(tint, 0.5), 0.7)
            for px, py in scattered(9, 9):
                c.fill(ellipse(px * 1.5, py * 0.8 - 2, 2.2), "#7d5a2a", 0.6)


def cookie(c: Canvas, tint: str = "#d99a4e", chip: str = "#5a301c") -> None:
    c.shadow(140)
    c.fill(ellipse(0, -66, 76, 72), darker(tint, 0.3))
    c.fill(ellipse(0, -70, 76, 72), round_light(tint))
    for x, y in scattered(13, 17):
        c.fill(ellipse(x, y - 70, 9, 7, x * 4), round_light(chip))
    for x, y in scattered(30, 12):
        c.fill(ellipse(x + 7, y - 64, 2), darker(tint, 0.4), 0.5)


def cookies(c: Canvas, tint: str = "#d99a4e", chip: str = "#5a301c") -> None:
    """A pile of biscuits with one leaning on it."""
    c.shadow(190, 0.1)
    for i in range(4):
        with c.placed((i * 5) % 9 - 4, -6 - i * 34):
            c.fill(rect(-86, -34, 172, 36, 16), Linear((lighter(tint, 0.2), tint, darker(tint, 0.3))))
            for x in (-54, -12, 34, 64):
                c.fill(ellipse(x + i * 6, -16, 9, 6), chip)
    with c.placed(92, 0, 0.95, 14):
        cookie(c, tint, chip)


def mango_strips(c: Canvas, tint: str = "#f2a22c") -> None:
    for x, y, turn in ((-66, -18, -14), (62, -14, 16), (0, -40, 4)):
        c.shadow(130, 0.08, at=(x, y + 22))
        with c.placed(x, y, 1, turn):
            c.fill(smooth([(-92, 2), (-60, -24), (10, -30), (74, -20), (92, 4), (50, 22), (-20, 24)]),
                   Linear((lighter(tint, 0.3), tint, darker(tint, 0.18)), 60))  # fmt: skip
            for dy in (-10, 4):
                c.line(smooth([(-62, dy), (0, dy - 6), (62, dy)], closed=False), 4, lighter(tint, 0.45), 0.65)


def jerky(c: Canvas, tint: str = "#7d2f22") -> None:
    for x, y, turn in ((-58, -14, -12), (56, -12, 15), (0, -44, 3)):
        c.shadow(130, 0.08, at=(x, y + 22))
        with c.placed(x, y, 1, turn):
            c.fill(rounded([(-90, -26, 12), (84, -32, 14), (92, 14, 10), (-82, 22, 14)]), round_light(tint))
            for dy in (-14, -2, 10):
                c.line(smooth([(-74, dy), (-20, dy - 5), (30, dy + 4), (78, dy - 3)], closed=False), 3,
                       lighter(tint, 0.3), 0.55)  # fmt: skip
            for px, py in scattered(10, 12):
                c.fill(ellipse(px * 1.6, py * 0.5 - 5, 4, 2.4, px), "#f3dca6", 0.95)


def beans(c: Canvas, tint: str = "#6b3d22") -> None:
    """Roasted coffee beans."""
    spots = ((-88, -12, 20), (-44, -6, -30), (0, -10, 40), (46, -6, -12), (90, -14, 28), (-64, -40, -8), (-16, -42, 24),
             (32, -40, -36), (72, -42, 10), (6, -70, -20))  # fmt: skip
    c.shadow(210, 0.1)
    for x, y, turn in spots:
        with c.placed(x, y, 1, turn):
            c.fill(ellipse(0, 0, 31, 22), round_light(tint))
            c.line(smooth([(-26, -4), (-6, 4), (8, -4), (26, 3)], closed=False), 4.5, darker(tint, 0.5))


def tea_leaves(c: Canvas, tint: str = "#5f7f3a") -> None:
    """A heap of dry tea leaves."""
    c.shadow(240, 0.09)
    for i in range(64):
        x = -120 + (i * 67) % 240
        lift = 62 * (1 - (x / 128) ** 2)
        y = -4 - ((i * 29) % 100) / 100 * lift
        with c.placed(x, y, 0.9, (i * 53) % 120 - 60):
            shade = (tint, darker(tint, 0.3), lighter(tint, 0.16), mix(tint, "#a8b35a", 0.5))[i % 4]
            c.fill(smooth([(-30, 0), (-6, -7), (30, 0), (-4, 7)]), shade)


def puer(c: Canvas, tint: str = "#efe3cb", ink: str = "#a3342c", title: str = "普洱", note: str = "") -> None:
    """A round cake of Pu'er tea in its printed paper, standing."""
    c.shadow(270, 0.1)
    c.fill(ellipse(8, -150, 152, 152), darker(tint, 0.4))
    c.fill(ellipse(0, -152, 152, 152), Radial((lighter(tint, 0.4), tint, darker(tint, 0.12)), (0.4, 0.35), 0.7))
    for i in range(26):
        a = i * pi / 13
        c.line([(118 * cos(a), -152 + 118 * sin(a)), (149 * cos(a + 0.05), -152 + 149 * sin(a + 0.05))], 3,
               darker(tint, 0.25), 0.5)  # fmt: skip
    c.fill(ellipse(0, -152, 112), ink, 0.9, hole=ellipse(0, -152, 106))
    c.text(title, 0, -164, 78, ink)
    c.text(note, 0, -104, 24, "#6a4a30")
    c.fill(flower(0, -226, 18, 9, 6), ink)


def tea_glass(c: Canvas, tint: str = "#c9d67a") -> None:
    """A glass of green tea with leaves standing in it."""
    c.shadow(130)
    c.fill(rounded([(-70, -216, 4), (70, -216, 4), (58, 0, 16), (-58, 0, 16)]), "#edf4f1", 0.8)
    tea = rounded([(-64, -176, 4), (64, -176, 4), (54, -12, 12), (-54, -12, 12)])
    c.fill(tea, tube_light(tint), 0.9)
    for x, y, turn in ((-34, -36, -84), (-10, -30, -100), (18, -38, -78), (36, -52, -96), (-22, -80, -70),
                       (12, -92, -104), (-4, -140, -12)):  # fmt: skip
        with c.placed(x, y, 1, turn):
            c.fill(smooth([(-18, 0), (0, -7), (30, 0), (0, 7)]), Linear(("#8fae3f", "#5f8a33"), 0))
    c.fill(ellipse(0, -176, 64, 11), lighter(tint, 0.4))
    c.soft(rect(-54, -200, 9, 170), "#ffffff", 4, 0.6)
    c.fill(ellipse(0, -216, 70, 11), "#ffffff", 0.7, hole=ellipse(0, -216, 66, 9))


def seaweed(c: Canvas, tint: str = "#2f4a36") -> None:
    """Crisp sheets of seaweed, fanned out."""
    c.shadow(220, 0.1)
    for turn in (-22, -4, 14):
        with c.placed(0, -2, 1, turn):
            sheet = rect(-62, -176, 124, 176, 3)
            c.fill(sheet, Linear((lighter(tint, 0.16), tint, darker(tint, 0.3)), 30))
            for px, py in scattered(30, 11):
                if abs(px) < 56:
                    c.fill(ellipse(px, py * 1.3 - 88, 3, 1.8, px * 5),
                           "#f1e2b4" if int(px) % 3 else lighter(tint, 0.35), 0.9)  # fmt: skip
