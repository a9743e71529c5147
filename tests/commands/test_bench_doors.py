"""`bench` at the doors: goals follow from the figures, a crowd is judged to the unit, and a tiny shop is measured whole."""

import json
import pstats
from pathlib import Path
from typing import Any

import pytest

from backend.checks.check import Violation
from backend.commands import _bench_profile, _bench_shop, bench
from backend.commands._bench_crowd import FREE_SECONDS, judge, measured
from backend.commands._bench_doors import (
    against_flask,
    against_hello,
    against_raw,
    bytes_and_memory,
    order_statements,
    window_statements,
)
from backend.commands._bench_driver import Round, Spread
from backend.commands._bench_load import Told
from backend.commands._bench_raw import Written


def a_round(rate: float, web_ms: float = 1.0) -> Round:
    return Round(rate, web_ms, 0.5, 0.05, Told(done=100, seconds=1.0, latency_ms=(1.0, 2.0, 3.0, 4.0)))


def test_a_round_is_worked_out_per_request() -> None:
    told = Told(done=200, seconds=4.0, processor=0.02)
    assert Round.of(told, web=1.0, database=0.5) == Round(50.0, 5.0, 2.5, 0.1, told)
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)


@pytest.mark.parametrize(("kind", "rates", "raw", "ratio", "met"), [
    ("postgresql", [150, 170, 500], [900, 1000, 5000], 0.17, True),
    ("postgresql", [150, 169, 500], [900, 1000, 1100], 0.169, False),
    ("sqlite", [10, 10, 10], [1000, 1000, 1000], 0.01, True),
])
def test_orders_are_held_against_the_bare_transaction(kind: str, rates: list[float], raw: list[int], ratio: float,
                                                      met: bool) -> None:
    said = against_raw(kind, "place", 0.17, [a_round(each) for each in rates], [Written(each, 1.0, 0.1, 24) for each in raw])
    assert (said.figures["ratio"], said.met) == (ratio, met)
    assert said.figures["orders_per_second"] == {"least": min(rates), "median": sorted(rates)[1], "most": max(rates)}


def test_the_processor_time_of_all_who_work_is_told_beside() -> None:
    rows = [Written(90, 1.0, 0.05, 10, 0.07), Written(90, 1.0, 0.05, 10, 0.05)]
    said = against_raw("postgresql", "place", 0.17, [a_round(50, web) for web in (2.5, 1.5, 9.0)], rows)
    assert (said.figures["raw_writer_ms"], said.figures["raw_database_ms"], said.figures["processor_ratio"]) == (0.5, 0.6, 0.367)
    assert against_flask("sqlite", "list", 0.5, "hello", [a_round(5, 3.5)], [a_round(9, 1.0)]).figures["processor_ratio"] == 0.25
    assert against_flask("sqlite", "list", 0.5, "hello", [a_round(5, -0.5)], [a_round(9, 1.0)]).figures["processor_ratio"] == 0.0


@pytest.mark.parametrize(("ours", "hello", "ratio", "met"), [
    ([3.0, 3.6, 4.0], [0.2, 0.3, 0.4], 12.0, True), ([3.0, 3.7, 4.0], [0.2, 0.3, 0.4], 12.33, False)])
def test_processor_time_is_held_against_hello(ours: list[float], hello: list[float], ratio: float, met: bool) -> None:
    said = against_hello("sqlite", [a_round(9, each) for each in ours], [a_round(99, each) for each in hello])
    assert (said.figures["ratio"], said.met) == (ratio, met)


@pytest.mark.parametrize(("ours", "bare", "met"), [(500, 1000, True), (499, 1000, False)])
def test_windows_are_held_against_bare_flask(ours: float, bare: float, met: bool) -> None:
    assert against_flask("sqlite", "list of 20", 0.5, "20 dicts", [a_round(ours)], [a_round(bare)]).met is met


@pytest.mark.parametrize(("few", "many", "met"), [
    ((12, 2), (12, 2), True), ((13, 2), (13, 2), False), ((11, 2), (12, 2), False), ((0, 2), (0, 2), False)])
def test_an_order_of_many_lines_takes_no_more_statements(few: tuple[int, int], many: tuple[int, int], met: bool) -> None:
    assert order_statements("sqlite", few, many, 500).met is met


@pytest.mark.parametrize(("counted", "met"), [((0, 2), True), ((0, 3), False), ((1, 1), False)])
def test_a_reading_has_its_statements(counted: tuple[int, int], met: bool) -> None:
    assert window_statements("sqlite", "list", counted, 2).met is met


def test_journal_bytes_are_per_order() -> None:
    said = bytes_and_memory("postgresql", [(8000, 1, 70_000, 10), (9000, 1, 80_000, 10)], 180.5, 44.0)
    assert said.figures == {"wal_bytes": 8500, "raw_wal_bytes": 7500, "pss_mb": 180.5, "bare_pss_mb": 44.0}
    assert "WAL" not in bytes_and_memory("sqlite", [], 180.5, 44.0).line


