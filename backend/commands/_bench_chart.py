"""A chart of lines on a logarithmic scale, as SVG text."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 460, 70, 170, 50, 40
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
                     f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{10.0**power:g}</text>')
    for index, column in enumerate(columns):
        parts.append(f'<text x="{x(index):.1f}" y="{HEIGHT - 14}" text-anchor="middle" fill="#555">{escape(column)}</text>')
    below = 0.0
    for index, (name, values) in enumerate(sorted(curves.items(), key=lambda each: -each[1][-1])):
        colour = COLOURS[index % len(COLOURS)]
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(values))
        below = max(y(values[-1]) + 4, below + 15)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{WIDTH - RIGHT + 8}" y="{below:.1f}" fill="{colour}">{escape(name)} {values[-1]:.2f}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
