"""A canvas that fills outlines with paints, smooth at the edges, in places that can be moved, scaled and turned."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from math import atan2, ceil, cos, floor, hypot, pi, sin
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from backend.demo.drawing.outlines import Outline, Point, Points, ellipse, rect
from backend.demo.drawing.paints import Paint

FINE = 4
"""Outlines are drawn this many times larger and reduced, which smooths their edges."""
COARSE = 4
"""Soft things are drawn this many times smaller and enlarged."""

_FONTS = Path(__file__).parents[2] / "assets" / "fonts"
_Box = tuple[int, int, int, int]


@cache
def font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    """The shop's Chinese font; laid out by Pillow itself, so that it looks alike everywhere."""
    path = _FONTS / f"NotoSansSC-{'Bold' if bold else 'Regular'}-subset.otf"
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


class Canvas:
    """A picture being drawn; sizes are pixels unless `placed` says otherwise."""

    def __init__(self, width: int, height: int, paint: Paint) -> None:
        self.image = Image.new("RGB", (width, height))
        self._matrix: tuple[float, ...] = (1, 0, 0, 0, 1, 0)
        self._clip: Image.Image | None = None
        self.fill(rect(0, 0, width, height), paint)

    @contextmanager
    def placed(self, x: float, y: float, size: float = 1, turn: float = 0, mirror: bool = False) -> Iterator[None]:
        """Inside, the origin stands at (x, y), turned clockwise by `turn` degrees and scaled."""
        before = self._matrix
        a, b, c, d, e, f = before
        p, q = size * cos(turn * pi / 180), size * sin(turn * pi / 180)
        m = -1 if mirror else 1
        self._matrix = (
            m * (a * p + b * q), b * p - a * q, a * x + b * y + c,
            m * (d * p + e * q), e * p - d * q, d * x + e * y + f,
        )  # fmt: skip
        try:
            yield
        finally:
            self._matrix = before

    @contextmanager
    def inside(self, outline: Points) -> Iterator[None]:
        """What is drawn inside shows within this outline only."""
        before = self._clip
        clip = Image.new("L", self.image.size)
        drawn = self._mask([outline])
        if drawn:
            clip.paste(drawn[0], drawn[1])
        self._clip = clip
        try:
            yield
        finally:
            self._clip = before

    def fill(self, outline: Points, paint: Paint, opacity: float = 1, hole: Points | None = None) -> None:
        """Fills a closed outline, leaving out the hole."""
        self._lay(self._mask([outline], [hole] if hole else []), paint, opacity)

    def fill_all(self, outlines: Sequence[Points], paint: Paint, opacity: float = 1) -> None:
        """Fills several outlines as one shape: overlaps do not show."""
        self._lay(self._mask(outlines), paint, opacity)

    def line(self, points: Points, width: float, paint: Paint, opacity: float = 1) -> None:
        """Draws an open line with round ends."""
        points = self._moved(points)
        width *= self._scale
        box = self._box(points, width / 2 + 1)
        if not box:
            return
        big, draw = _sheet(box)
        fine = [((x - box[0]) * FINE, (y - box[1]) * FINE) for x, y in points]
        draw.line(fine, 255, max(1, round(width * FINE)), joint="curve")
        half = width * FINE / 2
        for x, y in (fine[0], fine[-1]):
            draw.ellipse((x - half, y - half, x + half, y + half), 255)
        self._lay((big.reduce(FINE), box), paint, opacity)

    def soft(self, outline: Points, paint: Paint, blur: float, opacity: float) -> None:
        """Fills an outline with blurred edges: shadows, gleams."""
        points = self._moved(outline)
        blur *= self._scale
        box = self._box(points, 2.5 * blur)
        if not box:
            return
        width, height = box[2] - box[0], box[3] - box[1]
        small = Image.new("L", (ceil(width / COARSE) + 1, ceil(height / COARSE) + 1))
        ImageDraw.Draw(small).polygon([((x - box[0]) / COARSE, (y - box[1]) / COARSE) for x, y in points], 255)
        small = small.filter(ImageFilter.GaussianBlur(blur / COARSE))
        large = small.resize((small.width * COARSE, small.height * COARSE), Image.Resampling.BICUBIC)
        self._lay((large.crop((0, 0, width, height)), box), paint, opacity)

    def shadow(self, width: float, depth: float = 0.16, at: Point = (0, 0)) -> None:
        """The shadow of a thing of that width standing at a point."""
        self.soft(ellipse(at[0] + width * 0.06, at[1], width * 0.56, width * depth), "#3a2416", width * 0.07, 0.34)

    def text(
        self,
        words: str,
        x: float,
        y: float,
        size: float,
        paint: Paint,
        *,
        bold: bool = True,
        upright: bool = False,
        anchor: str = "mm",
        opacity: float = 1,
    ) -> None:
        """Writes one line (or one column, if `upright`) around y, and at x by the anchor: lm, mm or rm."""
        scale = self._scale
        fine = 3 if abs(self._tilt) > 0.1 else 1
        face = font(max(1, round(size * scale * fine)), bold)
        mask = _column(words, face) if upright else _row(words, face)
        if fine > 1:
            mask = mask.rotate(-self._tilt, Image.Resampling.BICUBIC, expand=True).reduce(fine)
        px, py = self._moved([(x, y)])[0]
        left = round(px - mask.width * {"l": 0, "m": 0.5, "r": 1}[anchor[0]])
        top = round(py - mask.height / 2)
        self._lay((mask, (left, top, left + mask.width, top + mask.height)), paint, opacity)

    @property
    def _scale(self) -> float:
        return hypot(self._matrix[1], self._matrix[4])

    @property
    def _tilt(self) -> float:
        return atan2(-self._matrix[1], self._matrix[4]) * 180 / pi

    def _moved(self, points: Points) -> Outline:
        a, b, c, d, e, f = self._matrix
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def _box(self, points: Points, margin: float = 1) -> _Box | None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        left, top = max(0, floor(min(xs) - margin)), max(0, floor(min(ys) - margin))
        right = min(self.image.width, ceil(max(xs) + margin))
        bottom = min(self.image.height, ceil(max(ys) + margin))
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _mask(
        self, outlines: Sequence[Points], holes: Sequence[Points] | None = None
    ) -> tuple[Image.Image, _Box] | None:
        moved = [self._moved(outline) for outline in outlines]
        box = self._box([point for points in moved for point in points], 0)
        if not box:
            return None
        big, draw = _sheet(box)
        inner = [self._moved(hole) for hole in holes or []]
        for shapes, value in ((moved, 255), (inner, 0)):
            for points in shapes:
                draw.polygon([((x - box[0]) * FINE, (y - box[1]) * FINE) for x, y in points], value)
        return big.reduce(FINE), box

    def _lay(self, drawn: tuple[Image.Image, _Box] | None, paint: Paint, opacity: float) -> None:
        if not drawn:
            return
        mask, box = drawn
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        if self._clip:
            mask = ImageChops.multiply(mask, self._clip.crop(box))
        if isinstance(paint, str):
            self.image.paste(paint, box, mask)
        else:
            self.image.paste(paint.over(mask.size, self._tilt), box, mask)


def _sheet(box: _Box) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    big = Image.new("L", ((box[2] - box[0]) * FINE, (box[3] - box[1]) * FINE))
    return big, ImageDraw.Draw(big)


def _row(words: str, face: ImageFont.FreeTypeFont) -> Image.Image:
    left, top, right, bottom = (round(side) for side in face.getbbox(words, anchor="ls"))
    mask = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(mask).text((1 - left, 1 - top), words, 255, face, "ls")
    return mask


def _column(words: str, face: ImageFont.FreeTypeFont) -> Image.Image:
    step = face.size * 1.08
    mask = Image.new("L", (round(face.size * 1.2), round(step * len(words))))
    for i, sign in enumerate(words):
        ImageDraw.Draw(mask).text((mask.width / 2, step * (i + 0.5)), sign, 255, face, "mm")
    return mask
