"""Things of house, bath and nursery, each standing on the origin."""

from math import cos, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.emblems import emblem
from backend.demo.drawing.outlines import arc, ellipse, rect, rounded, smooth
from backend.demo.drawing.packs import label
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, round_light, tube_light


def paper_roll(c: Canvas, tint: str = "#fdfbf6", core: str = "#c9a878") -> None:
    c.shadow(180, 0.13)
    c.fill([*arc(0, -14, 94, 20, 0, 180), *arc(0, -150, 94, 22, 180, 360)], tube_light(tint))
    sheet = rounded([(54, -140), (94, -146), (100, -10, 6), (60, -2, 6)])
    c.fill(sheet, Linear((lighter(tint, 0.3), darker(tint, 0.1))))
    for i in range(9):
        for k in range(4):
            c.fill(ellipse(-78 + i * 15.5, -112 + k * 30 + (i % 2) * 12, 2.4), darker(tint, 0.16), 0.6)
    c.fill(ellipse(0, -150, 94, 22), Radial((darker(tint, 0.14), lighter(tint, 0.2)), (0.5, 0.5), 0.5))
    for r in (0.86, 0.7, 0.55):
        c.line(arc(0, -150, 94 * r, 22 * r, 0, 360), 1.6, darker(tint, 0.18), 0.7)
    c.fill(ellipse(0, -150, 32, 9), core)
    c.fill(ellipse(0, -148, 27, 6.5), darker(core, 0.45))


def towels(c: Canvas, tint: str = "#7fa8b8", second: str = "#f1e4d2", third: str = "#d98f7a") -> None:
    """Three folded towels on each other."""
    c.shadow(310, 0.09)
    for i, shade in enumerate((tint, second, third)):
        y = -4 - i * 72
        with c.placed((i % 2) * 8 - 4, y):
            c.fill(rect(-150, -72, 300, 74, 30), Linear((lighter(shade, 0.28), shade, darker(shade, 0.2))))
            c.line([(-120, -36), (150, -36)], 4, darker(shade, 0.2), 0.7)
            c.fill(ellipse(-122, -36, 26, 34), Linear((lighter(shade, 0.12), darker(shade, 0.14))))
            for x in (84, 98):
                c.line([(x, -68), (x + 3, -4)], 5, lighter(shade, 0.55), 0.8)
            for k in range(30):
                c.fill(ellipse(-90 + (k * 37) % 224, -62 + (k * 23) % 58, 2.4), lighter(shade, 0.5), 0.35)


def bin_bags(c: Canvas, tint: str = "#5f6f86", ink: str = "#ffffff", title: str = "") -> None:
    """Three rolls of bin bags."""
    for x, y, shade in ((-92, -6, tint), (92, -6, lighter(tint, 0.3)), (0, 0, darker(tint, 0.25))):
        c.shadow(150, 0.13, at=(x, y))
        c.fill([*[(px + x, py + y) for px, py in arc(0, -12, 72, 16, 0, 180)],
                *[(px + x, py + y) for px, py in arc(0, -226, 72, 17, 180, 360)]], tube_light(shade))  # fmt: skip
        c.fill(ellipse(x, y - 226, 72, 17), lighter(shade, 0.22))
        for r in (0.8, 0.6, 0.4):
            c.line(arc(x, y - 226, 72 * r, 17 * r, 0, 360), 1.8, darker(shade, 0.3), 0.8)
        c.fill(ellipse(x, y - 226, 16, 5), darker(shade, 0.55))
        c.line(smooth([(x + 40, y - 214), (x + 48, y - 120), (x + 42, y - 6)], closed=False), 3,
               darker(shade, 0.3), 0.7)  # fmt: skip
    c.fill(rect(-66, -150, 132, 84, 6), ink, 0.95)
    label(c, title, 0, -108, 114, 42, darker(tint, 0.3))


