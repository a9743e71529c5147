"""Where things stand: the wall, its decoration, and the round table in front of it."""

from dataclasses import dataclass
from math import cos, pi, sin

from backend.demo.drawing.canvas import Canvas
from backend.demo.drawing.outlines import arc, ellipse, rect, rounded, smooth
from backend.demo.drawing.paints import Linear, Radial, darker, lighter, mix


@dataclass(frozen=True)
class Mood:
    """The colours of a room: wall from above to below, what decorates it, table, and ink for writing."""

    high: str
    low: str
    accent: str
    table: str
    ink: str


MOODS = {
    "wheat": Mood("#fdf1d8", "#f3d79f", "#fff9ea", "#fffaf0", "#6b3f12"),
    "peach": Mood("#ffeadb", "#ffc7a1", "#fff6ee", "#fff8f2", "#8f3412"),
    "rose": Mood("#ffe6e6", "#f9b9bd", "#fff4f3", "#fff7f6", "#8c1f33"),
    "mint": Mood("#e6f6e6", "#b2dcb6", "#f6fdf4", "#f8fdf6", "#1f5a35"),
    "lime": Mood("#f3f8d8", "#d2e39a", "#fbfdee", "#fcfef2", "#465c12"),
    "sky": Mood("#e3f2fb", "#aed6ef", "#f4fafe", "#f7fbfe", "#164a78"),
    "lake": Mood("#dff3f1", "#a3d6d2", "#f2fbfa", "#f6fcfb", "#12534f"),
    "lilac": Mood("#f0eafb", "#cdbdee", "#f9f6fe", "#faf8fe", "#45307d"),
    "sand": Mood("#f8efe2", "#e2cba8", "#fdf9f2", "#fdfaf4", "#5f4324"),
    "clay": Mood("#f9e3d3", "#e7b391", "#fdf3ea", "#fdf5ee", "#7a341b"),
    "lemon": Mood("#fff8cf", "#fbdf7c", "#fffdee", "#fffdf2", "#725100"),
    "dusk": Mood("#e9ecf5", "#bcc6df", "#f6f8fc", "#f8f9fc", "#2b3a66"),
}

TABLE = 664
"""The height, of 800, at which things stand on the table."""


def room(c: Canvas, mood: Mood, style: str) -> None:
    """Draws wall, decoration and table of an 800 × 800 picture."""
    wall = Linear((mood.high, mood.low), 78)
    c.fill(rect(0, 0, 800, 800), wall)
    STYLES[style](c, mood)
    table(c, mood)


def table(c: Canvas, mood: Mood) -> None:
    """A round white table, its edge in the light of the room."""
    c.soft(ellipse(410, 762, 392, 44), darker(mood.low, 0.55), 20, 0.35)
    edge = [*arc(400, 706, 372, 62, 0, 180), *arc(400, 672, 372, 62, 180, 360)]
    light, shade = mix(mood.table, mood.low, 0.25), mix(mood.table, darker(mood.low, 0.3), 0.62)
    c.fill(edge, Linear((mix(light, shade, 0.4), light, mood.table, light, shade), 0))
    c.fill(ellipse(400, 672, 372, 62), Linear((mood.table, mix(mood.table, mood.low, 0.3)), 20))
    c.line(arc(400, 672, 371, 61.5, 10, 170), 2.5, "#ffffff", 0.9)


def arch(c: Canvas, mood: Mood) -> None:
    """An arched niche."""
    outline = [*arc(440, 446, 262, 262, 180, 360), (702, 690), (178, 690)]
    c.fill(outline, mix(mood.low, mood.high, 0.1))
    c.soft([(x + 14, y + 6) for x, y in outline], lighter(mood.accent, 0.3), 12, 0.85)
    with c.inside(outline):
        c.fill(outline, Linear((mood.accent, mix(mood.accent, mood.low, 0.5)), 80), 0.9)


def disc(c: Canvas, mood: Mood) -> None:
    """A big pale sun."""
    c.fill(ellipse(430, 440, 296), mood.accent, 0.4)
    edge = mix(mood.accent, mood.low, 0.35)
    c.fill(ellipse(430, 440, 256), Radial((lighter(mood.accent, 0.6), mood.accent, edge), (0.4, 0.35), 0.7))


