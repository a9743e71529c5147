"""What `bench` measures at the doors: placing against the bare transaction and bare Flask, a list and a page against bare Flask.

Everything is asked by the same load generator, of the same web server with the settings of production, by turns: a round of one
thing, then a round of the next. Compared are the medians of the rounds of each side, which other work on the machine presses down
alike; with a handful of rounds the best of one side may have been alone and that of the other not. Least and most stand beside
them, and so does the ratio of the best. On a machine with other work the side with more processes gets more of it, so beside each
ratio of rates stands that of the processor time of all who work for a request; it knows nothing of waits for locks and disks.
The shop's web server writes its access log as in production and counts its limits in a
Valkey, where no buyer comes near them (only how many unpaid orders one may have is loosened, `_bench_shop.LOOSENED`, for nobody
pays); nobody works on the outbox meanwhile.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from backend.checks.check_books import check_books
from backend.commands import _bench_web
from backend.commands._bench_driver import Line, Round, Spread, ask, order, write_raw
from backend.commands._bench_load import request
from backend.commands._bench_measures import Measured
from backend.commands._bench_raw import Raw, Written
from backend.commands._bench_shop import POSTGRESQL, Scratch, frozen_address, say
from backend.commands._bench_web import Served
from backend.organisation import MAIN_STORE
from backend.queries.crowds import how_many_orders, wal_bytes
from backend.stock import MAIN_LOCATION
from backend.usecases.bring_buyers import Buyer

RAW_GOAL, HELLO_GOAL, STATEMENTS_GOAL = 0.17, 12.0, 12
LIST_GOAL, LIST_STATEMENTS, PAGE_GOAL, PAGE_STATEMENTS = 0.5, 2, 0.4, 3
HOT_GOAL = 0.3
RAW_CONNECTIONS = {POSTGRESQL: 8}
"""Connections of the bare transactions; SQLite has one writer."""


def warm_up(web: Served, bare: Served, shop: Scratch, buyers: Sequence[Buyer]) -> None:
    """Every thread of every process has its connections and has compiled its statements before anything counts."""
    shown = _bench_web.window_requests(web)
    ask(web, [*shown.values()] * 100, wanted="200")
    ask(web, Line(buyers, shop.goods, 2).orders(100), wanted="201")
    ask(bare, [request("GET", "/hello"), request("GET", "/twenty")] * 200, wanted="200")


def raw_of(shop: Scratch, buyers: Sequence[Buyer], goods: list[dict[str, Any]], lines: int, seconds: float) -> Raw:
    """The bare transaction beside orders of `lines` of these goods."""
    rules = shop.ctx().shop
    return Raw(database=shop.raw_database, members=[each.member_id for each in buyers], skus=goods, lines=lines,
               store_id=MAIN_STORE, location_id=MAIN_LOCATION, freight_fen=rules.freight_fen,
               free_from_fen=rules.free_freight_from_fen, connections=RAW_CONNECTIONS.get(shop.kind, 1), seconds=seconds,
               **frozen_address(shop.ctx()))


def place(shop: Scratch, web: Served, bare: Served, line: Line, raw: Raw, rounds: int, seconds: float) -> list[Measured]:
    """Orders of two lines: over HTTP, as bare transactions, and bare Flask's hello, by turns."""
    placed, hello, bare_rows, journal = [], [], [], []
    for number in range(rounds):
        say(f"{shop.kind}: placing, round {number + 1} of {rounds}")
        before = wal_bytes(shop.ctx())
        bare_rows.append(write_raw(raw, shop.server))
        between = wal_bytes(shop.ctx())
        placed.append(line.ask(web, seconds, shop.server))
        if before is not None and between is not None:
            journal.append(((wal_bytes(shop.ctx()) or 0) - between, placed[-1].told.done, between - before,
                            bare_rows[-1].done + bare_rows[-1].warmed))
        hello.append(ask(bare, [request("GET", "/hello")], wanted="200", seconds=min(seconds, 2.0), again=True))
    return [against_raw(shop.kind, "place", RAW_GOAL, placed, bare_rows), against_hello(shop.kind, placed, hello),
            bytes_and_memory(shop.kind, journal, web.pss_mb(), bare.pss_mb())]


def hot(shop: Scratch, web: Served, line: Line, raw: Raw, rounds: int, seconds: float) -> Measured:
    """Orders of one piece of one SKU, over HTTP and as bare guarded transactions on the same row, by turns."""
    placed, bare_rows = [], []
    for number in range(rounds):
        say(f"{shop.kind}: one hot SKU, round {number + 1} of {rounds}")
        bare_rows.append(write_raw(raw, shop.server))
        placed.append(line.ask(web, seconds, shop.server))
    return against_raw(shop.kind, "hot SKU", HOT_GOAL, placed, bare_rows)


