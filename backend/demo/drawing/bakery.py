"""Dairy and bread, each standing on the origin."""

from math import cos, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.outlines import ellipse, rounded, smooth
from backend.demo.drawing.paints import Linear, darker, lighter, tube_light


def cheese(c: Canvas, tint: str = "#f6c343") -> None:
    c.shadow(260, 0.1)
    c.fill(rounded([(-150, -84), (130, -152), (150, -84)], 8), Linear((lighter(tint, 0.4), lighter(tint, 0.15)), 20))
    front = rounded([(-150, -84), (150, -84), (150, 2), (-150, 2)], 8)
    c.fill(front, Linear((tint, darker(tint, 0.12))))
    with c.inside(front):
        for x, y, r in ((-96, -36, 22), (-20, -60, 15), (34, -22, 25), (106, -54, 18), (-50, -4, 14), (90, 0, 12)):
            c.fill(ellipse(x, y, r, r * 0.92), darker(tint, 0.3))
            c.fill(ellipse(x + 3, y + 4, r * 0.86, r * 0.78), darker(tint, 0.17))


def toast(c: Canvas, tint: str = "#c98743") -> None:
    c.shadow(280, 0.09)
    for x in (62, 30, -2, -34):
        crust = rounded([(x - 92, -176, 40), (x - 110, -214, 60), (x - 60, -252, 60), (x + 60, -252, 60),
                         (x + 110, -214, 60),
                         (x + 92, -176, 40), (x + 92, 2, 14), (x - 92, 2, 14)])  # fmt: skip
        c.fill(crust, Linear((darker(tint, 0.12), tint, darker(tint, 0.18)), 0))
        crumb = rounded([(x - 80, -168, 36), (x - 92, -206, 50), (x - 52, -238, 50), (x + 52, -238, 50),
                         (x + 92, -206, 50),
                         (x + 80, -168, 36), (x + 80, -10, 10), (x - 80, -10, 10)])  # fmt: skip
        c.fill(crumb, Linear(("#f6dfb4", "#ecca93")))
    for i in range(40):
        x, y = -104 + (i * 61) % 140, -222 + (i * 37) % 204
        c.fill(ellipse(x, y, 2.2 + i % 3, 1.8), "#a8743a" if i % 4 else "#6d4a26", 0.55)


def croissant(c: Canvas, tint: str = "#d8923f") -> None:
    c.shadow(280, 0.1)
    for x, y, turn, size in ((-128, -34, -52, 0.66), (128, -34, 52, 0.66), (-84, -72, -30, 0.86), (84, -72, 30, 0.86),
                             (-38, -94, -12, 1.0), (38, -94, 12, 1.0), (0, -98, 0, 1.08)):  # fmt: skip
        with c.placed(x, y, size, turn):
            fold = smooth([(-40, -58), (0, -76), (40, -58), (50, 0), (34, 62), (0, 74), (-34, 62), (-50, 0)])
            c.fill(fold, Linear((lighter(tint, 0.42), tint, darker(tint, 0.3))))
            for k in (-22, 2, 24):
                c.line(smooth([(k * 0.8, -58), (k * 1.2, 0), (k * 0.8, 58)], closed=False), 3, darker(tint, 0.3), 0.35)
            c.soft(ellipse(-8, -44, 22, 9), "#fff3d6", 7, 0.65)


def cake_roll(c: Canvas, tint: str = "#e9b765", cream: str = "#fff8ec") -> None:
    c.shadow(300, 0.09)
    c.fill(rounded([(-60, -196, 80), (150, -196, 30), (170, -30, 40), (150, 0, 20), (-60, 2, 60)]),
           Linear((lighter(tint, 0.3), tint, darker(tint, 0.25))))  # fmt: skip
    for x in (40, 86, 130):
        c.line(smooth([(x, -192), (x + 14, -100), (x + 4, -4)], closed=False), 4, darker(tint, 0.2), 0.35)
    c.fill(ellipse(-66, -98, 98, 99), darker(tint, 0.18))
    c.fill(ellipse(-66, -98, 90, 91), lighter(tint, 0.35))
    spiral = [(-66 + (68 - i * 1.9) * cos(i * 0.42 + 2), -98 + (68 - i * 1.9) * sin(i * 0.42 + 2)) for i in range(34)]
    c.line(smooth(spiral, closed=False), 21, cream)
    c.soft(ellipse(60, -176, 60, 8, 4), "#ffffff", 7, 0.55)


def butter(c: Canvas, tint: str = "#f7dc74") -> None:
    c.shadow(310, 0.08)
    c.fill(rounded([(-170, -6), (170, -6), (196, 14), (-196, 14)], 8), Linear(("#fbfaf5", "#ddd8cc")))
    c.fill(rounded([(-140, -112), (-104, -148), (164, -148), (132, -112)], 4), lighter(tint, 0.45))
    c.fill(rounded([(132, -112), (164, -148), (164, -36), (132, -2)], 4), darker(tint, 0.16))
    c.fill(rounded([(-140, -112), (132, -112), (132, -2), (-140, -2)], 4), Linear((lighter(tint, 0.15), tint)))
    with c.placed(-176, -2, 1):
        c.fill(rounded([(0, -106), (30, -140), (36, -132), (22, -104), (22, 0), (0, 0)], 4),
               Linear((tint, darker(tint, 0.1))))  # fmt: skip
    c.fill(rounded([(30, -112), (66, -148), (164, -148), (132, -112)], 3), "#e9ecef")
    c.fill(rounded([(30, -112), (132, -112), (132, -2), (30, -2)], 3), Linear(("#f6f8fa", "#cfd6dc")))
    c.fill(rounded([(132, -112), (164, -148), (164, -36), (132, -2)], 3), "#b3bcc4")


def milk_glass(c: Canvas, tint: str = "#fffdf8") -> None:
    c.shadow(110)
    glass = rounded([(-58, -186, 4), (58, -186, 4), (46, 0, 12), (-46, 0, 12)])
    c.fill(glass, "#eaf2f6", 0.75)
    c.fill(rounded([(-53, -150), (53, -150), (44, -6, 10), (-44, -6, 10)]), tube_light(tint))
    c.fill(ellipse(0, -150, 53, 11), "#ffffff")
    c.line([(-42, -170), (-34, -24)], 6, "#ffffff", 0.7)
    c.fill(ellipse(0, -186, 58, 10), "#ffffff", 0.5, hole=ellipse(0, -186, 54, 8))
