"""The progress bar: what it says, and how often."""

import io

import pytest

from backend.commands import _progress
from backend.commands._progress import Progress, duration, line


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_line_says_rate_and_time_left():
    assert (
        line("import", 1500, 3000, "rows", 10) == "import [############············] 1,500/3,000 rows  50%  150 rows/s  10 s left"
    )
    assert line("import", 3, 3, "rows", 2) == "import [########################] 3/3 rows  100%  2 rows/s  2 s"
    assert line("import", 0, 3, "rows", 0).endswith("0%  0 rows/s  0 s") and line("import", 0, 0, "rows", 0).count("#") == 24


def test_what_was_done_before_counts_for_no_rate(monkeypatch):
    now, out = [100.0], io.StringIO()
    monkeypatch.setattr(_progress, "ticks", lambda: now[0])
    with Progress("orders", 1000, "rows", out, start=600) as bar:
        now[0] += 4
        bar.advance(100)
    assert out.getvalue() == "orders [################········] 700/1,000 rows  70%  25 rows/s  12 s left\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("out", "draws"), [(Terminal(), 11), (io.StringIO(), 1)])
def test_a_terminal_is_redrawn_and_a_log_gets_a_line(monkeypatch, out, draws):
    now = [0.0]
    monkeypatch.setattr(_progress, "ticks", lambda: now[0])
    with Progress("import", 100, "rows", out) as bar:
        for _ in range(100):
            now[0] += 0.0101
            bar.advance()
    assert out.getvalue().count("rows/s") == draws and "100/100 rows" in out.getvalue() and out.getvalue().endswith("\n")