def against_raw(kind: str, name: str, goal: float, placed: Sequence[Round], bare_rows: Sequence[Written]) -> Measured:
    """Orders a second over HTTP against bare transactions. The goal is PostgreSQL's: SQLite writes inside the web's processes, and
    its one bare writer waits for nobody, so that ratio is told without one."""
    ours, theirs = Spread.of([each.rate for each in placed], 1), Spread.of([each.done / each.seconds for each in bare_rows], 1)
    written = max(sum(each.done + each.warmed for each in bare_rows), 1)
    writer, database = (round(1000 * sum(took) / written, 2) for took in (
        (each.processor for each in bare_rows), (each.database for each in bare_rows)))
    ratios = {"ratio": round(ours.median / theirs.median, 3), "best_ratio": round(ours.most / theirs.most, 3),
              "processor_ratio": share(writer + database, [each.web_ms + each.database_ms for each in placed])}
    wait = Spread.of([each.told.latency_ms[1] for each in placed], 1)
    line = (f"{f'{name}, {kind}':<24} {_ratios(ratios, 'raw', f'goal ≥ {goal}' if kind == POSTGRESQL else 'no goal')}"
            f"   orders/s {ours.said()}   raw {theirs.said()}, {writer} ms of the writers and {database} of the database"
            f"   answered in {wait.median:.1f} ms   asking took {placed[-1].load_ms:.2f} ms a request")
    return Measured(f"{name} {kind}", line, kind != POSTGRESQL or ratios["ratio"] >= goal, ratios | {
        "orders_per_second": asdict(ours), "raw_per_second": asdict(theirs), "raw_writer_ms": writer, "raw_database_ms": database,
        "median_answer_ms": asdict(wait), "most_answer_ms": max(each.told.latency_ms[3] for each in placed),
        "busy_repeated": sum(each.told.repeated for each in placed), "load_ms": placed[-1].load_ms})


def _ratios(ratios: dict[str, float], what: str, aim: str) -> str:
    return (f"{ratios['ratio']:5.3f} × {what} ({aim}; {ratios['processor_ratio']:.3f} by processor time,"
            f" {ratios['best_ratio']:.3f} of the best)")


def share(theirs_ms: float, ours_ms: Sequence[float]) -> float:
    """Their processor time per request as a share of our median; 0 where the system does not tell."""
    usual = median(ours_ms)
    return round(theirs_ms / usual, 3) if usual else 0.0


def against_hello(kind: str, placed: Sequence[Round], hello: Sequence[Round]) -> Measured:
    """What an order takes of the web's processor against bare Flask's hello."""
    ours, theirs = Spread.of([each.web_ms for each in placed], 3), Spread.of([each.web_ms for each in hello], 3)
    ratio, best = (round(ours.median / theirs.median, 2), round(ours.least / theirs.least, 2)) if theirs.least else (0.0, 0.0)
    database = Spread.of([each.database_ms for each in placed], 3)
    rates = Spread.of([each.rate for each in hello], 0)
    line = (f"{f'place cpu, {kind}':<24} {ratio:5.2f} × hello ({best:.2f} of the least; goal ≤ {HELLO_GOAL:.0f})   "
            f"{ours.said(2)} ms of the web   hello {theirs.said(3)} ms, {rates.said()} a second   database {database.said(2)} ms")
    return Measured(f"place cpu {kind}", line, ratio <= HELLO_GOAL, {
        "ratio": ratio, "best_ratio": best, "web_ms": asdict(ours), "hello_ms": asdict(theirs), "database_ms": asdict(database),
        "hello_per_second": asdict(rates)})


def bytes_and_memory(kind: str, journal: Sequence[tuple[int, int, int, int]], web_mb: float, bare_mb: float) -> Measured:
    """How much journal an order writes, here and bare, and what the web server holds after all that; told without a goal."""
    told, figures = [], {"pss_mb": web_mb, "bare_pss_mb": bare_mb}
    if journal:
        ours, theirs = (round(sum(each[i] for each in journal) / max(sum(each[i + 1] for each in journal), 1)) for i in (0, 2))
        told.append(f"{ours:,} bytes of WAL an order (raw {theirs:,})")
        figures |= {"wal_bytes": ours, "raw_wal_bytes": theirs}
    told.append(f"{web_mb} MB in the web's processes, {bare_mb} MB in bare Flask's (PSS)")
    return Measured(f"place weight {kind}", f"{f'place weight, {kind}':<24} {'   '.join(told)}", True, figures)


def windows(shop: Scratch, web: Served, bare: Served, rounds: int, seconds: float) -> list[Measured]:
    """A list of twenty against twenty dicts, a product page against hello, by turns: as shoppers get them, kept for a second, and –
    told without a goal – made anew for every request."""
    pairs = _bench_web.window_requests(web)
    beside = {"list": "/twenty", "page": "/hello"}
    ours: dict[str, list[Round]] = {name: [] for name in pairs}
    anew: dict[str, list[Round]] = {name: [] for name in pairs}
    theirs: dict[str, list[Round]] = {name: [] for name in pairs}
    with _bench_web.shop(shop.folder / "bench-fresh.log", _bench_web.PRODUCTION | _bench_web.FRESH) as fresh:
        ask(fresh, [*pairs.values()] * 100, wanted="200")
        for number in range(rounds):
            say(f"{shop.kind}: list and page, round {number + 1} of {rounds}")
            for name, asked in pairs.items():
                ours[name].append(ask(web, [asked], wanted="200", server=shop.server, seconds=seconds, again=True))
                theirs[name].append(ask(bare, [request("GET", beside[name])], wanted="200", seconds=seconds, again=True))
                anew[name].append(ask(fresh, [asked], wanted="200", server=shop.server, seconds=seconds, again=True))
    return [against_flask(shop.kind, "list of 20", LIST_GOAL, "20 dicts", ours["list"], theirs["list"]),
            against_flask(shop.kind, "list made anew", None, "20 dicts", anew["list"], theirs["list"]),
            against_flask(shop.kind, "product page", PAGE_GOAL, "hello", ours["page"], theirs["page"]),
            against_flask(shop.kind, "page made anew", None, "hello", anew["page"], theirs["page"])]


