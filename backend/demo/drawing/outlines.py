"""Outlines: closed or open lists of points, in the units of whoever draws them (y grows downwards)."""

from collections.abc import Sequence
from math import cos, pi, sin

Point = tuple[float, float]
Outline = list[Point]
Points = Sequence[Point]


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None, turn: float = 0) -> Outline:
    """A closed ellipse (a circle without `ry`), turned clockwise by `turn` degrees."""
    ry = rx if ry is None else ry
    return turned([(cx + rx * cos(a * pi / 36), cy + ry * sin(a * pi / 36)) for a in range(72)], turn, (cx, cy))


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Outline:
    """An open arc from `start` to `end` degrees, clockwise from three o'clock."""
    steps = max(2, int(abs(end - start) / 5))
    angles = [(start + (end - start) * i / steps) * pi / 180 for i in range(steps + 1)]
    return [(cx + rx * cos(a), cy + ry * sin(a)) for a in angles]


def rect(x: float, y: float, width: float, height: float, radius: float = 0) -> Outline:
    """A rectangle from its left upper corner, its corners rounded by `radius`."""
    return rounded([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], radius)


def rounded(corners: Sequence[tuple[float, ...]], radius: float = 0) -> Outline:
    """A polygon with rounded corners; a corner of three numbers brings its own radius."""
    outline: Outline = []
    for i, corner in enumerate(corners):
        x, y = corner[:2]
        r = corner[2] if len(corner) > 2 else radius
        if not r:
            outline.append((x, y))
            continue
        ends = []
        for nx, ny, *_ in (corners[i - 1], corners[(i + 1) % len(corners)]):
            length = max(((nx - x) ** 2 + (ny - y) ** 2) ** 0.5, 1e-6)
            t = min(r, length / 2) / length
            ends.append((x + (nx - x) * t, y + (ny - y) * t))
        (ax, ay), (bx, by) = ends
        for step in range(9):
            t = step / 8
            u = 1 - t
            outline.append((u * u * ax + 2 * u * t * x + t * t * bx, u * u * ay + 2 * u * t * y + t * t * by))
    return outline


def profile(*right_side: tuple[float, ...], radius: float = 0) -> Outline:
    """A symmetric body such as a bottle, from the corners of its right side, top to bottom (see `rounded`)."""
    left_side = [(-x, y, *r) for x, y, *r in reversed(right_side)]
    return rounded([*right_side, *left_side], radius)


def smooth(points: Points, closed: bool = True) -> Outline:
    """A soft curve through all points (Catmull-Rom)."""
    count = len(points)
    outline: Outline = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        for step in range(10):
            t = step / 10
            outline.append((_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t)))
    return outline if closed else [*outline, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d))) / 2


def flower(cx: float, cy: float, outer: float, inner: float, petals: int, turn: float = 0) -> Outline:
    """A soft star or blossom of so many petals."""
    tips = [(outer if i % 2 == 0 else inner, (i * 180 / petals + turn) * pi / 180) for i in range(2 * petals)]
    return smooth([(cx + r * cos(a), cy + r * sin(a)) for r, a in tips])


def turned(points: Points, degrees: float, around: Point = (0, 0)) -> Outline:
    """The points turned clockwise around one of them."""
    if not degrees:
        return [*points]
    c, s = cos(degrees * pi / 180), sin(degrees * pi / 180)
    ox, oy = around
    return [(ox + (x - ox) * c - (y - oy) * s, oy + (x - ox) * s + (y - oy) * c) for x, y in points]
