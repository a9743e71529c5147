"""Jars, tins, tubes and cups, each standing on the origin."""

from math import cos, pi, sin

from backend.demo.drawing.bottles import gleam
from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.emblems import emblem
from backend.demo.drawing.outlines import arc, ellipse, rect, rounded, smooth
from backend.demo.drawing.packs import PAPER, label
from backend.demo.drawing.paints import Linear, darker, lighter, mix, round_light, tube_light


def jar(
    c: Canvas,
    tint: str = "#e59a1c",
    ink: str = "#8a4a12",
    cap: str = "#d9a441",
    title: str = "",
    note: str = "",
    mark: str = "",
    layers: str = "",
) -> None:
    """A glass jar of honey or, with `layers` (colours with commas between), of grains in layers."""
    c.shadow(230, 0.13)
    body = rounded([(-96, -240, 30), (96, -240, 30), (118, -200, 30), (118, -4, 40), (-118, -4, 40), (-118, -200, 30)])
    c.fill(body, "#f3f6f2", 0.9)
    inner = rounded([(-90, -228, 26), (90, -228, 26), (109, -194, 26), (109, -12, 34), (-109, -12, 34),
                     (-109, -194, 26)])  # fmt: skip
    c.fill(inner, tube_light(tint))
    colours = layers.split(",") if layers else []
    with c.inside(inner):
        step = 222 / max(1, len(colours))
        for i, colour in enumerate(colours):
            y = -232 + i * step
            c.fill(smooth([(-130, y), (-40, y - 7), (50, y + 6), (130, y - 3), (130, 10), (-130, 10)]),
                   tube_light(colour))  # fmt: skip
            for k in range(46):
                x, py = -110 + (k * 53) % 222, y + 6 + (k * 17) % max(1, int(step - 8))
                c.fill(ellipse(x, py, 5, 3.6, k * 40), lighter(colour, 0.3) if k % 2 else darker(colour, 0.25), 0.8)
    c.fill(rect(-104, -288, 208, 56, 12), tube_light(cap))
    for y in (-270, -250):
        c.line([(-102, y), (102, y)], 2.4, darker(cap, 0.3), 0.7)
    if title:
        paper = rect(-80, -172, 160, 116, 14)
        c.fill(paper, PAPER)
        c.fill(paper, ink, 0.9, hole=rect(-74, -166, 148, 104, 10))
        emblem(c, mark, 0, -145, 34, ink)
        y = -105 if mark else -124
        label(c, title, 0, y, 130, 40 if mark else 46, ink)
        label(c, note, 0, y + (30 if mark else 38), 124, 19, ink)
    gleam(c, -98, -196, -30, 9, 0.6)


def tin(
    c: Canvas,
    tint: str = "#2f6b4f",
    ink: str = "#f3e2b0",
    title: str = "",
    note: str = "",
    mark: str = "",
    height: float = 300,
    lid: str = "",
) -> None:
    """A round tin for tea or powder, its name in a column."""
    c.shadow(200, 0.15)
    lid = lid or tint
    c.fill([*arc(0, -8, 92, 18, 180, 0)[::-1], *arc(0, -height, 92, 18, 180, 360)][::-1], tube_light(tint))
    c.fill([*arc(0, -10, 92, 18, 0, 180), *arc(0, -height, 92, 16, 180, 360)], tube_light(tint))
    band = [*arc(0, -46, 92, 18, 0, 180), *arc(0, -62, 92, 18, 180, 0)]
    c.fill(band, ink, 0.75)
    c.fill([*arc(0, -height + 32, 96, 18, 0, 180), *arc(0, -height - 24, 96, 17, 180, 360)], tube_light(lid))
    c.fill(ellipse(0, -height - 24, 96, 17), Linear((lighter(lid, 0.35), lid, darker(lid, 0.15)), 20))
    c.fill(ellipse(0, -height - 24, 84, 13), ink, 0.4, hole=ellipse(0, -height - 24, 80, 11))
    if title:
        top, bottom = -height + 60, -62
        c.fill(rect(-56, top, 112, bottom - top, 14), PAPER, 0.97)
        emblem(c, mark, 0, top + 34, 42, tint)
        top += 58 if mark else 4
        size = min(66, (bottom - top - 8) / len(title) / 1.08)
        c.text(title, 0, (top + bottom) / 2, size, darker(tint, 0.25), upright=True)
    label(c, note, 0, -9, 140, 22, ink)


