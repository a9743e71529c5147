"""Meat, fish and eggs, each standing on the origin."""

from math import cos, pi, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.fruit import scattered
from backend.demo.drawing.outlines import Outline, arc, ellipse, rect, rounded, smooth
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, round_light


def board(c: Canvas, tint: str = "#c99a62", width: float = 380) -> None:
    """A wooden board seen from in front, its upper side at the origin's height."""
    c.shadow(width, 0.08, at=(0, 18))
    c.fill(ellipse(0, -6, width / 2, 30), Linear((lighter(tint, 0.3), tint)))
    lower = [*arc(0, 8, width / 2, 30, 0, 180), *arc(0, -6, width / 2, 30, 180, 0)]
    c.fill(lower, Linear((tint, darker(tint, 0.25))))
    for y, share in ((-18, 0.62), (-7, 0.88), (5, 0.74)):
        c.line(smooth([(-width * share / 2, y), (0, y + 5), (width * share / 2, y)], closed=False), 2,
               darker(tint, 0.25), 0.4)  # fmt: skip


def plate(c: Canvas, tint: str = "#fdfaf4", width: float = 360) -> None:
    """A shallow plate, its bottom at the origin."""
    c.shadow(width * 0.8, 0.08, at=(0, 14))
    c.fill(ellipse(0, 0, width / 2, width * 0.13),
           Linear((darker(tint, 0.06), lighter(tint, 0.5), darker(tint, 0.16)), 60))  # fmt: skip
    c.fill(ellipse(0, -3, width * 0.38, width * 0.088), Linear((darker(tint, 0.12), tint), 70))


def sprig(c: Canvas, tint: str = "#5c8a4a") -> None:
    """A sprig of rosemary lying to the right."""
    c.line(smooth([(0, 0), (60, -14), (128, -10)], closed=False), 4, darker(tint, 0.2))
    for i in range(11):
        for side in (-1, 1):
            with c.placed(8 + i * 11, -i * 1.4 - 2, 1, side * 48):
                c.fill(ellipse(14, 0, 15, 3.6), tint)


def egg(c: Canvas, tint: str = "#e2b48a") -> None:
    c.shadow(90)
    shell = smooth([(0, -146), (36, -118), (56, -66), (44, -14), (0, 0), (-44, -14), (-56, -66), (-36, -118)])
    c.fill(shell, round_light(tint))
    c.soft(ellipse(-18, -98, 9, 18, 20), "#ffffff", 7, 0.7)


def egg_box(c: Canvas, tint: str = "#e2b48a", tray: str = "#b9a88f", note: str = "") -> None:
    c.shadow(400, 0.08, at=(0, 4))
    for row, (y, step, size) in enumerate(((-92, 76, 0.86), (-58, 82, 1.0))):
        for i in range(5):
            with c.placed((i - 2) * step, y + 4, size, (i * 7 + row * 5) % 9 - 4):
                shell = smooth([(0, -110), (30, -86), (44, -40), (36, 6), (0, 20), (-36, 6), (-44, -40), (-30, -86)])
                c.fill(shell, round_light(darker(tint, 0.08 if (i + row) % 3 == 0 else 0)))
                c.soft(ellipse(-16, -70, 7, 14, 20), "#ffffff", 6, 0.65)
    top: Outline = [(-216, -60)]
    for i in range(5):
        top += arc(-164 + i * 82, -66, 40, 30, 180, 0)[1:-1]
    front = [*top, (216, -60), (192, 8), (-192, 8)]
    c.fill(front, Linear((lighter(tray, 0.25), tray, darker(tray, 0.16))))
    for i in range(6):
        c.line([(-205 + i * 82, -56), (-186 + i * 74.5, 4)], 7, darker(tray, 0.2), 0.45)
    if note:
        c.fill(rect(-92, -44, 184, 42, 8), "#fff8ea")
        c.text(note, 0, -23, 25, "#8a4a22")


def egg_half(c: Canvas, yolk: str = "#f08a24", white: str = "#f7fbf6") -> None:
    c.shadow(120)
    shell = smooth([(0, -150), (42, -120), (64, -66), (50, -14), (0, 0), (-50, -14), (-64, -66), (-42, -120)])
    c.fill(shell, Linear((white, darker(white, 0.1))))
    c.fill(ellipse(0, -62, 40, 41), Radial((lighter(yolk, 0.3), yolk, darker(yolk, 0.16)), (0.4, 0.35), 0.7))
    c.soft(ellipse(-14, -78, 12, 7, -30), "#ffffff", 4, 0.65)


