"""Vegetables, each standing on the origin."""

from math import cos, pi, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.fruit import leaf, scattered
from backend.demo.drawing.outlines import ellipse, flower, rect, rounded, smooth
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, mix, round_light


def cabbage(c: Canvas, tint: str = "#8fbf4d") -> None:
    c.shadow(170)
    sides = ((-60, -17, 0.94, 0.3), (60, 17, 0.94, 0.3), (-34, -8, 1.04, 0.14), (34, 8, 1.04, 0.14), (0, 0, 1.06, 0))
    for x, turn, size, shade in sides:
        green = darker(mix(tint, "#d9dc6a", 0.25 if x == 0 else 0), shade)
        with c.placed(x * 0.75, -6, size, turn):
            blade = smooth([(0, -2), (46, -14), (62, -90), (82, -160), (92, -226), (70, -280), (34, -268), (2, -300),
                            (-34, -268), (-70, -280), (-92, -226), (-82, -160), (-62, -90), (-46, -14)])  # fmt: skip
            c.fill(blade, Linear((green, lighter(green, 0.3), "#f7f6dd"), 90))
            with c.inside(blade):
                rib = smooth([(0, 6), (34, -8), (26, -110), (8, -228), (-8, -228), (-26, -110), (-34, -8)])
                c.fill(rib, Linear((lighter(green, 0.5), "#fcfbee"), 90), 0.95)
                for y in (-96, -142, -188, -230):
                    for side in (-1, 1):
                        vein = smooth([(side * 10, y), (side * 44, y - 26), (side * 76, y - 36)], closed=False)
                        c.line(vein, 4, "#fbfae6", 0.6)


def tomato(c: Canvas, tint: str = "#e23c2e") -> None:
    c.shadow(190)
    body = smooth([(0, -158), (56, -170), (108, -128), (110, -66), (72, -12), (0, -2), (-72, -12), (-110, -66),
                   (-108, -128), (-56, -170)])  # fmt: skip
    c.fill(body, round_light(tint))
    with c.inside(body):
        for x in (-64, 64):
            c.soft(ellipse(x, -90, 8, 80), darker(tint, 0.4), 12, 0.3)
    c.soft(ellipse(-60, -126, 24, 13, -30), "#ffffff", 6, 0.75)
    c.fill(flower(0, -156, 64, 20, 6, 14), "#3f8a34")
    c.line(smooth([(0, -158), (3, -180), (14, -194)], closed=False), 9, "#4f9a3c")


def carrot(c: Canvas, tint: str = "#f0802c") -> None:
    c.shadow(110, at=(6, 0))
    for turn, length in ((-128, 116), (-104, 150), (-84, 164), (-66, 146), (-46, 108)):
        with c.placed(-2, -248, length / 110, turn):
            c.line([(0, 0), (90, 0)], 6, "#4f9a3c")
            for x in (36, 56, 76, 96):
                for side in (-1, 1):
                    leaf(c, x - 8, 0, 40, side * 44, "#5cab42")
            leaf(c, 84, 0, 40, 0, "#5cab42")
    body = smooth([(0, -258), (44, -252), (56, -214), (42, -130), (22, -50), (2, 2), (-18, -50), (-40, -130),
                   (-56, -214), (-44, -252)])  # fmt: skip
    c.fill(body, Linear((lighter(tint, 0.28), tint, darker(tint, 0.2)), 12))
    with c.inside(body):
        for x, y, width in ((-50, -214, 46), (20, -196, 40), (-46, -158, 34), (8, -130, 34), (-30, -98, 26),
                            (2, -66, 22)):  # fmt: skip
            c.line(smooth([(x, y), (x + width / 2, y + 5), (x + width, y)], closed=False), 4, darker(tint, 0.3), 0.6)
    c.soft(ellipse(-24, -196, 8, 42, 4), "#ffffff", 7, 0.5)


def potato(c: Canvas, tint: str = "#d3a860") -> None:
    c.shadow(190)
    body = smooth([(-104, -58), (-84, -124), (-20, -150), (56, -146), (106, -100), (108, -46), (66, -8), (-4, 0),
                   (-72, -10)])  # fmt: skip
    c.fill(body, round_light(tint))
    for x, y in ((-46, -96), (12, -52), (46, -104), (70, -60), (-60, -46), (-4, -122)):
        c.line(smooth([(x - 9, y), (x, y + 6), (x + 10, y)], closed=False), 4, darker(tint, 0.4), 0.75)
    for px, py in scattered(24, 14):
        c.fill(ellipse(px * 1.2, py - 74, 1.8), darker(tint, 0.4), 0.45)


