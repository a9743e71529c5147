"""`bench --part servers`: the web servers and settings that could carry the doors, by turns, also with slow clients beside.

For choosing and not for guarding, so it has no goals and runs only when it is named. granian takes part where somebody has
installed it; what has become of the choice stands in backend/README.md. A slow client is one that has begun to speak and says no
more: half a head, half a body, or nothing at all after it has connected.
"""

import contextlib
import importlib.util
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from backend.commands import _bench_web, _process, _programs
from backend.commands._bench_driver import Line, Round, Spread, ask, drive
from backend.commands._bench_load import Job, request
from backend.commands._bench_measures import Measured
from backend.commands._bench_shop import Scratch, say
from backend.commands._bench_web import Served
from backend.commands._folder import Refused

SLOW = {"nothing": "", "half a head": "GET /api/v1/products HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        "half a body": "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       "Content-Length: 40\r\n\r\n{\"code\":"}
SLOW_CLIENTS, SLOW_PATIENCE = 32, 4.0
GUNICORN, GRANIAN = ((2, 2), (2, 4), (2, 8), (4, 2)), ((2, 4), (2, 8))
"""Processes and threads of each."""


@dataclass(slots=True)
class Variant:
    """A server with its settings: its command for an application on a port, and what came of it."""

    name: str
    threads: int
    command: Callable[[int, str], list[str]]
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    pss_mb: float = 0.0


def variants() -> list[Variant]:
    """gunicorn as production starts it with different numbers; granian with as many processes and threads, if it is here."""
    def gunicorn(workers: int, threads: int) -> Variant:
        return Variant(f"gunicorn {workers}×{threads}", threads, lambda port, application: _programs.web(
            f"127.0.0.1:{port}", workers, threads, application=application))

    def granian(workers: int, threads: int) -> Variant:
        return Variant(f"granian {workers}×{threads}", threads, lambda port, application: [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws",
            "--workers", str(workers), "--blocking-threads", str(threads), "--log-level", "warning", application])
    found = [gunicorn(*each) for each in GUNICORN]
    return found + [granian(*each) for each in GRANIAN] if importlib.util.find_spec("granian") else found


def servers(shop: Scratch, line: Line, rounds: int, seconds: float) -> list[Measured]:
    """One line for each variant: rates and processor time of hello, list and place, memory, and what slow clients do to others."""
    tried = variants()
    with contextlib.ExitStack() as running:
        pairs = [(each, *(running.enter_context(_serving(shop, each, application, probe)) for application, probe in (
            (_programs.APPLICATION, "/healthz"), (_bench_web.BARE, "/hello")))) for each in tried]
        for _, web, _ in pairs:
            ask(web, [*_bench_web.window_requests(web).values()] * 60, wanted="200")
            line.ask(web, 1.0, shop.server)
        for number in range(rounds):
            for each, web, bare in pairs:
                say(f"{shop.kind}: {each.name}, round {number + 1} of {rounds}")
                shown = _bench_web.window_requests(web)["list"]
                for name, done in (
                        ("hello", ask(bare, [request("GET", "/hello")], wanted="200", seconds=seconds, again=True)),
                        ("list", ask(web, [shown], wanted="200", server=shop.server, seconds=seconds, again=True)),
                        ("place", line.ask(web, seconds, shop.server))):
                    each.rounds.setdefault(name, []).append(done)
        for each, web, _ in pairs:
            each.pss_mb = web.pss_mb()
            say(f"{shop.kind}: {each.name} with {SLOW_CLIENTS} slow clients")
            for name, said in SLOW.items():
                with slow_clients(web.port, said, SLOW_CLIENTS):
                    each.slow[name] = rate_beside(web)
    return [measured(shop.kind, each) for each in tried]


@contextmanager
def _serving(shop: Scratch, variant: Variant, application: str, probe: str) -> Iterator[Served]:
    port = _process.free_port()
    log = shop.folder / f"servers-{variant.name.replace(' ', '-')}{probe.replace('/', '-')}.log"
    environment = _bench_web.PRODUCTION | {"TUANMA_WEB_THREADS": str(variant.threads)}
    with _bench_web.serving(variant.command(port, application), port, probe, log, environment) as served:
        yield served


@contextmanager
def slow_clients(port: int, said: str, count: int) -> Iterator[None]:
    """So many connections that have said so much and say no more."""
    with contextlib.ExitStack() as opened:
        for _ in range(count):
            slow = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            slow.sendall(said.encode())
        yield


def rate_beside(web: Served) -> float:
    """Lists a second that other clients get meanwhile; 0 when none was answered for SLOW_PATIENCE seconds."""
    job = Job(web.port, [request("GET", "/api/v1/products")], 16, 2.0, True, patience=SLOW_PATIENCE)
    try:
        told, _, _ = drive(web, job)
    except Refused:
        return 0.0
    return round(told.done / told.seconds, 1)


def measured(kind: str, variant: Variant) -> Measured:
    """The line and the figures of one variant; nothing is wanted of it."""
    told, figures = [], {"pss_mb": variant.pss_mb, "lists_beside_slow_clients": variant.slow}
    for name, rounds in variant.rounds.items():
        rates, cost = _spreads(rounds)
        wait = Spread.of([each.told.latency_ms[2] for each in rounds], 0)
        told.append(f"{name} {rates.said()} a second, {cost.least:.2f} ms, 99 of 100 within {wait.median:.0f} ms")
        figures[name] = {"per_second": [each.rate for each in rounds], "web_ms": [each.web_ms for each in rounds],
                         "ms_99_of_100": [each.told.latency_ms[2] for each in rounds]}
    slow = ", ".join(f"{rate:.0f} ({name})" for name, rate in variant.slow.items())
    line = (f"{f'{variant.name}, {kind}':<24} {'   '.join(told)}   {variant.pss_mb} MB   lists a second beside {SLOW_CLIENTS} slow "
            f"clients: {slow}")
    return Measured(f"{variant.name} {kind}", line, True, figures)


def _spreads(rounds: Sequence[Round]) -> tuple[Spread, Spread]:
    return Spread.of([each.rate for each in rounds], 1), Spread.of([each.web_ms for each in rounds], 3)