def pork_belly(c: Canvas, tint: str = "#d9686a") -> None:
    board(c)
    with c.placed(0, -4, 1):
        side = rounded([(-150, -120), (128, -128), (150, -12), (-142, 4)], 16)
        c.fill(side, "#fbe9dc")
        with c.inside(side):
            for y, height, shade in ((-116, 20, "#fdf4ea"), (-96, 22, tint), (-66, 30, darker(tint, 0.12)),
                                     (-22, 18, tint)):  # fmt: skip
                band = smooth(
                    [
                        (-170, y),
                        (-90, y - 6),
                        (0, y + 5),
                        (90, y - 7),
                        (180, y),
                        (180, y + height),
                        (90, y + height + 7),
                        (0, y + height - 5),
                        (-170, y + height),
                    ]
                )
                c.fill(band, Linear((lighter(shade, 0.14), shade)))
        top = rounded([(-150, -120), (-104, -160), (160, -168), (128, -128)], 10)
        c.fill(top, Linear(("#f9d9c0", "#f0b99c")))
        c.fill(rounded([(128, -128), (160, -168), (178, -56), (150, -12)], 8),
               Linear(("#f2c6ae", darker(tint, 0.1)), 80))  # fmt: skip
        c.line([(-126, -104), (110, -112)], 5, "#ffffff", 0.5)
    with c.placed(-150, 4, 0.8, -6):
        sprig(c)


def steak(c: Canvas, tint: str = "#c43d3f") -> None:
    board(c)
    with c.placed(0, -12, 1):
        rim = smooth([(-158, -62), (-110, -132), (-10, -148), (92, -142), (156, -92), (150, -36), (70, -8), (0, -30),
                      (-70, -4), (-136, -16)])  # fmt: skip
        c.fill([(x, y + 14) for x, y in rim], darker(tint, 0.45))
        c.fill(rim, "#f6dcc6")
        meat = smooth([(-142, -62), (-102, -118), (-10, -132), (86, -126), (138, -88), (132, -44), (66, -24), (0, -46),
                       (-66, -18), (-122, -28)])  # fmt: skip
        c.fill(meat, Radial((lighter(tint, 0.25), tint, darker(tint, 0.16)), (0.4, 0.3), 0.7))
        with c.inside(meat):
            for x, y, turn, length in (
                (-96, -76, -30, 60),
                (-50, -100, 16, 66),
                (8, -84, -38, 74),
                (54, -104, 24, 54),
                (88, -66, -18, 58),
                (-70, -44, 8, 54),
                (30, -58, 14, 44),
                (-20, -64, 50, 40),
            ):
                with c.placed(x, y, 1, turn):
                    vein = smooth([(-length / 2, 0), (-8, -6), (8, 4), (length / 2, -2)], closed=False)
                    c.line(vein, 5, "#f7d9cb", 0.85)
    with c.placed(60, -2, 0.8, -12):
        sprig(c)


def chicken(c: Canvas, tint: str = "#f0bd68") -> None:
    plate(c, width=400)
    with c.placed(0, 4, 1):
        body = smooth([(-150, -50), (-136, -128), (-64, -178), (40, -182), (124, -140), (150, -70), (110, -14), (0, -2),
                       (-104, -8)])  # fmt: skip
        c.fill(body, round_light(tint))
        for x, turn, shade in ((-86, -24, 0.06), (96, 24, 0.12)):
            with c.placed(x, -52, 1, turn):
                thigh = smooth([(0, -92), (54, -64), (60, 0), (20, 42), (-20, 42), (-60, 0), (-54, -64)])
                c.fill(thigh, round_light(darker(tint, shade)))
                c.fill(rect(-13, 34, 26, 46, 12), Linear((tint, darker(tint, 0.2)), 0))
                c.fill(ellipse(0, 82, 19, 13), "#fff4df")
        c.soft(ellipse(-30, -146, 62, 16, -8), "#ffffff", 14, 0.55)
        for i in range(16):
            c.fill(ellipse(-70 + (i * 47) % 150, -130 + (i * 29) % 50, 2.4), darker(tint, 0.3), 0.4)
    with c.placed(-176, 10, 0.9, -4):
        sprig(c)


