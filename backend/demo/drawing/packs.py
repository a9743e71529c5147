"""Bags, cartons and boxes with a label, each standing on the origin."""

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.emblems import emblem
from backend.demo.drawing.fruit import leaf
from backend.demo.drawing.outlines import Outline, arc, ellipse, rect, rounded, smooth
from backend.demo.drawing.paints import Linear, darker, lighter, mix, round_light, tube_light

PAPER = "#fff8ea"


def label(
    c: Canvas, words: str, x: float, y: float, width: float, size: float, ink: str, upright: bool = False
) -> None:
    """Writes words at most `size` high, smaller where they would not fit the width (or the height, if upright)."""
    if words:
        c.text(words, x, y, min(size, width / (len(words) * (1.08 if upright else 1.04))), ink, upright=upright)


def sack(
    c: Canvas, tint: str = "#f3ead6", ink: str = "#b3372c", title: str = "", note: str = "", mark: str = "wheat"
) -> None:
    """A full sack of rice or flour with a sewn top."""
    c.shadow(300, 0.1)
    body = smooth([(-120, -372), (0, -380), (120, -372), (134, -300), (150, -180), (152, -60), (134, -6),
                   (60, 2), (-60, 2),
                   (-134, -6), (-152, -60), (-150, -180), (-134, -300)])  # fmt: skip
    c.fill(body, tube_light(tint))
    with c.inside(body):
        c.fill(rect(-170, -352, 340, 16), ink, 0.9)
        c.line([(-170, -360 + 44), (170, -360 + 44)], 3, darker(tint, 0.2), 0.6)
        c.fill(rect(-170, -86, 340, 110), Linear((ink, darker(ink, 0.2))))
        c.soft(ellipse(-104, -200, 14, 150, 2), "#ffffff", 16, 0.45)
        c.soft(ellipse(120, -170, 22, 150, -2), darker(tint, 0.5), 18, 0.3)
    for x in range(-112, 120, 16):
        c.line([(x, -368), (x + 7, -368)], 4, lighter(ink, 0.2), 0.8)
    emblem(c, mark, 0, -262, 74, ink)
    label(c, title, 0, -158, 230, 62, ink)
    label(c, note, 0, -42, 220, 32, PAPER)


def pouch(
    c: Canvas,
    tint: str = "#c23b2e",
    ink: str = PAPER,
    title: str = "",
    note: str = "",
    mark: str = "",
    window: str = "",
    height: float = 330,
) -> None:
    """A standing pouch; `window` is the colour of what shows through it."""
    c.shadow(260, 0.11)
    body = rounded([(-112, -height, 10), (112, -height, 10), (126, -70, 60), (136, -4, 26), (0, 8, 60), (-136, -4, 26),
                    (-126, -70, 60)])  # fmt: skip
    c.fill(body, tube_light(tint))
    with c.inside(body):
        c.fill(rect(-150, -height, 300, 40), darker(tint, 0.16))
        c.line([(-150, -height + 40), (150, -height + 40)], 3, lighter(tint, 0.3), 0.8)
        c.soft(ellipse(-96, -height / 2, 12, height * 0.4), "#ffffff", 14, 0.4)
        fold = smooth([(-140, -36), (-70, -22), (0, -18), (70, -22), (140, -36), (140, 20), (-140, 20)])
        c.fill(fold, darker(tint, 0.22), 0.55)
    c.fill(ellipse(0, -height + 20, 13, 9), darker(tint, 0.4))
    y = -height + (112 if not mark else 144 if window else 172)
    emblem(c, mark, 0, -height + (78 if window else 96), 50 if window else 76, ink)
    label(c, title, 0, y, 196, 46 if window else 56, ink)
    if note:
        label(c, note, 0, y + (38 if window else 50), 180, 23 if window else 27,
              lighter(tint, 0.75) if ink != PAPER else mix(tint, PAPER, 0.82))  # fmt: skip
    if window:
        c.fill(ellipse(0, -74, 82, 48), darker(tint, 0.3))
        pane = ellipse(0, -74, 76, 42)
        c.fill(pane, darker(window, 0.28))
        with c.inside(pane):
            for row in range(7):
                for i in range(9):
                    x = -80 + i * 20 + (10 if row % 2 else 0) + (i * 5 + row * 3) % 7
                    shade = lighter(window, 0.14 * ((i * 2 + row) % 3))
                    c.fill(ellipse(x, -114 + row * 14, 12, 8, (i * 67 + row * 31) % 180), round_light(shade))
        c.line(arc(0, -74, 66, 34, 190, 260), 5, "#ffffff", 0.6)


