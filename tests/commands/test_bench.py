"""`bench`: a small crowd is made and measured like a large one; a shop in use is left alone."""

import argparse
import json
import sqlite3
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from backend.commands import _bench_measures, _bench_shop, bench, migrate
from backend.commands._bench_measures import Measured, statements_of
from backend.commands._folder import Folder
from backend.commands._folder import Refused as CommandRefused
from backend.queries.bare_pages import PAGES, ROWS, Times, pages

FEW = [page for page in PAGES if page.name in ("members", "refunds")]


@pytest.mark.parametrize(("text", "number"), [("100", 100), ("10k", 10_000), ("1M", 1_000_000), ("2m", 2_000_000)])
def test_scales_are_read(text: str, number: int) -> None:
    assert bench.count(text) == number


@pytest.mark.parametrize("text", ["99", "21M", "0k"])
def test_absurd_scales_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        bench.count(text)


def test_members_are_as_many_as_orders() -> None:
    assert bench.parse(["--scale", "10k"]).members == 10_000
    assert bench.parse(["--scale", "10k", "--members", "5k"]).members == 5000


def test_a_small_shop_is_made_and_measured(bare_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(_bench_measures, "PAGES", FEW)
    monkeypatch.setattr(_bench_measures, "pages", lambda ctx: [*FEW, pages(ctx)[-2]])
    arguments = ["--part", "lists", "--scale", "300", "--members", "100", "--rounds", "3", "--json",
                 "--data", str(tmp_path / "bench")]
    code = bench.main(arguments)
    out = capsys.readouterr().out.splitlines()
    told = json.loads(out[-1])
    assert (told["orders"], told["members"], told["database"], told["filled_in_seconds"] > 0) == (300, 100, "sqlite", True)
    assert set(told["measured"]) == {"members", "refunds", "orders, the middle", "answers", "memory", "export"}
    assert told["measured"]["export"]["rows_100000"] == 300
    assert told["measured"]["answers"]["alike"] is True
    assert code == (bench.MET if told["met"] else bench.MISSED)
    assert told["met"] == all(each["met"] for each in told["measured"].values())
    for page in FEW:
        measured = told["measured"][page.name]
        assert measured["statements"] >= 2 and measured["ratio"] > 0
        assert measured["page_ms"]["median"] > measured["bare_ms"]["median"]
    assert len(out) == 7 and not (tmp_path / "bench" / "statements.jsonl").exists()
    with sqlite3.connect(tmp_path / "bench" / "tuanma.db") as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (300,)

    missed = Measured("memory", "memory 900 MB", False, {"workers_mb": 900})
    monkeypatch.setattr(bench, "measure", lambda *_: [missed])
    assert bench.main(arguments) == bench.MISSED
    said = capsys.readouterr()
    assert "stands" in said.err and "MISS memory 900 MB" in said.out
    assert json.loads(said.out.splitlines()[-1])["measured"] == {"memory": {"met": False, "workers_mb": 900}}


def test_a_shop_in_use_is_left_alone(bare_environment: None, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "shop")
    bench_arguments = ["--part", "lists", "--scale", "300", "--data", str(folder.root), "--fill-only"]
    folder.claim()
    _bench_shop.settle(folder, "")
    migrate.command.upgrade(migrate.configuration(f"sqlite:///{folder.database}"), "head")
    engine = sa.create_engine(f"sqlite:///{folder.database}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into members (id, nickname, state, created_at) values ('mem_1', '李雷', 'active', '2026-03-02')")
    with pytest.raises(CommandRefused, match="database_in_use"):
        bench.main(bench_arguments)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select (select count(*) from members), (select count(*) from products)").one() == (1, 0)


def test_production_is_refused(bare_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUANMA_ENV", "production")
    with pytest.raises(CommandRefused, match="invented people"):
        bench.main(["--data", str(tmp_path / "bench")])
    assert list(tmp_path.iterdir()) == []


def test_every_bare_page_reads_twenty_rows_and_one() -> None:
    assert all(page.rows.endswith(f"limit {ROWS}") and page.rows in page.sql and page.path.startswith("/admin/") for page in PAGES)
    assert len({page.name for page in PAGES}) == len(PAGES)


def test_times_are_in_milliseconds() -> None:
    assert Times.of([0.002, 0.001, 0.0105]) == Times(1.0, 2.0, 10.5)


def test_only_what_reads_is_asked_again(tmp_path: Path) -> None:
    class Client:
        def get(self, path: str) -> None:
            lines = [{"sql": "SELECT 1", "parameters": [1, "a"]}, {"sql": "pragma x", "parameters": []},
                     {"sql": "WITH a AS (SELECT 1) SELECT * FROM a", "parameters": {"b": 2}}]
            told.write_text("".join(json.dumps(line) + "\n" for line in lines))

    class Web:
        client = Client()

    told = tmp_path / "told"
    assert statements_of(Web(), told, "/admin/") == [("SELECT 1", (1, "a")), ("WITH a AS (SELECT 1) SELECT * FROM a", {"b": 2})]


def test_a_page_that_shows_other_rows_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        class client:
            @staticmethod
            def get(_: str) -> httpx.Response:
                return httpx.Response(200, text="ord_1 ord_2")

        @staticmethod
        def workers() -> list[int]:
            return []

    monkeypatch.setattr(_bench_measures, "first_column", lambda *_: ["ord_1", "ord_3"])
    with pytest.raises(CommandRefused, match="ord_3"):
        _bench_measures._list(None, Server(), None, 1, PAGES[0])  # type: ignore[arg-type]