def drumsticks(c: Canvas, tint: str = "#dc8a3a") -> None:
    plate(c, width=400)
    for x, y, turn, mirror in ((-30, -64, -8, True), (-64, -20, 14, False), (62, 2, -4, True)):
        with c.placed(x, y, 1, turn, mirror):
            c.soft(ellipse(6, 14, 120, 26), darker(tint, 0.6), 12, 0.35)
            c.fill(rounded([(60, -30), (150, -24), (150, -6), (60, 0)], 8), Linear(("#fffaf0", "#e9d9bd")))
            for dy in (-27, -5):
                c.fill(ellipse(152, dy, 15, 13), Linear(("#fffaf0", "#efe0c6")))
            meat = smooth([(-116, -30), (-88, -74), (-24, -78), (48, -46), (92, -28), (92, -6), (48, 10),
                           (-24, 34), (-90, 22)])  # fmt: skip
            c.fill(meat, round_light(tint))
            c.soft(ellipse(-50, -54, 38, 9, -6), "#ffffff", 7, 0.7)
            with c.inside(meat):
                for px, py in scattered(16, 13):
                    c.fill(ellipse(px * 1.3 - 30, py * 0.8 - 22, 4, 2.2, px * 3), "#fff1cf", 0.85)


def salmon(c: Canvas, tint: str = "#f4845c") -> None:
    board(c)
    with c.placed(0, -10, 1):
        side = smooth([(-160, -40), (-150, -96), (-60, -134), (60, -126), (150, -84), (166, -30), (120, -6), (0, 0),
                       (-120, -8)])  # fmt: skip
        c.fill([(x, y + 12) for x, y in side], "#6f7d8a")
        c.fill(side, Linear((lighter(tint, 0.22), tint, darker(tint, 0.06)), 75))
        with c.inside(side):
            for x in range(-190, 200, 44):
                fat = smooth([(x + 40, -150), (x + 6, -96), (x + 14, -50), (x + 44, 10)], closed=False)
                c.line(fat, 7, "#fde0cd", 0.85)
            c.soft(ellipse(-40, -108, 90, 12, -4), "#ffffff", 10, 0.4)
    with c.placed(30, -104, 0.7, -14):
        sprig(c)


def lemon(c: Canvas, tint: str = "#f5d33c") -> None:
    """A slice of lemon, standing."""
    c.shadow(100)
    c.fill(ellipse(0, -54, 56), Linear((lighter(tint, 0.1), darker(tint, 0.1))))
    c.fill(ellipse(0, -54, 49), "#fffbe6")
    for i in range(9):
        with c.placed(0, -54, 0.46, i * 40):
            c.fill(rounded([(0, -12, 6), (30, -78, 14), (0, -96, 14), (-30, -78, 14)]), lighter(tint, 0.12))


def prawns(c: Canvas, tint: str = "#f58f6c") -> None:
    plate(c, width=390)
    for x, y, turn, mirror in ((-100, 2, 4, False), (100, -2, -4, True), (0, 34, 0, False)):
        with c.placed(x, y, 0.95, turn, mirror):
            for angle in (12, 50):
                with c.placed(28, -24, 1, angle):
                    c.fill(smooth([(0, -7), (40, -17), (62, 0), (40, 15), (0, 7)]),
                           Linear((darker(tint, 0.1), "#d9482c"), 0))  # fmt: skip
            for i in range(9):
                a = (400 - i * 33) * pi / 180
                r = 17 + i * 2.2 - max(0, i - 6) * 5
                px, py = 50 * cos(a), -62 + 46 * sin(a)
                c.fill(ellipse(px, py, r, r * 0.94), round_light(lighter(tint, 0.12 if i % 2 else 0)))
                inner, outer = 50 - r * 0.86, 50 + r * 0.86
                stripe = [(d * cos(a), -62 + d * 0.92 * sin(a)) for d in (inner, outer)]
                c.line(stripe, 3.4, "#fff3ea", 0.85)


def meat_rolls(c: Canvas, tint: str = "#cf5552") -> None:
    plate(c, width=400)
    for x, y, turn in ((-112, -40, -16), (-4, -60, 4), (108, -40, 18), (-62, 0, -6), (60, 2, 10)):
        with c.placed(x, y, 1, turn):
            c.soft(ellipse(4, 4, 52, 16), "#5a2a2a", 9, 0.35)
            c.fill(rect(-50, -84, 100, 86, 20), Linear((lighter(tint, 0.2), tint, darker(tint, 0.2)), 0))
            c.line(smooth([(-46, -60), (0, -52), (46, -62)], closed=False), 8, "#fbe6dc", 0.9)
            c.line(smooth([(-46, -26), (0, -16), (46, -28)], closed=False), 9, "#fbe6dc", 0.9)
            c.fill(ellipse(0, -82, 50, 22), lighter(tint, 0.1))
            spiral = [((46 - i * 1.5) * cos(i * 0.5), -82 + (20 - i * 0.64) * sin(i * 0.5)) for i in range(30)]
            c.line(smooth(spiral, closed=False), 5, "#fdeee6")