def pillow(
    c: Canvas, tint: str = "#f2b632", ink: str = "#a3241f", title: str = "", note: str = "", mark: str = ""
) -> None:
    """A puffed bag of chips with crimped ends."""
    c.shadow(250, 0.1)
    top: Outline = [(-122 + i * 12.2, -352 if i % 2 else -344) for i in range(21)]
    bottom: Outline = [(122 - i * 12.2, 2 if i % 2 else -6) for i in range(21)]
    right = smooth([(118, -326), (140, -250), (146, -170), (140, -90), (118, -24)], closed=False)
    body = [*top, *right, *bottom, *((-x, y) for x, y in reversed(right))]
    c.fill(body, tube_light(tint))
    with c.inside(body):
        c.fill(smooth([(-170, -150), (-60, -116), (60, -140), (170, -104), (170, 20), (-170, 20)]),
               mix(tint, ink, 0.85))  # fmt: skip
        c.fill(smooth([(-170, -138), (-60, -104), (60, -128), (170, -92), (170, -104), (60, -140), (-60, -116),
                       (-170, -150)]), PAPER)  # fmt: skip
        c.soft(ellipse(-100, -190, 16, 120, 3), "#ffffff", 14, 0.6)
        c.soft(ellipse(112, -170, 20, 130, -3), darker(tint, 0.55), 16, 0.3)
        for y in (-336, -16):
            for k in (-4, 4):
                c.line([(-150, y + k), (150, y + k)], 2, darker(tint, 0.25), 0.7)
    emblem(c, mark, 0, -276, 66, ink)
    label(c, title, 0, -198, 214, 66, ink)
    label(c, note, 0, -58, 200, 32, PAPER)


def carton(
    c: Canvas, tint: str = "#2f7fc4", title: str = "", note: str = "", mark: str = "cow", side: float = 66
) -> None:
    """A milk carton with a gable top."""
    c.shadow(240, 0.12)
    white = "#fdfdfb"
    left, right, top = -110, 84, -300
    c.fill(rounded([(right, top), (right + side, top - 10), (right + side, -16), (right, 4)], 3),
           Linear((darker(white, 0.1), darker(white, 0.24)), 0))  # fmt: skip
    c.fill(rounded([(right, -96), (right + side, -112), (right + side, -16), (right, 4)], 3), darker(tint, 0.3))
    c.fill(rounded([(left, top), (right, top), (right, 4), (left, 4)], 3), Linear((white, darker(white, 0.05)), 0))
    c.fill(rounded([(left, -96), (right, -96), (right, 4), (left, 4)], 3), Linear((tint, darker(tint, 0.12))))
    with c.inside(rect(left, top, right - left, -top)):
        c.fill(smooth([(left - 20, -90), (-60, -126), (-10, -98), (40, -122), (right + 20, -90), (0, -60)]), tint)
    c.fill([(left, top), (right, top), (right - 26, top - 74), (left + 22, top - 74)],
           Linear((lighter(tint, 0.2), tint)))  # fmt: skip
    c.fill([(right, top), (right + side, top - 10), (right - 26, top - 74)], darker(tint, 0.25))
    c.fill(rect(left + 18, top - 104, right - left - 40, 36, 4), Linear((lighter(tint, 0.35), tint)))
    middle = (left + right) / 2
    emblem(c, mark, middle, -238, 76, tint)
    label(c, title, middle, -160, 172, 54, darker(tint, 0.2))
    label(c, note, middle, -42, 170, 31, PAPER)