def can(c: Canvas, tint: str = "#3f9fd0", ink: str = "#ffffff", title: str = "", mark: str = "bubbles") -> None:
    c.shadow(140, 0.15)
    silver = "#d5dade"
    body = rounded([(-54, -252, 10), (54, -252, 10), (70, -222, 20), (70, -26, 20), (54, 4, 10), (-54, 4, 10),
                    (-70, -26, 20),
                    (-70, -222, 20)])  # fmt: skip
    c.fill(body, tube_light(silver))
    wrap = rect(-70, -232, 140, 214, 12)
    c.fill(wrap, tube_light(tint))
    with c.inside(wrap):
        c.fill(smooth([(-90, -70), (-30, -96), (30, -66), (90, -92), (90, 0), (-90, 0)]), mix(tint, ink, 0.85))
    c.fill(ellipse(0, -252, 54, 11), Linear((lighter(silver, 0.6), darker(silver, 0.3)), 20))
    c.fill(ellipse(4, -252, 20, 5), darker(silver, 0.25))
    emblem(c, mark, 0, -188, 58, ink)
    label(c, title, 0, -122, 112, 42, ink)
    for i in range(9):
        c.fill(ellipse(-52 + (i * 37) % 104, -222 + (i * 53) % 190, 4 + i % 3), "#ffffff", 0.55)


def tube(
    c: Canvas,
    tint: str = "#f7f7f4",
    ink: str = "#2f8f8a",
    cap: str = "",
    title: str = "",
    note: str = "",
    mark: str = "leaf",
) -> None:
    """A squeeze tube standing on its cap."""
    c.shadow(150, 0.15)
    cap = cap or ink
    body = rounded([(-98, -372, 4), (98, -372, 4), (62, -52, 12), (-62, -52, 12)])
    c.fill(body, tube_light(tint))
    with c.inside(body):
        c.fill(rect(-110, -372, 220, 26), darker(tint, 0.1))
        for x in range(-100, 104, 9):
            c.line([(x, -372), (x, -350)], 2, darker(tint, 0.28), 0.6)
        c.fill(smooth([(-120, -106), (-40, -124), (40, -98), (120, -120), (120, 0), (-120, 0)]), tube_light(ink))
        gleam(c, -66, -330, -70, 10, 0.6)
    c.fill(rounded([(-60, -56, 6), (60, -56, 6), (64, 2, 10), (-64, 2, 10)]), tube_light(cap))
    emblem(c, mark, 0, -288, 64, ink)
    label(c, title, 0, -214, 128, 46, ink)
    label(c, note, 0, -166, 120, 24, ink)


def pot(
    c: Canvas, tint: str = "#f3d9d4", ink: str = "#a8566a", title: str = "", note: str = "", lid: str = "#f7efe6"
) -> None:
    """A low jar of cream."""
    c.shadow(250, 0.12)
    body = rounded([(-122, -108, 8), (122, -108, 8), (116, -2, 40), (-116, -2, 40)])
    c.fill(body, tube_light(tint))
    c.fill(rect(-128, -178, 256, 78, 14), tube_light(lid))
    c.fill(rect(-128, -110, 256, 9, 4), ink, 0.55)
    c.fill(ellipse(0, -176, 122, 13), Linear((lighter(lid, 0.6), darker(lid, 0.08))))
    label(c, title, 0, -62, 190, 44, ink)
    label(c, note, 0, -28, 180, 22, ink)
    gleam(c, -100, -90, -26, 8, 0.6)


def tub(
    c: Canvas, tint: str = "#6f7fd0", ink: str = "#ffffff", title: str = "", note: str = "", mark: str = "bubbles"
) -> None:
    """A plastic tub with a lid, of laundry capsules for one."""
    c.shadow(270, 0.11)
    c.fill(rounded([(-128, -198, 6), (128, -198, 6), (108, -2, 26), (-108, -2, 26)]), tube_light(tint))
    c.fill(rect(-140, -240, 280, 50, 14), tube_light(lighter(tint, 0.5)))
    emblem(c, mark, 0, -152, 60, ink)
    label(c, title, 0, -92, 190, 52, ink)
    label(c, note, 0, -46, 176, 26, ink)
    gleam(c, -104, -180, -30, 9, 0.45)