def cutting_board(c: Canvas, tint: str = "#c9975a") -> None:
    c.shadow(260, 0.08)
    with c.placed(0, -2, 1, 4):
        body = rounded([(-120, -330, 26), (120, -330, 26), (120, 0, 20), (-120, 0, 20)])
        c.fill(body, darker(tint, 0.3))
        c.fill([(x - 7, y - 3) for x, y in body], Linear((lighter(tint, 0.35), tint, darker(tint, 0.08)), 30))
        with c.inside([(x - 7, y - 3) for x, y in body]):
            for i in range(6):
                c.line([(-104 + i * 40, -340), (-100 + i * 40, 10)], 3, darker(tint, 0.2), 0.5)
            for i in range(10):
                c.line(smooth([(-96 + i * 22, -320), (-92 + i * 22, -180), (-98 + i * 22, -10)], closed=False),
                       1.6, darker(tint, 0.25), 0.4)  # fmt: skip
        c.fill(rect(-44, -306, 74, 20, 10), darker(tint, 0.6), 0.8)


def bowls(c: Canvas, tint: str = "#f7f3ea", ink: str = "#3f6fa0", mark: str = "blossom") -> None:
    """A stack of porcelain bowls, the front one painted."""
    c.shadow(250, 0.1)
    c.fill(ellipse(0, -226, 150, 24), Linear((darker(tint, 0.2), lighter(tint, 0.3))))
    for i in (3, 2, 1, 0):
        y = -i * 40
        side = smooth([(-150, -106 + y), (-132, -46 + y), (-66, y), (66, y), (132, -46 + y), (150, -106 + y)],
                      closed=False)  # fmt: skip
        body = [*side, *arc(0, -106 + y, 150, 22, 0, 180)]
        c.soft(arc(0, -104 + y, 146, 26, 0, 180), darker(tint, 0.5), 8, 0.3 if i < 3 else 0)
        c.fill(body, tube_light(tint))
        c.line(arc(0, -100 + y, 148, 22, 4, 176), 5, ink, 0.85)
    for x in (-70, 0, 70):
        emblem(c, mark, x, -42, 40, ink)
    c.line(arc(0, -226, 148, 22, 0, 360), 4, ink, 0.8)


def lipstick(c: Canvas, tint: str = "#c2313f", case: str = "#2b2430", trim: str = "#d9b06a") -> None:
    c.shadow(120, 0.16)
    c.fill(rounded([(-40, -286, 4), (4, -352, 30), (40, -330, 20), (40, -196), (-40, -196)]), tube_light(tint))
    c.fill(smooth([(-38, -284), (2, -346), (36, -332), (8, -300)]), lighter(tint, 0.3), 0.8)
    c.fill(rect(-46, -214, 92, 70, 4), tube_light(trim))
    c.fill(rect(-60, -152, 120, 154, 8), tube_light(case))
    c.fill(rect(-60, -110, 120, 6), trim)
    c.soft(rect(-44, -138, 8, 124), "#ffffff", 5, 0.4)


def lipstick_cap(c: Canvas, case: str = "#2b2430", trim: str = "#d9b06a") -> None:
    c.shadow(120, 0.16)
    c.fill(rect(-56, -196, 112, 198, 10), tube_light(case))
    c.fill(rect(-56, -22, 112, 7), trim)
    c.soft(rect(-40, -182, 8, 150), "#ffffff", 5, 0.4)


def toothbrush(c: Canvas, tint: str = "#3fa6a0", second: str = "#f4f4f0") -> None:
    c.shadow(60, 0.2)
    with c.placed(0, 0, 1, 8):
        c.fill(smooth([(-10, -380), (10, -380), (12, -320), (8, -260), (17, -180), (17, -60), (10, 0), (-10, 0),
                       (-17, -60), (-17, -180),
                       (-8, -260), (-12, -320)]), tube_light(tint))  # fmt: skip
        c.line([(0, -190), (0, -40)], 11, second, 0.7)
        for i in range(6):
            c.fill(rect(-44, -382 + i * 14, 36, 11, 3),
                   Linear(("#ffffff", lighter(tint, 0.35 if i % 2 else 0.65)), 180))  # fmt: skip


def foam(c: Canvas) -> None:
    """A heap of soap bubbles."""
    for x, y, r in ((-70, -26, 30), (70, -24, 28), (-30, -34, 40), (34, -36, 42), (0, -66, 34), (92, -72, 15),
                    (-84, -80, 12), (38, -108, 12)):  # fmt: skip
        c.fill(ellipse(x, y, r), Radial(("#ffffff", "#eef7fb", "#c5dfec"), (0.36, 0.3), 0.8), 0.94)
        c.fill(ellipse(x - r * 0.35, y - r * 0.4, r * 0.2, r * 0.13, -30), "#ffffff")


