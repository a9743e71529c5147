"""What `bench` measures: lists against their bare pages, answers about own and foreign orders, memory of the web."""

import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backend.commands._bench_web import Web
from backend.commands._folder import Refused
from backend.context import Context
from backend.infra.clock import ticks
from backend.queries.bare_pages import PAGES, BarePage, Times, side_by_side
from backend.queries.crowds import two_shoppers
from backend.usecases.enter_crowd import enter_crowd

LIST_GOAL, SMALL_MS, ANSWER_GOAL_MS, MEMORY_GOAL_MB = 3.0, 1.0, 5.0, 200.0
"""A list's statements take at most three times its bare page; a millisecond more for what every request asks (who is it, may they)
and for look-ups beside, or a bare page of a tenth of a millisecond could not be met by anybody."""
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.M)


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that was measured: its figures for the JSON line, the line for people, and whether it met its goal."""

    name: str
    line: str
    met: bool
    figures: dict[str, Any] = field(default_factory=dict)


def lists(ctx: Context, web: Web, told: Path, rounds: int) -> list[Measured]:
    """Each list of the console: its statements against its bare page, by turns with whole requests for it."""
    return [_list(ctx, web, told, rounds, page) for page in PAGES]


def _list(ctx: Context, web: Web, told: Path, rounds: int, page: BarePage) -> Measured:
    for _ in range(2 * len(web.workers()) or 4):
        answer = web.client.get(page.path)
    if answer.status_code != 200:
        raise Refused(f"{page.path} answered {answer.status_code}; nothing can be measured there.")
    statements = statements_of(web, told, page.path)
    requests: list[float] = []

    def ask() -> None:
        began = ticks()
        web.client.get(page.path)
        requests.append(ticks() - began)

    shown, bare = side_by_side(ctx, statements, page.sql, rounds, ask)
    whole = Times.of(requests)
    ratio = round(shown.median / bare.median, 2)
    met = shown.median <= LIST_GOAL * bare.median + SMALL_MS
    line = (f"{page.name:<24} {ratio:5.2f} × bare   statements {_said(shown)}   bare {_said(bare)}   whole page {_said(whole)}"
            f"   {len(statements)} statements")
    return Measured(page.name, line, met, {
        "path": page.path, "ratio": ratio, "statements": len(statements), "list_ms": asdict(shown), "bare_ms": asdict(bare),
        "page_ms": asdict(whole)})


def statements_of(web: Web, told: Path, path: str) -> list[tuple[str, Any]]:
    """What one request for a page asks of the database."""
    told.write_bytes(b"")
    web.client.get(path)
    lines = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    asked = [(each["sql"], each["parameters"]) for each in lines if each["sql"].lstrip().lower().startswith(("select", "with"))]
    return [(sql, tuple(parameters) if isinstance(parameters, list) else parameters) for sql, parameters in asked]


def answers(ctx: Context, web: Web, rounds: int) -> Measured:
    """R01: own, foreign and absent orders are answered in the same time, so that nobody learns what exists."""
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
    apart = round(max(each.median for each in times.values()) - min(each.median for each in times.values()), 3)
    alike = bodies["foreign"] == bodies["absent"]
    each_of = "   ".join(f"{name} {_said(each)}" for name, each in times.items())
    line = f"{'own, foreign, absent':<24} {apart:.2f} ms apart   {each_of}"
    return Measured("answers", line + ("" if alike else "   THE TWO NOS DIFFER"), apart <= ANSWER_GOAL_MS and alike, {
        "apart_ms": apart, "alike": alike, **{f"{name}_ms": asdict(each) for name, each in times.items()}})


def memory(web: Web) -> Measured:
    """What two workers that have answered both doors hold: memory that is shared counts in parts (PSS)."""
    for path in ("/admin/", "/admin/jobs/", "/admin/settings/", "/api/v1/home", "/api/v1/products", *(page.path for page in PAGES)):
        for _ in range(8):
            web.client.get(path)
    try:
        sizes = {pid: _pss(pid) for pid in (*web.workers(), web.master)}
    except OSError:
        return Measured("memory", f"{'memory':<24} not known on this system", True)
    workers = round(sum(sizes[pid] for pid in web.workers()) / 1024, 1)
    total = round(sum(sizes.values()) / 1024, 1)
    line = f"{'memory':<24} {workers} MB in {len(web.workers())} workers, {total} MB with their master (PSS)"
    return Measured("memory", line, workers <= MEMORY_GOAL_MB, {"workers_mb": workers, "total_mb": total})


def _pss(pid: int) -> int:
    found = PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) if found else 0


def _said(times: Times) -> str:
    return f"{times.least:.1f}/{times.median:.1f}/{times.most:.1f} ms"
