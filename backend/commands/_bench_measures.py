"""What `bench` measures: lists against their bare pages, answers about own and foreign orders, an export, memory of the web.

A list has two times. Its statements – all that one request asks of the database, whoever is logged in included, sent again through
the raw driver – are held against its bare page (`queries/bare_pages`), by turns on the same connection; the ratio of their quickest
rounds is the goal, because other work on the machine only ever makes a round slower; that of the medians stands beside it. The
whole page is what a browser waits for: the same statements in the application, SQLAlchemy, decryption, the template, HTTP. It is
shown, with the processor time that it takes of the web server, and has no goal: twenty bare rows take a tenth of a millisecond.
"""

import contextlib
import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.commands._bench_web import Web, pss_kb
from backend.commands._folder import Refused
from backend.context import Context
from backend.infra.clock import ticks
from backend.queries.bare_pages import PAGES, BarePage, Times, first_column, pages, side_by_side
from backend.queries.crowds import two_shoppers
from backend.queries.exports import my_exports
from backend.usecases.ask_export import ask_export
from backend.usecases.enter_crowd import enter_crowd
from backend.usecases.run_export import run_export

LIST_GOAL, ANSWER_GOAL_MS, EXPORT_GOAL_MB, MEMORY_GOAL_MB = 3.0, 5.0, 32.0, 200.0
EXPORTED = (10_000, 100_000)
"""Orders of the two exports of which the second may not hold more memory than EXPORT_GOAL_MB beyond the first."""
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.M)


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that was measured: its figures for the JSON line, the line for people, and whether it met its goal."""

    name: str
    line: str
    met: bool
    figures: dict[str, Any] = field(default_factory=dict)


def lists(ctx: Context, web: Web, told: Path, rounds: int) -> list[Measured]:
    """Each list of the console: its statements against its bare page, by turns with whole requests for it."""
    return [_list(ctx, web, told, rounds, page) for page in pages(ctx)]


def _list(ctx: Context, web: Web, told: Path, rounds: int, page: BarePage) -> Measured:
    for _ in range(2 * len(web.workers()) or 4):
        answer = web.client.get(page.path)
    if answer.status_code != 200:
        raise Refused(f"{page.path} answered {answer.status_code}; nothing can be measured there.")
    if missing := [each for each in first_column(ctx, page) if each not in answer.text]:
        raise Refused(f"{page.path} does not show the rows of its bare page, such as {missing[0]}.")
    statements = statements_of(web, told, page.path)
    requests: list[float] = []

    def ask() -> None:
        began = ticks()
        web.client.get(page.path)
        requests.append(ticks() - began)

    before = web.processor_seconds()
    shown, bare, rows = side_by_side(ctx, (statements, [(page.sql, ())], [(page.rows, ())]), rounds, ask)
    whole, processor = Times.of(requests), round((web.processor_seconds() - before) * 1000 / rounds, 1)
    ratio, usual = round(shown.least / bare.least, 2), round(shown.median / bare.median, 2)
    line = (f"{page.name:<24} {ratio:5.2f} × bare ({usual:.2f} at the median)   {len(statements)} statements {_said(shown)}"
            f"   bare {_said(bare)} (its own table {rows.least:.2f})   whole page {_said(whole)}, {processor} ms of the processor")
    return Measured(page.name, line, ratio <= LIST_GOAL, {
        "path": page.path, "ratio": ratio, "median_ratio": usual, "own_table_ratio": round(shown.least / rows.least, 2),
        "statements": len(statements), "list_ms": asdict(shown), "bare_ms": asdict(bare), "own_table_ms": asdict(rows),
        "page_ms": asdict(whole), "page_processor_ms": processor})


def statements_of(web: Web, told: Path, path: str) -> list[tuple[str, Any]]:
    """What one request for a page asks of the database."""
    told.write_bytes(b"")
    web.client.get(path)
    lines = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    asked = [(each["sql"], each["parameters"]) for each in lines if each["sql"].lstrip().lower().startswith(("select", "with"))
             and each.get("engine", "read") == "read"]
    return [(sql, tuple(parameters) if isinstance(parameters, list) else parameters) for sql, parameters in asked]


def answers(ctx: Context, web: Web, rounds: int) -> Measured:
    """R01: foreign and absent orders are answered alike and in the same time, so that nobody learns what exists."""
    (member_id, own), (_, foreign) = two_shoppers(ctx)
    headers = {"Authorization": f"Bearer {enter_crowd(ctx, member_id=member_id)}"}
    absent = f"ord_{secrets.token_hex(13).upper()}"
    asked: dict[str, tuple[str, int]] = {"own": (own, 200), "foreign": (foreign, 404), "absent": (absent, 404)}
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    bodies: dict[str, set[str]] = {name: set() for name in asked}
    for _ in range(rounds):
        for name, (order_id, status) in asked.items():
            began = ticks()
            answer = web.client.get(f"/api/v1/orders/{order_id}", headers=headers)
            seconds[name].append(ticks() - began)
            if answer.status_code != status:
                raise Refused(f"The order that is {name} was answered {answer.status_code}, not {status}.")
            bodies[name].add(re.sub(r'"(request_id|instance)":\s*"[^"]*"', "", answer.text).replace(order_id, ""))
    times = {name: Times.of(each) for name, each in seconds.items()}
    apart, own_apart = (round(abs(times[name].median - times["absent"].median), 3) for name in ("foreign", "own"))
    alike = bodies["foreign"] == bodies["absent"]
    each_of = "   ".join(f"{name} {_said(each)}" for name, each in times.items())
    line = f"{'foreign, absent orders':<24} {apart:.2f} ms apart (one's own {own_apart:.2f})   {each_of}"
    return Measured("answers", line + ("" if alike else "   THE TWO NOS DIFFER"), apart <= ANSWER_GOAL_MS and alike, {
        "apart_ms": apart, "own_apart_ms": own_apart, "alike": alike,
        **{f"{name}_ms": asdict(each) for name, each in times.items()}})


def export(ctx: Context, orders: int) -> Measured:
    """An export of 100,000 orders holds no more memory than one of 10,000; each is written in this process to its end."""
    figures: dict[str, Any] = {}
    for wanted in EXPORTED:
        _forget_peak()
        before, began = _peak(), ticks()
        days = min(366, max(1, 180 * wanted // orders))  # the crowd's orders are spread over a year
        rows = _export(ctx, (ctx.now - timedelta(days=days)).date().isoformat())
        figures |= {f"rows_{wanted}": rows, f"seconds_{wanted}": round(ticks() - began, 1), f"peak_mb_{wanted}": _peak(),
                    f"before_mb_{wanted}": before}
    first, second = (figures[f"peak_mb_{wanted}"] for wanted in EXPORTED)
    few, many = (f"{figures[f'rows_{wanted}']:,} orders" for wanted in EXPORTED)
    more, seconds = round(second - first, 1), figures[f"seconds_{EXPORTED[1]}"]
    line = f"{'export':<24} {more} MB more for {many} than for {few}   {second} MB in all, {seconds} s"
    return Measured("export", line, more <= EXPORT_GOAL_MB, figures)


def _export(ctx: Context, since: str) -> int:
    export_id = ask_export(ctx, kind="orders", format="xlsx", filters={"since": since})
    slices = 0
    while (said := run_export(ctx, export_id=export_id, slices=slices)).endswith("rows"):
        slices += 1
    [mine] = [each for each in my_exports(ctx) if each.id == export_id]
    if said != "done":
        raise Refused(f"The export ended as: {said}.")
    return mine.rows


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """The most memory that this process held since `_forget_peak`, in MB."""
    try:
        found = PEAK.search(Path("/proc/self/status").read_text())
    except OSError:
        found = None
    return round(int(found[1]) / 1024, 1) if found else 0.0


def memory(web: Web) -> Measured:
    """What two workers that have answered both doors hold: memory that is shared counts in parts (PSS)."""
    for path in ("/admin/", "/admin/jobs/", "/admin/settings/", "/api/v1/home", "/api/v1/products", *(page.path for page in PAGES)):
        for _ in range(8):
            web.client.get(path)
    try:
        sizes = {pid: pss_kb(pid) for pid in (*web.workers(), web.master)}
    except OSError:
        return Measured("memory", f"{'memory':<24} not known on this system", True)
    workers = round(sum(sizes[pid] for pid in web.workers()) / 1024, 1)
    total = round(sum(sizes.values()) / 1024, 1)
    line = f"{'memory':<24} {workers} MB in {len(web.workers())} workers, {total} MB with their master (PSS)"
    return Measured("memory", line, workers <= MEMORY_GOAL_MB, {"workers_mb": workers, "total_mb": total})


def _said(times: Times) -> str:
    return f"{times.least:.2f}/{times.median:.2f}/{times.most:.2f} ms"