def against_flask(kind: str, name: str, goal: float | None, what: str, ours: Sequence[Round],
                  theirs: Sequence[Round]) -> Measured:
    """Requests a second against bare Flask on the same server; without a goal it is only told."""
    rates, bare = Spread.of([each.rate for each in ours], 1), Spread.of([each.rate for each in theirs], 1)
    web, bare_web = Spread.of([each.web_ms for each in ours], 3), Spread.of([each.web_ms for each in theirs], 3)
    database = Spread.of([each.database_ms for each in ours], 3)
    ratios = {"ratio": round(rates.median / bare.median, 3), "best_ratio": round(rates.most / bare.most, 3),
              "processor_ratio": share(bare_web.median, [each.web_ms + each.database_ms for each in ours])}
    aim = "no goal" if goal is None else f"goal ≥ {goal}"
    line = (f"{f'{name}, {kind}':<24} {_ratios(ratios, 'bare Flask', aim)}   requests/s {rates.said()}"
            f"   {what} {bare.said()}   {web.said(2)} ms of the web, bare {bare_web.said(2)}   database {database.said(2)} ms")
    return Measured(f"{name} {kind}", line, goal is None or ratios["ratio"] >= goal, ratios | {
        "per_second": asdict(rates), "bare_per_second": asdict(bare), "web_ms": asdict(web), "bare_ms": asdict(bare_web),
        "database_ms": asdict(database)})


def statements(shop: Scratch, buyers: Sequence[Buyer]) -> list[Measured]:
    """What one order of two and one of 500 lines, one list and one page ask of the database, over HTTP."""
    told = shop.folder / "statements.jsonl"
    environment = {"TUANMA_STATEMENTS_FILE": str(told)} | _bench_web.FRESH
    with _bench_web.shop(shop.folder / "bench-web.log", environment, workers=1, threads=1) as web:
        asked = _bench_web.window_requests(web)
        counted = {name: _count(web, told, [text, text], "200") for name, text in asked.items()}
        few, many = (_count(web, told, [order(buyer, shop.goods[:lines]) for buyer in buyers[:2]], "201")
                     for lines in (2, len(shop.goods)))
    told.unlink(missing_ok=True)
    return [order_statements(shop.kind, few, many, len(shop.goods)),
            *(window_statements(shop.kind, name, counted[name], goal)
              for name, goal in (("list", LIST_STATEMENTS), ("page", PAGE_STATEMENTS)))]


def _count(web: Served, told: Path, texts: Sequence[str], wanted: str) -> tuple[int, int]:
    """(in the transaction, beside it) of the last of these requests; those before it have warmed the process up."""
    for text in texts:
        told.write_bytes(b"")
        ask(web, [text], wanted=wanted, connections=1)
    engines = [json.loads(line)["engine"] for line in told.read_text("utf-8").splitlines()]
    return engines.count("write"), engines.count("read")


def order_statements(kind: str, few: tuple[int, int], many: tuple[int, int], lines: int) -> Measured:
    """Statements between BEGIN and COMMIT: few, and the same for many lines."""
    met = few[0] == many[0] and 0 < few[0] <= STATEMENTS_GOAL
    line = (f"{f'place statements, {kind}':<24} {few[0]} of 2 lines, {many[0]} of {lines} (goal ≤ {STATEMENTS_GOAL} and the same)"
            f"   {few[1]} more before it")
    return Measured(f"place statements {kind}", line, met, {
        "two_lines": few[0], f"lines_{lines}": many[0], "before": few[1], "before_many": many[1]})


def window_statements(kind: str, name: str, counted: tuple[int, int], goal: int) -> Measured:
    """Statements of one reading."""
    line = f"{f'{name} statements, {kind}':<24} {counted[1]} (goal ≤ {goal})"
    return Measured(f"{name} statements {kind}", line, counted[0] == 0 and counted[1] <= goal, {"statements": counted[1]})


def books(shop: Scratch) -> Measured:
    """What all those orders left behind, those of the bare transaction included."""
    wrong, orders = check_books(shop.ctx(), waiting=False), how_many_orders(shop.ctx())
    line = f"{f'books, {shop.kind}':<24} {len(wrong)} faults after {orders:,} orders"
    return Measured(f"books {shop.kind}", line, not wrong, {
        "orders": orders, "faults": [f"{each.check} {each.ids}" for each in wrong[:20]]})
