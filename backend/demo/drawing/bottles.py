"""Bottles and flasks, each standing on the origin."""

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.emblems import emblem
from backend.demo.drawing.outlines import Outline, ellipse, profile, rect, rounded, smooth
from backend.demo.drawing.packs import PAPER, label
from backend.demo.drawing.paints import darker, lighter, mix, tube_light


def gleam(c: Canvas, x: float, top: float, bottom: float, width: float = 9, opacity: float = 0.5) -> None:
    """The long reflection of a window on glass."""
    c.soft(rect(x - width / 2, top, width, bottom - top, width / 2), "#ffffff", width * 0.45, opacity)


def sticker(
    c: Canvas,
    outline: Outline,
    top: float,
    bottom: float,
    paper: str,
    ink: str,
    title: str,
    note: str = "",
    mark: str = "",
    size: float = 50,
) -> None:
    """A paper label around a body, clipped to its outline."""
    xs = [x for x, y in outline if top - 30 <= y <= bottom + 30] or [-80, 80]
    half, height = max(xs), bottom - top
    with c.inside(outline):
        c.fill(rect(-half, top, half * 2, height), tube_light(paper))
        for y in (top + 7, bottom - 7):
            c.line([(-half, y), (half, y)], 3, ink, 0.8)
    wide = half * 1.6
    emblem(c, mark, 0, top + height * 0.27, min(60, height * 0.3), ink)
    label(c, title, 0, top + height * ((0.56 if note else 0.64) if mark else (0.42 if note else 0.5)), wide,
          min(size, height * (0.3 if mark else 0.5)), ink)  # fmt: skip
    label(c, note, 0, top + height * (0.81 if mark else 0.76), wide * 0.94, min(26, height * 0.17),
          mix(ink, "#6a5a4a", 0.4))  # fmt: skip


def oil(
    c: Canvas, tint: str = "#eeb02c", ink: str = "#b3372c", title: str = "", note: str = "", mark: str = ""
) -> None:
    """A big bottle of cooking oil with a handle."""
    c.shadow(220, 0.12)
    body = profile((30, -404, 4), (34, -372), (40, -352, 20), (104, -300, 40), (112, -200), (104, -180, 12),
                   (112, -160), (112, -6, 22))  # fmt: skip
    grip = rounded([(58, -318, 10), (96, -286, 18), (98, -206, 18), (66, -206, 14)])
    c.fill(body, lighter(tint, 0.75), 0.9, hole=grip)
    c.fill(profile((38, -340, 16), (98, -296, 36), (105, -200), (97, -180, 12), (105, -160), (105, -12, 18)),
           tube_light(tint),
           hole=rounded([(50, -326, 10), (102, -292, 18), (104, -200, 18), (60, -200, 14)]))  # fmt: skip
    c.fill(rect(-38, -432, 76, 46, 8), tube_light(ink))
    for x in range(-32, 36, 9):
        c.line([(x, -424), (x, -394)], 2.4, darker(ink, 0.4), 0.7)
    sticker(c, body, -164, -30, PAPER, ink, title, note, mark, 58)
    gleam(c, -86, -270, -186)
    gleam(c, -20, -340, -290, 7)


def bottle(
    c: Canvas,
    tint: str = "#4a2418",
    ink: str = "#b3372c",
    cap: str = "#c8a24a",
    title: str = "",
    note: str = "",
    mark: str = "",
    paper: str = PAPER,
) -> None:
    """A slim glass bottle for sauces, vinegar, fine oil."""
    c.shadow(150, 0.15)
    body = profile((22, -430, 4), (24, -340, 30), (74, -272, 40), (78, -6, 16))
    c.fill(body, tube_light(tint))
    c.fill(rect(-27, -458, 54, 58, 6), tube_light(cap))
    c.fill(rect(-29, -412, 58, 8, 3), darker(cap, 0.2))
    sticker(c, body, -226, -46, paper, ink, title, note, mark, 48)
    gleam(c, -56, -262, -234, 8, 0.45)
    gleam(c, -12, -390, -330, 6, 0.4)
    c.line([(-60, -28), (-60, -18)], 6, "#ffffff", 0.3)


def juice(
    c: Canvas, tint: str = "#f59a23", ink: str = "#3f8f3a", title: str = "", note: str = "", mark: str = "sun"
) -> None:
    """A clear bottle of juice or a fizzy drink."""
    c.shadow(170, 0.14)
    body = profile((34, -372, 4), (36, -346, 14), (86, -290, 44), (88, -170), (80, -150, 10), (88, -130), (86, -4, 24))
    c.fill(body, "#eef4f4", 0.85)
    c.fill(profile((40, -330, 10), (80, -286, 40), (82, -170), (74, -150, 10), (82, -130), (80, -10, 20)),
           tube_light(tint))  # fmt: skip
    c.fill(rect(-42, -408, 84, 42, 8), tube_light(ink))
    sticker(c, body, -262, -112, "#fffdf4", ink, title, note, mark, 50)
    gleam(c, -64, -96, -24, 8, 0.55)
    gleam(c, -44, -318, -280, 8, 0.6)


