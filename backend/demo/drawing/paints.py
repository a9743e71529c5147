"""Paints: plain colours, linear and radial gradients, and the mixing of colours."""

from dataclasses import dataclass
from math import cos, pi, sin

from PIL import Image, ImageColor

WHITE = "#ffffff"
_RAMP = Image.linear_gradient("L")
_DISC = Image.radial_gradient("L")


def mix(one: str, other: str, share: float) -> str:
    """`one` with a `share` (0–1) of the other colour."""
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour: str, share: float) -> str:
    """The colour with a share of white."""
    return mix(colour, WHITE, share)


def darker(colour: str, share: float) -> str:
    """The colour with a share of its own deep shade, which keeps its warmth (black would look dirty)."""
    deep = "#" + "".join(f"{channel * channel * 2 // 1000:02x}" for channel in ImageColor.getrgb(colour))
    return mix(colour, deep, share)


@dataclass(frozen=True)
class Linear:
    """Colours at equal distances along a direction (degrees clockwise; 0 is to the right, 90 downwards)."""

    colours: tuple[str, ...]
    turn: float = 90

    def over(self, size: tuple[int, int], turn: float) -> Image.Image:
        """The gradient over a box of the canvas whose contents are turned by `turn`."""
        width, height = size
        dx, dy = cos((self.turn + turn) * pi / 180), sin((self.turn + turn) * pi / 180)
        low = min(0, dx * width) + min(0, dy * height)
        span = 255 / (abs(dx * width) + abs(dy * height))
        ramp = _RAMP.transform(
            size, Image.Transform.AFFINE, (0, 0, 128, dx * span, dy * span, 0.5 - low * span), Image.Resampling.BILINEAR
        )
        return _coloured(ramp, self.colours)


@dataclass(frozen=True)
class Radial:
    """Colours from a centre (in shares of the box) outwards to `reach` × the longer side."""

    colours: tuple[str, ...]
    centre: tuple[float, float] = (0.35, 0.3)
    reach: float = 0.8

    def over(self, size: tuple[int, int], turn: float) -> Image.Image:
        """The gradient over a box; light falls from one side of the room, so `turn` does not matter."""
        width, height = size
        step = 127.5 / (max(size) * self.reach)
        disc = _DISC.transform(
            size,
            Image.Transform.AFFINE,
            (step, 0, 128 - self.centre[0] * width * step, 0, step, 128 - self.centre[1] * height * step),
            Image.Resampling.BILINEAR,
            fillcolor=255,
        )
        return _coloured(disc, self.colours)


Paint = str | Linear | Radial


def _coloured(grey: Image.Image, colours: tuple[str, ...]) -> Image.Image:
    stops = [ImageColor.getrgb(colour) for colour in colours]
    tables: list[list[int]] = [[], [], []]
    for value in range(256):
        place = value / 255 * (len(stops) - 1)
        index = min(int(place), len(stops) - 2)
        for table, a, b in zip(tables, stops[index], stops[index + 1], strict=True):
            table.append(round(a + (b - a) * (place - index)))
    return Image.merge("RGB", [grey.point(table) for table in tables])


def round_light(tint: str) -> Radial:
    """The light on a round thing of that colour: bright at the left above, dark at the right below."""
    return Radial((lighter(tint, 0.32), tint, darker(tint, 0.22)), (0.34, 0.28), 0.85)


def tube_light(tint: str) -> Linear:
    """The light on an upright cylinder of that colour."""
    edge, dark = darker(tint, 0.12), darker(tint, 0.26)
    return Linear((edge, lighter(tint, 0.22), lighter(tint, 0.1), tint, edge, dark), 0)