def cucumber(c: Canvas, tint: str = "#4a8f3a") -> None:
    c.shadow(270, 0.1)
    with c.placed(0, -40, 1, -9):
        body = smooth([(-162, 4), (-136, -32), (-60, -42), (50, -40), (136, -30), (166, -4), (138, 28), (50, 38),
                       (-60, 38), (-136, 30)])  # fmt: skip
        c.fill(body, Linear((lighter(tint, 0.35), tint, darker(tint, 0.3))))
        with c.inside(body):
            for y in (-18, 2, 20):
                c.line(smooth([(-150, y * 0.7), (0, y), (156, y * 0.6)], closed=False), 5, lighter(tint, 0.4), 0.4)
        for i in range(16):
            c.fill(ellipse(-126 + i * 17, -20 + (i * 29) % 40, 3), lighter(tint, 0.5), 0.85)
        c.line([(-160, 2), (-182, 8)], 9, "#7c8f3a")
        c.fill(flower(168, -4, 13, 6, 5), "#f2cf44")


def cucumber_slice(c: Canvas, tint: str = "#4a8f3a") -> None:
    c.shadow(100)
    c.fill(ellipse(0, -52, 54), tint)
    c.fill(ellipse(0, -52, 48), Radial(("#dff0b8", "#eef7d2", "#c9e39a"), (0.5, 0.5), 0.5))
    for i in range(9):
        with c.placed(0, -52, 1, i * 40):
            c.fill(ellipse(22, 0, 8, 3.4), "#fbfde9")


def pumpkin(c: Canvas, tint: str = "#3f6a3c", stripe: str = "#8aa85a") -> None:
    c.shadow(230)
    for x, rx in ((-96, 52), (96, 52), (-56, 62), (56, 62), (0, 66)):
        c.fill(ellipse(x, -92, rx, 92 - abs(x) * 0.12), round_light(darker(tint, abs(x) / 700)))
        with c.inside(ellipse(x, -92, rx, 92)):
            for i in range(7):
                c.fill(ellipse(x - rx * 0.3 + (i * 31) % rx * 0.7, -160 + i * 22, 5, 8, 20), stripe, 0.5)
    c.soft(ellipse(-30, -150, 26, 11, -16), "#ffffff", 8, 0.45)
    c.fill(rounded([(-18, -166), (16, -166), (24, -216), (-2, -222)], 8), Linear(("#c9b06a", "#8d7a3c")))


def pumpkin_wedge(c: Canvas, flesh: str = "#f2a93b", skin: str = "#3f6a3c") -> None:
    c.shadow(190)
    outer = smooth([(-118, -60), (-84, -14), (0, 0), (84, -14), (118, -60), (70, -92), (0, -102), (-70, -92)])
    c.fill(outer, skin)
    inner = smooth([(-108, -64), (-76, -26), (0, -14), (76, -26), (108, -64), (64, -90), (0, -98), (-64, -90)])
    c.fill(inner, Linear((lighter(flesh, 0.25), flesh)))
    c.fill(smooth([(-70, -80), (0, -48), (70, -80), (30, -94), (-30, -94)]), darker(flesh, 0.18), 0.7)
    for x, turn in ((-34, 30), (-12, 10), (12, -8), (34, -30)):
        c.fill(ellipse(x, -76, 6, 11, turn), "#fff3cf")


def yams(c: Canvas, tint: str = "#c19a68") -> None:
    c.shadow(150)
    for x, turn, length in ((-46, -3, 300), (46, 3, 290), (0, 0, 322)):
        with c.placed(x, -4, 1, turn):
            body = rect(-27, -length, 54, length, 25)
            c.fill(body, Linear((lighter(tint, 0.3), tint, darker(tint, 0.25)), 0))
            for i in range(15):
                y = -30 - i * (length - 60) / 15
                c.line([(-20 + (i * 23) % 38, y), (-16 + (i * 23) % 38, y - 5)], 2.6, darker(tint, 0.45), 0.7)
            c.fill(ellipse(0, -length + 12, 25, 13), "#fbf3e2")
            c.fill(ellipse(0, -length + 12, 18, 8), "#fffdf6")
    c.fill(rect(-78, -152, 156, 26, 9), Linear(("#c9443a", "#a8332c"), 90))


def shiitake(c: Canvas, tint: str = "#96683f") -> None:
    c.shadow(130)
    c.fill(rounded([(-28, -90), (28, -90), (36, -4, 14), (-36, -4, 14)]), Linear(("#fbf1de", "#e5d0ad", "#c9ae85"), 0))
    cap = smooth([(-122, -82), (-104, -138), (-50, -178), (10, -184), (74, -168), (114, -124), (122, -80), (66, -66),
                  (-66, -66)])  # fmt: skip
    c.fill(cap, round_light(tint))
    with c.inside(cap):
        c.fill(ellipse(0, -68, 118, 15), "#ecd9b8")
        for x, y, turn in ((-62, -128, 30), (-22, -156, -20), (24, -136, 60), (58, -152, 10), (84, -112, 70),
                           (-84, -104, -10), (-16, -110, 90)):  # fmt: skip
            c.line(smooth([(x - 14, y), (x, y + turn / 12), (x + 14, y - turn / 10)], closed=False), 5, "#f2dfbf", 0.85)
    c.soft(ellipse(-44, -160, 26, 8, -22), "#ffffff", 6, 0.45)


