"""A progress bar with rate and time left, on stderr: redrawn on a terminal, a line every few seconds elsewhere."""

import sys
from typing import TextIO

from backend.infra.clock import ticks

WIDTH = 24
REDRAW_SECONDS = 0.1
LINE_SECONDS = 5.0


class Progress:
    """`with Progress("import", total, "rows") as bar: bar.advance(500)`; the last state is always shown.

    `start` is what was done before, by whom this goes on for: it fills the bar and counts for no rate.
    """

    def __init__(self, label: str, total: int, unit: str, out: TextIO | None = None, *, start: int = 0) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.out = out or sys.stderr
        self.done = self._start = start
        self._terminal = self.out.isatty()
        self._began = self._shown = ticks()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._show("\n")

    def advance(self, count: int = 1) -> None:
        """`count` more are done; draws only as often as somebody can read."""
        self.done += count
        if ticks() - self._shown >= (REDRAW_SECONDS if self._terminal else LINE_SECONDS):
            self._show("" if self._terminal else "\n")

    def _show(self, end: str) -> None:
        self._shown = ticks()
        text = line(self.label, self.done, self.total, self.unit, self._shown - self._began, self._start)
        self.out.write(f"\r{text}\x1b[K{end}" if self._terminal else f"{text}{end}")
        self.out.flush()


def line(label: str, done: int, total: int, unit: str, seconds: float, start: int = 0) -> str:
    """`import [######····] 1,500/3,659 rows  41 %  1,234 rows/s  2 s left`; the first `start` took none of the `seconds`."""
    share = done / total if total else 1.0
    rate = (done - start) / seconds if seconds > 0 else 0.0
    filled = int(share * WIDTH)
    left = f"{duration((total - done) / rate)} left" if rate and done < total else duration(seconds)
    return f"{label} [{'#' * filled}{'·' * (WIDTH - filled)}] {done:,}/{total:,} {unit}  {share:.0%}  {rate:,.0f} {unit}/s  {left}"


def duration(seconds: float) -> str:
    """`45 s`, `3 min 05 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