def box(
    c: Canvas,
    tint: str = "#2f6b5a",
    ink: str = PAPER,
    title: str = "",
    note: str = "",
    mark: str = "",
    width: float = 250,
    height: float = 230,
    depth: float = 50,
) -> None:
    """A cardboard box seen a little from the left above."""
    c.shadow(width + depth, 0.1)
    left, right = -width / 2 - depth / 3, width / 2 - depth / 3
    c.fill([(left, -height), (left + depth, -height - depth * 0.6), (right + depth, -height - depth * 0.6),
            (right, -height)],
           Linear((lighter(tint, 0.4), lighter(tint, 0.18)), 20))  # fmt: skip
    c.fill([(right, -height), (right + depth, -height - depth * 0.6), (right + depth, -depth * 0.35), (right, 4)],
           Linear((darker(tint, 0.22), darker(tint, 0.4))))  # fmt: skip
    front = rect(left, -height, width, height + 4, 2)
    c.fill(front, Linear((lighter(tint, 0.08), tint, darker(tint, 0.08)), 30))
    frame = rect(left + 13, -height + 13, width - 26, height - 22, 3)
    c.fill(frame, ink, 0.7, hole=rect(left + 16, -height + 16, width - 32, height - 28, 2))
    middle = (left + right) / 2
    y = -height * (0.56 if not mark else 0.4)
    emblem(c, mark, middle, -height * 0.72, min(84, height * 0.3), ink)
    label(c, title, middle, y, width - 60, 60, ink)
    label(c, note, middle, y + min(52, height * 0.23), width - 70, 27, mix(tint, ink, 0.85))


def bundle(c: Canvas, tint: str = "#f4e3b4", ink: str = "#a8322a", title: str = "", note: str = "") -> None:
    """Dry noodles in a paper band."""
    c.shadow(200, 0.13)
    for i in range(22):
        x = -96 + i * 9.2
        shade = lighter(tint, 0.3) if i % 3 == 0 else tint if i % 3 == 1 else darker(tint, 0.12)
        c.fill(rect(x, -366 + (i * 7) % 9, 9.4, 368 - (i * 5) % 7, 4), Linear((shade, darker(shade, 0.06)), 90))
    band = rounded([(-106, -262), (106, -262), (106, -92), (-106, -92)], 4)
    c.fill(band, tube_light(ink))
    c.fill(rect(-78, -248, 156, 142, 4), PAPER, 0.96)
    label(c, title, 0, -196, 140, 58, ink)
    label(c, note, 0, -138, 134, 26, "#7a4a2a")


def soft_pack(
    c: Canvas,
    tint: str = "#7fb7e6",
    ink: str = "#ffffff",
    title: str = "",
    note: str = "",
    mark: str = "bear",
    width: float = 300,
    height: float = 260,
) -> None:
    """A plump plastic pack of nappies or tissues with a handle on top."""
    c.shadow(width, 0.09)
    w, h = width / 2, height
    c.line(arc(0, -h + 6, 66, 42, 190, 350), 13, darker(tint, 0.15))
    body = smooth([(-w * 0.94, -h * 0.97), (0, -h * 1.02), (w * 0.94, -h * 0.97), (w * 1.02, -h * 0.5),
                   (w * 0.97, -h * 0.03),
                   (0, h * 0.02), (-w * 0.97, -h * 0.03), (-w * 1.02, -h * 0.5)])  # fmt: skip
    c.fill(body, Linear((lighter(tint, 0.35), tint, darker(tint, 0.18)), 70))
    with c.inside(body):
        swoosh = smooth([(-w * 1.2, -h * 0.4), (-w * 0.3, -h * 0.24), (w * 0.5, -h * 0.42),
                         (w * 1.2, -h * 0.66), (w * 1.2, h * 0.2),
                         (-w * 1.2, h * 0.2)])  # fmt: skip
        c.fill(swoosh, darker(tint, 0.28), 0.9)
        c.soft(ellipse(-w * 0.4, -h * 0.93, w * 0.5, 12), "#ffffff", 12, 0.6)
    c.fill(ellipse(-w * 0.5, -h * 0.64, h * 0.22), "#ffffff", 0.96)
    emblem(c, mark, -w * 0.5, -h * 0.64, h * 0.29, darker(tint, 0.2))
    label(c, title, w * 0.45, -h * 0.66, w * 0.84, 56, ink)
    label(c, note, 0, -h * 0.16, w * 1.5, 29, ink)