def broccoli(c: Canvas, tint: str = "#4d9440") -> None:
    c.shadow(130)
    for x, turn in ((-26, -28), (26, 28), (0, 0)):
        with c.placed(x * 0.4, -6, 1, turn):
            c.fill(rounded([(-26, -120), (26, -120), (24, 0, 10), (-24, 0, 10)]),
                   Linear(("#cfe3a0", "#a9c873", "#86aa55"), 0))  # fmt: skip
    puffs = [(-96, -130, 44), (96, -130, 44), (-66, -182, 50), (66, -182, 50), (0, -204, 58), (-48, -130, 48),
             (48, -130, 48), (0, -148, 54)]  # fmt: skip
    for x, y, r in puffs:
        c.fill(ellipse(x, y, r), round_light(tint))
        for i in range(int(r * 0.62)):
            a, d = i * 2.4, r / (r * 0.62) ** 0.5 * i**0.5 * 0.97
            shade = lighter(tint, 0.3) if d * cos(a + 0.9) < 4 else darker(tint, 0.14)
            c.fill(ellipse(x + d * cos(a), y + d * sin(a), 5.6), shade, 0.75)


def corn(c: Canvas, tint: str = "#f6cd46") -> None:
    c.shadow(130)
    leaf(c, 30, -20, 270, -62, "#86b548")
    leaf(c, -30, -20, 270, -118, "#86b548")
    body = smooth([(0, -318), (34, -290), (54, -200), (56, -100), (40, -10), (-40, -10), (-56, -100), (-54, -200),
                   (-34, -290)])  # fmt: skip
    c.fill(body, Linear((tint, lighter(tint, 0.3), tint, darker(tint, 0.25)), 0))
    with c.inside(body):
        for row in range(17):
            for i in range(-3, 4):
                x = 58 * sin(i * pi / 7.4)
                kernel = rect(x - 9, -308 + row * 18, 17 * max(0.5, cos(i * 0.32)), 15, 6)
                c.fill(kernel, round_light(mix(tint, "#fff2b0", 0.35 if (row + i) % 3 else 0.05)))
    for points, shade in (
        ([(-64, -130), (-30, -66), (0, -6), (-28, 2), (-62, -40)], 0.0),
        ([(64, -150), (34, -70), (0, -2), (30, 2), (64, -44)], 0.1),
    ):
        c.fill(smooth(points), Linear((lighter("#7fb044", 0.3), darker("#7fb044", shade)), 90))


def eggplant(c: Canvas, tint: str = "#5d2f7d") -> None:
    c.shadow(240, 0.1)
    with c.placed(0, -58, 1, -18):
        body = smooth([(-142, 0), (-124, -46), (-50, -56), (50, -42), (128, -28), (146, 0), (128, 24), (50, 36),
                       (-50, 52), (-124, 44)])  # fmt: skip
        c.fill(body, Linear((lighter(tint, 0.4), tint, darker(tint, 0.4))))
        c.soft(ellipse(-20, -30, 90, 6, 4), "#ffffff", 6, 0.6)
        c.fill(smooth([(154, -8), (112, -34), (86, -22), (104, -8), (78, 2), (104, 12), (88, 24), (116, 28), (154, 8)]),
               Linear(("#6f9a44", "#4d7a33")))  # fmt: skip
        c.line(smooth([(150, 0), (176, -6), (190, -18)], closed=False), 14, "#5d8a3a")


def peppers(c: Canvas, tint: str = "#d8322f") -> None:
    for x, turn, shade in ((-70, -14, "#3f8f3a"), (64, 12, tint)):
        c.shadow(110, at=(x, 0))
        with c.placed(x, -4, 1, turn):
            body = smooth([(0, -190), (46, -202), (80, -160), (70, -70), (46, -8), (16, 0), (0, -8), (-16, 0),
                           (-46, -8), (-70, -70), (-80, -160), (-46, -202)])  # fmt: skip
            c.fill(body, round_light(shade))
            c.soft(ellipse(26, -110, 7, 70), darker(shade, 0.45), 12, 0.35)
            c.soft(ellipse(-40, -136, 10, 40, 6), "#ffffff", 7, 0.6)
            c.line(smooth([(0, -190), (2, -216), (18, -230)], closed=False), 14, "#5d9a3c")


def garlic(c: Canvas, tint: str = "#f6efe4") -> None:
    c.shadow(150)
    for x, rx in ((-58, 46), (58, 46), (-28, 52), (30, 52), (0, 50)):
        clove = smooth([(x * 0.1, -196), (x + rx * 0.8, -110), (x + rx, -54), (x * 0.7, -2), (x - rx, -54),
                        (x - rx * 0.8, -110)])  # fmt: skip
        c.fill(clove, Linear((lighter(tint, 0.3), tint, darker(tint, 0.14)), 20))
        c.line(smooth([(0, -190), (x * 0.8, -100), (x * 0.9, -20)], closed=False), 2.4, "#b98aa8", 0.6)
    c.line(smooth([(0, -180), (2, -226), (10, -252)], closed=False), 13, "#dccdb0")