def yoghurt(
    c: Canvas, tint: str = "#f3f6fb", ink: str = "#3f6fb4", title: str = "", mark: str = "blossom", lid: str = "#cfd6de"
) -> None:
    c.shadow(140, 0.14)
    cup = rounded([(-80, -164, 4), (80, -164, 4), (62, 2, 16), (-62, 2, 16)])
    c.fill(cup, tube_light(tint))
    with c.inside(cup):
        c.fill(smooth([(-100, -46), (-30, -66), (40, -40), (100, -62), (100, 20), (-100, 20)]), tube_light(ink))
    c.fill(ellipse(0, -164, 88, 15), Linear((lighter(lid, 0.7), darker(lid, 0.12)), 20))
    c.fill(rounded([(70, -168, 4), (116, -152, 14), (78, -156, 4)]), darker(lid, 0.1))
    emblem(c, mark, 0, -126, 40, ink)
    label(c, title, 0, -82, 112, 38, ink)


def dipper(c: Canvas, tint: str = "#c08a4a") -> None:
    """A honey dipper leaning to the right."""
    c.shadow(90, 0.12)
    with c.placed(0, -6, 1, 24):
        c.line([(0, -60), (0, -250)], 12, Linear((lighter(tint, 0.3), darker(tint, 0.1)), 0))
        for i in range(5):
            c.fill(ellipse(0, -18 - i * 18, 34 - abs(i - 2) * 7, 10), round_light(tint))
        c.fill(smooth([(-22, -22), (0, -34), (24, -20), (16, 6), (2, 22), (-12, 4)]), "#f0a92a", 0.85)


def steam(c: Canvas, tint: str = "#ffffff") -> None:
    """Three threads of steam rising from the origin."""
    for x, height in ((-32, 92), (0, 122), (32, 92)):
        wave = [(x + 11 * sin(i * pi / 3), -i * height / 9) for i in range(10)]
        c.line(smooth(wave, closed=False), 7, tint, 0.55)


def cup(
    c: Canvas, tint: str = "#fbf7ef", drink: str = "#6d3d1f", hot: bool = True, mark: str = "", ink: str = "#b3372c"
) -> None:
    """A cup on its saucer."""
    c.shadow(280, 0.09, at=(0, 6))
    c.fill(ellipse(0, 0, 150, 24), Linear((lighter(tint, 0.4), darker(tint, 0.18)), 60))
    c.fill(ellipse(0, -3, 96, 13), darker(tint, 0.14))
    handle = [(100 + 38 * cos(a * pi / 12), -96 + 36 * sin(a * pi / 12)) for a in range(-7, 8)]
    c.line(handle, 17, Linear((tint, darker(tint, 0.22))))
    bowl = rounded([(-112, -148, 4), (112, -148, 4), (84, -8, 60), (-84, -8, 60)])
    c.fill(bowl, tube_light(tint))
    c.fill(ellipse(0, -148, 112, 21), darker(tint, 0.1))
    c.fill(ellipse(0, -146, 101, 16), Linear((darker(drink, 0.25), drink, lighter(drink, 0.18)), 20))
    emblem(c, mark, -6, -76, 62, ink)
    if hot:
        with c.placed(0, -176):
            steam(c)


def mug(c: Canvas, tint: str = "#5f8f9a", ink: str = "#f6efe2", mark: str = "hills") -> None:
    c.shadow(200, 0.12)
    handle = [(88 + 46 * cos(a * pi / 12), -108 + 54 * sin(a * pi / 12)) for a in range(-7, 8)]
    c.line(handle, 22, Linear((lighter(tint, 0.1), darker(tint, 0.25))))
    c.fill(rounded([(-98, -206, 4), (98, -206, 4), (92, -2, 30), (-92, -2, 30)]), tube_light(tint))
    c.fill(rounded([(-96, -66, 2), (96, -66, 2), (92, -2, 30), (-92, -2, 30)]), tube_light(ink))
    c.fill(ellipse(0, -206, 98, 18), lighter(tint, 0.3))
    c.fill(ellipse(0, -204, 87, 13), Linear((darker(tint, 0.35), darker(tint, 0.1))))
    emblem(c, mark, -4, -128, 84, ink)
    gleam(c, -78, -180, -80, 9, 0.45)