def tissue(
    c: Canvas, tint: str = "#9bc7b4", ink: str = "#2f5d4c", title: str = "", note: str = "", mark: str = "leaf"
) -> None:
    """A pack of paper tissues with one sheet standing out."""
    c.shadow(310, 0.09)
    c.fill(rounded([(-150, -128), (-112, -172), (126, -172), (160, -128)], 8),
           Linear((lighter(tint, 0.4), lighter(tint, 0.2))))  # fmt: skip
    c.fill(ellipse(4, -151, 84, 12), darker(tint, 0.35))
    sheet = smooth([(-66, -150), (-58, -190), (-88, -236), (-46, -268), (-14, -240), (18, -284), (64, -250),
                    (92, -222), (66, -186),
                    (74, -150), (40, -142), (4, -140), (-34, -142)])  # fmt: skip
    c.fill(sheet, Linear(("#ffffff", "#f1f4f5", "#d3dade"), 70))
    for x in (-44, 2, 46):
        c.line(smooth([(x * 0.6, -150), (x * 0.9, -192), (x * 1.3, -232)], closed=False), 3, "#cdd5d9", 0.8)
    front = rounded([(-154, -130), (162, -130), (158, 4), (-150, 4)], 14)
    c.fill(front, Linear((lighter(tint, 0.16), tint, darker(tint, 0.14)), 80))
    with c.inside(front):
        for x, turn in ((-140, -60), (-110, -30), (124, -120), (150, -90)):
            leaf(c, x, 20, 110, turn, lighter(tint, 0.3))
    emblem(c, mark, -92, -66, 62, ink)
    label(c, title, 32, -80, 180, 50, ink)
    label(c, note, 32, -34, 180, 25, mix(tint, ink, 0.8))


def wipes(
    c: Canvas, tint: str = "#a9d8d0", ink: str = "#2f6f66", title: str = "", note: str = "", mark: str = "heart"
) -> None:
    """A flat pack of wet wipes with a lid."""
    c.shadow(310, 0.09)
    body = smooth([(-160, -164), (0, -176), (160, -164), (172, -90), (162, -6), (0, 4), (-162, -6), (-172, -90)])
    c.fill(body, Linear((lighter(tint, 0.45), tint, darker(tint, 0.14)), 80))
    lid = rect(-84, -156, 168, 76, 22)
    c.soft([(x, y + 6) for x, y in lid], darker(tint, 0.6), 8, 0.4)
    c.fill(lid, Linear(("#ffffff", "#e6eeec")))
    emblem(c, mark, 0, -118, 50, darker(tint, 0.15))
    label(c, title, 0, -54, 260, 38, ink)
    label(c, note, 0, -21, 260, 21, ink)


def wrap(c: Canvas, tint: str = "#5a2f1c", ink: str = "#e9c46a", title: str = "", note: str = "") -> None:
    """A bar of chocolate half out of its foil."""
    c.shadow(190, 0.12)
    with c.placed(0, -4, 1, 6):
        c.fill(rect(-84, -346, 168, 200, 8), darker(tint, 0.35))
        for row in range(3):
            for column in range(2):
                square = rect(-78 + column * 80, -340 + row * 62, 75, 57, 7)
                c.fill(square, Linear((lighter(tint, 0.24), tint, darker(tint, 0.2)), 50))
                c.fill(rect(-66 + column * 80, -329 + row * 62, 51, 35, 5), Linear((tint, lighter(tint, 0.1)), 50))
        foil: Outline = [(-94, -190), (-70, -206), (-46, -186), (-20, -204), (8, -188), (36, -206), (62, -188),
                         (94, -204)]  # fmt: skip
        c.fill([*foil, (94, -150), (-94, -150)], Linear(("#f3f4f6", "#b9bfc7"), 20))
        c.fill(rect(-98, -168, 196, 172, 8), tube_light(ink))
        c.fill(rect(-98, -140, 196, 112), darker(tint, 0.1))
        label(c, title, 0, -98, 160, 48, ink)
        label(c, note, 0, -54, 160, 25, lighter(ink, 0.4))
