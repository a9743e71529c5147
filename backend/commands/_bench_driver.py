"""What `bench` measures from the doors with: programs that ask and write, requests of buyers, and rounds with their spread."""

import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from backend.commands import _process, _programs
from backend.commands._bench_load import Job, Told, request
from backend.commands._bench_raw import Raw, Written
from backend.commands._bench_web import Served, processor_seconds
from backend.commands._folder import Refused
from backend.usecases.bring_buyers import Buyer

CONNECTIONS = 16
"""Kept connections of the load: twice as many as the web server has threads, so that none waits for the next request."""


MOST_A_SECOND = 1_500
"""Orders that are made ready for each second of a round; a quicker shop ends its round early."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median and most of some rounds."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float], digits: int = 2) -> "Spread":
        return cls(round(min(values), digits), round(median(values), digits), round(max(values), digits))

    def said(self, digits: int = 0) -> str:
        return "/".join(f"{each:.{digits}f}" for each in (self.least, self.median, self.most))


@dataclass(frozen=True, slots=True)
class Round:
    """One round of requests: how many a second were answered as wanted, and what one of them took of the processor in ms: of the
    web's processes, of the database's, of whatever asked."""

    rate: float
    web_ms: float
    database_ms: float
    load_ms: float
    told: Told

    @classmethod
    def of(cls, told: Told, web: float, database: float) -> "Round":
        each = 1000 / max(told.done, 1)
        return cls(round(told.done / told.seconds, 1), round(web * each, 3), round(database * each, 3),
                   round(told.processor * each, 3), told)


def ask(served: Served, requests: list[str], *, wanted: str, server: int | None = None, seconds: float | None = None,
        again: bool = False, connections: int = CONNECTIONS, tries: int = 10) -> Round:
    """One round against a server. Refuses when anything but `wanted` came: a rate of refusals would say nothing."""
    told, web, database = drive(served, Job(served.port, requests, connections, seconds, again, tries), server)
    if set(told.answers) != {wanted}:
        raise Refused(f"Not all was answered {wanted}: {told.answers}.")
    return Round.of(told, web, database)


def drive(served: Served, job: Job, server: int | None = None) -> tuple[Told, float, float]:
    """Let the load generator ask; returns what came back, and the seconds of the processor that web and database took for it."""
    before = (served.processor_seconds(), database_seconds(server))
    told = _run("backend.commands._bench_load", asdict(job))
    return Told(**told), served.processor_seconds() - before[0], database_seconds(server) - before[1]


def write_raw(raw: Raw, server: int | None = None) -> Written:
    """One round of bare transactions."""
    before = database_seconds(server)
    done = Written(**_run("backend.commands._bench_raw", asdict(raw)))
    done.database = round(database_seconds(server) - before, 3)
    return done


def _run(module: str, said: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", module], input=json.dumps(said), capture_output=True, text=True,
                          cwd=_programs.ROOT, preexec_fn=_process.dies_with_parent())
    if done.returncode != 0:
        raise Refused(f"{module} failed: {done.stderr.strip()[-600:]}")
    return json.loads(done.stdout)


def database_seconds(server: int | None) -> float:
    """What our PostgreSQL has taken of the processor so far; 0 for SQLite, which works inside the web's processes."""
    return 0.0 if server is None else processor_seconds([server, *Served(0, server).workers()])


@dataclass(slots=True)
class Line:
    """Buyers in turn, each for the next `lines` of the goods in turn, one piece each; goes on where the last round ended."""

    buyers: Sequence[Buyer]
    goods: Sequence[dict[str, Any]]
    lines: int
    next: int = 0

    def orders(self, count: int) -> list[str]:
        """The next requests."""
        return [order(self.buyers[number % len(self.buyers)],
                      [self.goods[(number * self.lines + i) % len(self.goods)] for i in range(self.lines)])
                for number in range(self.next, self.next + count)]

    def ask(self, served: Served, seconds: float, server: int | None) -> Round:
        """A round of orders, all of which must be taken."""
        done = ask(served, self.orders(int(seconds * MOST_A_SECOND)), wanted="201", server=server, seconds=seconds)
        self.next += done.told.done
        return done


def order(buyer: Buyer, wanted: Sequence[dict[str, Any]], freight_fen: int = 0) -> str:
    """The request for one order, under a fresh key."""
    return request("POST", "/api/v1/orders", {"Authorization": f"Bearer {buyer.token}", "Idempotency-Key": secrets.token_hex(16)}, {
        "address_id": buyer.address_id, "shown_total_fen": sum(each["price_fen"] for each in wanted) + freight_fen,
        "items": [{"sku_id": each["id"], "quantity": 1} for each in wanted]})
