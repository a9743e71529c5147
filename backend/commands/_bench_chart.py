"""A chart of lines on a logarithmic scale, as SVG text."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 460, 90, 170, 50, 40
APART = 15
COLOURS = ("#0b6e4f", "#c8553d", "#28536b", "#a37b00", "#7b2d8b", "#3d8b37", "#b0305c", "#5a5a5a", "#0077b6", "#8a5a2b")


def chart(title: str, columns: Sequence[str], curves: Mapping[str, Sequence[float]]) -> str:
    """One curve a name over the columns; values are above 0. Names stand at the ends of their curves, apart from one another."""
    highest = ceil(log10(max(max(values) for values in curves.values())))
    lowest = floor(log10(min(min(values) for values in curves.values())))

    def x(index: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * index / max(1, len(columns) - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (highest - log10(value)) / max(1, highest - lowest)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             f'<text x="{LEFT}" y="26" font-size="16" fill="#222">{escape(title)}</text>']
    for power in range(lowest, highest + 1):
        at = y(10.0**power)
        parts.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{written(10.0**power)}</text>')
    for index, column in enumerate(columns):
        parts.append(f'<text x="{x(index):.1f}" y="{HEIGHT - 14}" text-anchor="middle" fill="#555">{escape(column)}</text>')
    drawn = sorted(curves.items(), key=lambda each: -each[1][-1])
    places = apart([y(values[-1]) + 4 for _, values in drawn])
    for index, (name, values) in enumerate(drawn):
        colour = COLOURS[index % len(COLOURS)]
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{WIDTH - RIGHT + 8}" y="{places[index]:.1f}" fill="{colour}">'
                     f"{escape(name)} {written(values[-1])}</text>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def apart(wanted: Sequence[float]) -> list[float]:
    """Heights, from above to below, moved so that no two words are on each other and none is below the lowest line."""
    down, at = [], float("-inf")
    for each in wanted:
        at = max(each, at + APART)
        down.append(at)
    up, at = [], HEIGHT - BOTTOM + 4.0 + APART
    for each in reversed(down):
        at = min(each, at - APART)
        up.append(at)
    return up[::-1]


def written(value: float) -> str:
    """`1,525,640`, `12.51`, `0.44`, and `0.1`, `1`, `10` for the scale."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}".rstrip("0")