def pods(c: Canvas, tint: str = "#4f8fe0", second: str = "#f08fb0") -> None:
    """Three laundry capsules."""
    for x, y, turn in ((-92, -44, -10), (92, -42, 12), (0, -40, 0)):
        c.shadow(100, at=(x, y + 40))
        with c.placed(x, y, 1, turn):
            body = rounded([(-50, -40), (50, -40), (50, 40), (-50, 40)], 26)
            c.fill(body, Linear((lighter(tint, 0.6), lighter(tint, 0.3)), 60), 0.95)
            c.fill(smooth([(-38, -28), (0, -34), (4, 0), (-6, 32), (-38, 26)]), round_light(tint))
            c.fill(smooth([(38, -28), (8, -32), (12, 0), (4, 32), (38, 26)]), round_light(second))
            c.soft(ellipse(-22, -24, 14, 6, -20), "#ffffff", 4, 0.8)


def blocks(c: Canvas, words: str = "数学语") -> None:
    """A small tower of toy blocks with signs on them."""
    spots = ((-74, 0, -3, "#e2574c"), (74, 0, 2, "#3f8fd0"), (2, -136, 4, "#f2b632"))
    for (x, y, turn, tint), sign in zip(spots, words, strict=True):
        if not y:
            c.shadow(150, 0.12, at=(x, 0))
        with c.placed(x, y, 1, turn):
            c.fill([(-66, -130), (-40, -156), (92, -156), (66, -130)], lighter(tint, 0.35))
            c.fill([(66, -130), (92, -156), (92, -26), (66, 2)], darker(tint, 0.25))
            c.fill(rect(-66, -130, 132, 132, 8), Linear((lighter(tint, 0.12), tint), 60))
            c.fill(rect(-52, -116, 104, 104, 10), "#fff8ea", 0.95)
            c.text(sign, 0, -64, 74, tint)


def picture_book(c: Canvas, tint: str = "#2f8fa0", title: str = "", note: str = "", mark: str = "bear") -> None:
    c.shadow(260, 0.1)
    with c.placed(0, 0, 1, -3):
        c.fill(rounded([(-112, -318), (136, -318), (136, 2), (-112, 2)], 6), darker(tint, 0.35))
        c.fill(rect(-112, -312, 240, 312, 4), "#fdf8ec")
        cover = rounded([(-124, -320, 8), (118, -320, 6), (118, -4, 6), (-124, -4, 8)])
        c.fill(cover, Linear((lighter(tint, 0.2), tint, darker(tint, 0.1)), 50))
        with c.inside(cover):
            c.fill(rect(-124, -330, 22, 340), darker(tint, 0.2), 0.6)
            c.fill(ellipse(70, -276, 26), "#ffe28a")
            for x, y, r in ((-70, 30, 110), (60, 40, 130)):
                c.fill(ellipse(x, y, r), lighter(tint, 0.35) if x < 0 else "#8fc36a")
            for i in range(7):
                a = i * 2.4
                c.fill(ellipse(80 * cos(a), -282 + 22 * sin(a), 3), "#ffffff", 0.9)
        emblem(c, mark, 4, -112, 120, "#8a5a34")
        label(c, title, 6, -226, 190, 50, "#ffffff")
        label(c, note, 6, -24, 180, 23, "#2f5a2c")


def mirror(c: Canvas, tint: str = "#d9b48a") -> None:
    """A round hand mirror."""
    c.shadow(90, 0.14)
    c.fill(rect(-15, -130, 30, 132, 12), tube_light(tint))
    c.fill(ellipse(0, -214, 96), round_light(tint))
    c.fill(ellipse(0, -214, 80), Linear(("#f4fafc", "#cfe2ea", "#b4d0dc"), 50))
    c.line([(-38, -190), (10, -252)], 10, "#ffffff", 0.6)
    c.line([(-14, -180), (40, -246)], 5, "#ffffff", 0.5)