def told(placed: int = 100, sold_out: int = 4900, last: float = 2.0, first_no: float = 2.1, **others: int) -> Told:
    answers = {"201": placed, "409 out_of_stock": sold_out, **others}
    return Told(done=sum(answers.values()), seconds=9.0, answers=answers, last={"201": last}, first={"409 out_of_stock": first_no},
                latency_ms=(1.0, 2.0, 3.0, 4.0))


GONE = {"orders": 100, "sold": 100, "available": 0}


@pytest.mark.parametrize(("answers", "sold", "faults"), [
    (told(), GONE, []),
    (told(last=2.1 + FREE_SECONDS), GONE, []),
    (told(101, 4899), GONE | {"orders": 101, "sold": 101, "available": -1}, [
        "101 buyers", "101 orders of 101", "-1 units are available"]),
    (told(99, 4901), GONE | {"orders": 99, "sold": 99, "available": 1}, [
        "99 buyers", "99 orders of 99 units", "1 units are available"]),
    (told(99, 4901), GONE, ["99 buyers"]),
    (told(), GONE | {"orders": 50}, ["50 orders of 100"]),
    (told(100, 4890, busy=10), GONE, ["answers that are neither: {'busy': 10}"]),
    (told(100, 4000), GONE, ["4100 of 5000 buyers"]),
    (told(last=7.2), GONE, ["units were free for 5.1 s"]),
])
def test_a_crowd_is_judged_to_the_unit(answers: Told, sold: dict[str, int], faults: list[str]) -> None:
    said = judge(5000, 100, answers, sold, [])
    assert len(said) == len(faults) and all(want in each for want, each in zip(faults, said, strict=True))


def test_a_fault_of_the_books_is_a_fault_of_the_round() -> None:
    wrong = Violation("I09", {"sku_id": "sku_1"}, "found", "expected", "do")
    assert judge(5000, 100, told(), GONE, [wrong]) == ["books: I09 {'sku_id': 'sku_1'}"]
    assert not measured("sqlite", 5000, 100, [told()], ["books: I09"]).met
    said = measured("sqlite", 5000, 100, [told(), told()], [])
    assert said.met and said.figures["sold"] == [100, 100] and "books hold" in said.line


def test_fewer_buyers_than_units_leave_the_rest() -> None:
    few = told(60, 0)
    few.first = {}
    assert judge(60, 100, few, {"orders": 60, "sold": 60, "available": 40}, []) == []


def test_parts_and_databases_are_all_unless_named() -> None:
    assert (bench.parse([]).part, bench.parse([]).on) == (["lists", "doors", "hot", "crowd"], ["postgresql", "sqlite"])
    named = bench.parse(["--part", "hot", "--part", "crowd", "--on", "sqlite"])
    assert (named.part, named.on) == (["hot", "crowd"], ["sqlite"])


def test_a_tiny_shop_is_measured_at_its_doors(bare_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(_bench_shop, "ORDERS", 100)
    monkeypatch.setattr(_bench_shop, "GOODS", 30)
    monkeypatch.setattr(_bench_profile, "REQUESTS", 3)
    monkeypatch.setattr(_bench_profile, "WARM", 1)
    bench.main(["--part", "doors", "--part", "hot", "--part", "crowd", "--on", "sqlite", "--turns", "1", "--seconds", "0.2",
                "--crowds", "1", "--buyers", "100", "--units", "7", "--data", str(tmp_path / "bench"), "--json", "--profile"])
    out = capsys.readouterr().out.splitlines()
    found: dict[str, dict[str, Any]] = json.loads(out[-1])["measured"]
    assert set(found) == {f"{name} sqlite" for name in (
        "place", "place cpu", "place weight", "list of 20", "list made anew", "product page", "page made anew", "hot SKU", "crowd",
        "place statements", "list statements", "page statements", "books")}
    assert len(out) == len(found) + 1 and found["list made anew sqlite"]["met"] and found["page made anew sqlite"]["met"]
    assert found["place sqlite"]["orders_per_second"]["most"] > 0 and found["place sqlite"]["raw_per_second"]["most"] > 0
    assert (found["crowd sqlite"]["sold"], found["crowd sqlite"]["met"], found["books sqlite"]["met"]) == ([7], True, True)
    assert found["place statements sqlite"]["two_lines"] == found["place statements sqlite"]["lines_30"]
    assert found["books sqlite"]["orders"] > 200
    assert not list((tmp_path / "bench").glob("doors.db*"))
    for name, function in (("place", "place_order"), ("list", "product_list"), ("page", "product_page")):
        stats = pstats.Stats(str(tmp_path / "bench" / f"{name}-sqlite.prof"))
        assert [calls for (_, _, what), (calls, *_) in stats.stats.items() if what == function] == [3]  # type: ignore[attr-defined]