def window(c: Canvas, mood: Mood) -> None:
    """Morning light through a window and the shadow of a branch."""
    for x, width in ((150, 150), (330, 150), (510, 120)):
        pane = [(x, 0), (x + width, 0), (x + width + 300, 800), (x + 300, 800)]
        c.soft(pane, mood.accent, 9, 0.75)
    shade = mix(mood.low, darker(mood.low, 0.4), 0.35)
    c.soft(smooth([(820, 120), (700, 150), (600, 220), (604, 228), (704, 160), (820, 136)]), shade, 5, 0.4)
    for x, y, turn in ((760, 132, 200), (716, 152, 110), (676, 172, 215), (648, 192, 105), (610, 220, 160),
                       (790, 128, 95)):  # fmt: skip
        with c.placed(x, y, 1.2, turn):
            c.soft(smooth([(0, 0), (40, -20), (84, 0), (40, 18)]), shade, 5, 0.4)


def hills(c: Canvas, mood: Mood) -> None:
    """Rolling hills under a pale sun."""
    c.fill(ellipse(610, 236, 92), lighter(mood.accent, 0.5), 0.95)
    c.fill(ellipse(610, 236, 128), mood.accent, 0.4)
    far, near = mix(mood.low, mood.accent, 0.35), mix(mood.low, darker(mood.low, 0.3), 0.18)
    c.fill(smooth([(-80, 520), (90, 396), (270, 452), (460, 372), (640, 436), (880, 350), (900, 860), (-80, 860)]), far)
    c.fill(smooth([(-80, 600), (120, 528), (330, 566), (560, 486), (880, 560), (900, 860), (-80, 860)]), near, 0.75)


def waves(c: Canvas, mood: Mood) -> None:
    """Fish-scale waves of an old print."""
    c.fill(ellipse(430, 430, 270), mood.accent, 0.75)
    for row in range(5):
        for i in range(-1, 9):
            x, y = i * 112 + (56 if row % 2 else 0), 560 + row * 34
            for r, ink in ((62, mix(mood.low, darker(mood.low, 0.3), 0.25)), (54, mood.high), (44, mood.low),
                           (32, mood.high), (20, mood.low)):  # fmt: skip
                c.fill(ellipse(x, y, r), ink)


def dots(c: Canvas, mood: Mood) -> None:
    """Soft bubbles in the air."""
    c.fill(ellipse(440, 450, 262), mood.accent, 0.55)
    for i in range(22):
        a, d = i * 2.4, 60 + i * 17
        x, y = 430 + d * cos(a), 400 + d * 0.8 * sin(a)
        if y > 240 or x > 580:
            c.fill(ellipse(x, y, 8 + (i * 7) % 26), lighter(mood.accent, 0.4), 0.55)


def rays(c: Canvas, mood: Mood) -> None:
    """Beams behind the goods."""
    for i in range(18):
        a = i * pi / 9
        beam = [(420, 470), (420 + 900 * cos(a - 0.085), 470 + 900 * sin(a - 0.085)),
                (420 + 900 * cos(a + 0.085), 470 + 900 * sin(a + 0.085))]  # fmt: skip
        c.fill(beam, mood.accent, 0.42)
    c.soft(ellipse(420, 470, 250), lighter(mood.accent, 0.5), 50, 0.85)


def panels(c: Canvas, mood: Mood) -> None:
    """Two overlapping boards on the wall."""
    c.fill(rounded([(340, 218), (740, 218), (740, 690), (340, 690)], 30),
           mix(mood.low, darker(mood.low, 0.3), 0.12), 0.55)  # fmt: skip
    c.fill(rounded([(110, 300), (540, 300), (540, 690), (110, 690)], 30),
           Linear((mood.accent, mix(mood.accent, mood.low, 0.4))), 0.9)  # fmt: skip


STYLES = {"arch": arch, "disc": disc, "window": window, "hills": hills, "waves": waves, "dots": dots,
          "rays": rays, "panels": panels}  # fmt: skip
