"""`bench --growth`: small shops are made, measured by turns and drawn; what grows is told from what does not."""

import argparse
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask

from backend.commands import _bench_chart, _bench_growth, bench
from backend.commands._bench_growth import Size


def test_sizes_go_from_small_to_large() -> None:
    assert bench.parse(["--growth", "1M,10k"]).growth == (("10k", 10_000), ("1M", 1_000_000))
    assert bench.parse(["--growth", "1k"]).part == []
    assert bench.parse([]).growth == ()
    with pytest.raises(argparse.ArgumentTypeError):
        bench.sizes("10k,99")


def test_small_shops_are_made_measured_and_drawn(
        bare_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(_bench_growth, "LISTS", {})
    monkeypatch.setattr(_bench_growth, "ROUNDS", 1)
    monkeypatch.setattr(_bench_growth, "FLAT", 1000)
    monkeypatch.setattr(_bench_growth, "LINEAR", 1000)
    asked = ["--growth", "100,200", "--data", str(tmp_path / "bench"), "--json"]
    assert bench.main(asked) == bench.MET
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["measured"]
    names = ["place", "products", "product", "my orders", "my order", "relay", "deliver", "books"]
    assert list(told) == [f"growth {name} sqlite" for name in names]
    assert told["growth books sqlite"]["faults"] == 0
    assert [*told["growth place sqlite"]["sizes"]] == ["100", "200"]
    table = (tmp_path / "bench" / "growth-sqlite.md").read_text()
    assert [line.split(" | ")[0].strip("| ") for line in table.splitlines()[2:]] == [*names[:-1], "all checks of the books"]
    ElementTree.fromstring((tmp_path / "bench" / "growth-sqlite.svg").read_text())


@pytest.mark.parametrize(("small", "large", "met"), [
    ([9.0] * 19 + [2.0, 1.0, 2.0], [9.0] * 18 + [3.0, 3.0, 3.0, 3.0], True), ([2.0], [3.1], False)])
def test_the_quickest_tenths_are_compared(small: list[float], large: list[float], met: bool) -> None:
    shops = [Size(name, orders, Flask("x"), {}, {"list": times}, {"list": [1.0]})
             for name, orders, times in (("1k", 1000, small), ("1M", 10**6, large))]
    assert _bench_growth._flat("sqlite", "list", shops).met is met


def test_a_chart_has_a_curve_for_each_thing() -> None:
    drawn = _bench_chart.chart("a < b", ["10k", "1M"], {"place": [1.0, 2.0], "list": [0.1, 100.0]})
    lines = [each for each in ElementTree.fromstring(drawn).iter() if each.tag.endswith("polyline")]
    points = [[tuple(map(float, point.split(","))) for point in line.get("points").split()] for line in lines]
    assert [curve[0][0] for curve in points] == [_bench_chart.LEFT] * 2
    assert points[0][0][1] == _bench_chart.HEIGHT - _bench_chart.BOTTOM, "0.1 is the lowest"
    assert points[0][1][1] == _bench_chart.TOP, "100 is the highest"
    assert "a &lt; b" in drawn


def test_words_of_a_chart_stand_apart_and_above_its_lowest_line() -> None:
    lowest = _bench_chart.HEIGHT - _bench_chart.BOTTOM + 4
    assert _bench_chart.apart([50, 52, 300]) == [50, 65, 300]
    assert _bench_chart.apart([lowest - 40, lowest - 5, lowest - 2]) == [lowest - 40, lowest - 15, lowest]
    assert _bench_chart.apart([lowest] * 3) == [lowest - 30, lowest - 15, lowest]


@pytest.mark.parametrize(("value", "text"), [
    (1525640.0, "1,525,640"), (100.0, "100"), (12.507, "12.51"), (1.5, "1.5"), (0.44, "0.44"), (0.1, "0.1"), (1.0, "1"),
    (10_000_000.0, "10,000,000")])
def test_how_a_chart_writes_numbers(value: float, text: str) -> None:
    assert _bench_chart.written(value) == text