def detergent(
    c: Canvas,
    tint: str = "#2f86cf",
    ink: str = "#ffffff",
    cap: str = "#f2b632",
    title: str = "",
    note: str = "",
    mark: str = "bubbles",
) -> None:
    """A jug of washing liquid with a handle."""
    c.shadow(270, 0.11)
    body = rounded([(-54, -318, 16), (36, -318, 16), (92, -290, 40), (138, -220, 30), (140, -6, 36),
                    (-128, -6, 36), (-132, -190, 60),
                    (-66, -262, 30)])  # fmt: skip
    hole = rounded([(74, -246, 18), (108, -204, 20), (108, -120, 18), (84, -120, 18)])
    c.fill(body, tube_light(tint), hole=hole)
    c.line([*hole, hole[0]], 5, darker(tint, 0.35), 0.6)
    c.fill(rect(-60, -336, 102, 26, 8), tube_light(darker(tint, 0.12)))
    c.fill(rounded([(-48, -392, 12), (30, -392, 12), (40, -330, 6), (-58, -330, 6)]), tube_light(cap))
    for x in range(-44, 34, 12):
        c.line([(x, -384), (x - 2, -338)], 3, darker(cap, 0.3), 0.5)
    patch = rounded([(-112, -182, 24), (66, -182, 24), (84, -100, 24), (118, -84, 20), (118, -34, 24), (-112, -34, 24)])
    c.fill(patch, lighter(tint, 0.88), 0.97)
    dark = darker(tint, 0.3)
    emblem(c, mark, -70, -144, 54, tint)
    label(c, title, 16, -142, 108, 50, dark)
    label(c, note, 0, -66, 190, 32, dark)
    gleam(c, -108, -180, -40, 9, 0.5)
    gleam(c, -64, -250, -200, 8, 0.5)


def pump(
    c: Canvas,
    tint: str = "#8fb9a0",
    ink: str = "#2f4f40",
    title: str = "",
    note: str = "",
    mark: str = "leaf",
    head: str = "#f5f2ec",
) -> None:
    """A bottle with a pump: shampoo, shower gel, hand soap."""
    c.shadow(190, 0.14)
    c.fill(rect(-9, -404, 18, 60), tube_light(darker(head, 0.12)))
    c.fill(rounded([(-92, -418, 8), (-78, -426, 6), (34, -426, 10), (34, -396, 8), (-70, -400, 6),
                    (-84, -388, 6)]), tube_light(head))  # fmt: skip
    c.fill(rect(-34, -362, 68, 44, 8), tube_light(head))
    body = rounded([(-46, -326, 10), (46, -326, 10), (92, -286, 36), (96, -4, 26), (-96, -4, 26), (-92, -286, 36)])
    c.fill(body, tube_light(tint))
    emblem(c, mark, 0, -214, 70, ink)
    label(c, title, 0, -138, 150, 46, ink)
    c.line([(-36, -106), (36, -106)], 2.4, ink, 0.7)
    label(c, note, 0, -80, 146, 25, ink)
    gleam(c, -74, -272, -30, 10, 0.55)


def dish_soap(
    c: Canvas,
    tint: str = "#9bcf3f",
    ink: str = "#2f6f2c",
    cap: str = "#f5f5ef",
    title: str = "",
    note: str = "",
    mark: str = "",
) -> None:
    """A clear bottle of washing-up liquid."""
    c.shadow(170, 0.14)
    body = rounded([(-36, -318, 14), (36, -318, 14), (82, -262, 40), (72, -150, 60), (92, -60, 40),
                    (86, -4, 26), (-86, -4, 26),
                    (-92, -60, 40), (-72, -150, 60), (-82, -262, 40)])  # fmt: skip
    c.fill(body, tube_light(tint), 0.95)
    c.fill(rect(-34, -352, 68, 40, 8), tube_light(cap))
    c.fill(rounded([(-20, -396, 10), (20, -396, 10), (26, -346, 4), (-26, -346, 4)]), tube_light(darker(cap, 0.06)))
    patch = ellipse(0, -146, 66, 92)
    c.fill(patch, "#ffffff", 0.93)
    emblem(c, mark, 0, -196, 54, ink)
    label(c, title, 0, -140, 112, 42, ink)
    label(c, note, 0, -102, 96, 23, ink)
    gleam(c, -68, -260, -190, 8, 0.6)


def flask(c: Canvas, tint: str = "#2f5d62", ink: str = "#f3e7d3", mark: str = "hills", title: str = "") -> None:
    """A steel vacuum flask."""
    c.shadow(140, 0.16)
    c.fill(rounded([(-54, -412, 20), (54, -412, 20), (58, -316, 4), (-58, -316, 4)]), tube_light(darker(tint, 0.35)))
    c.fill(rect(-62, -320, 124, 14, 4), tube_light("#cfd3d6"))
    body = rounded([(-62, -306, 8), (62, -306, 8), (72, -270, 24), (72, -4, 22), (-72, -4, 22), (-72, -270, 24)])
    c.fill(body, tube_light(tint))
    emblem(c, mark, 0, -168, 72, ink)
    label(c, title, 0, -96, 100, 34, ink)
    gleam(c, -50, -280, -30, 9, 0.5)


def nursing_bottle(c: Canvas, tint: str = "#f6c9a8", ink: str = "#d9825a") -> None:
    c.shadow(140, 0.15)
    c.fill(smooth([(-40, -306), (-34, -346), (-14, -362), (-13, -394), (0, -404), (13, -394), (14, -362),
                   (34, -346), (40, -306)]),
           tube_light("#f0dfc4"))  # fmt: skip
    body = rounded([(-52, -268, 20), (52, -268, 20), (76, -226, 30), (74, -2, 30), (-74, -2, 30), (-76, -226, 30)])
    c.fill(body, "#eaf3f6", 0.95)
    c.fill(rounded([(-70, -190, 4), (70, -190, 4), (68, -8, 26), (-68, -8, 26)]), tube_light("#fffdf7"))
    c.fill(rect(-58, -314, 116, 56, 12), tube_light(tint))
    for i in range(7):
        c.line([(34 if i % 2 else 22, -56 - i * 22), (52, -56 - i * 22)], 4, ink, 0.9)
    emblem(c, "bear", -22, -104, 58, ink)
    gleam(c, -56, -228, -30, 8, 0.8)
