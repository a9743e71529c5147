"""The load generator of `bench`, a program of its own: so many kept connections, each asking again as soon as it is answered.

Bare sockets and one selector, because whatever asks must cost far less than whatever answers: some hundredths of a millisecond a
request, which it tells together with the rest. It speaks to our own servers only: HTTP/1.1, answers with a Content-Length.
On stdin it reads one JSON object (`Job`), on stdout it says what came back.
"""

import json
import re
import resource
import selectors
import socket
import sys
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from backend.infra.clock import ticks

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
CODE = re.compile(rb'"code": *"([a-z_]+)"')
PATIENCE = 60.0
"""Seconds without any answer after which a server is given up, unless a job says otherwise."""


@dataclass(slots=True)
class Job:
    """What to ask: `requests` (whole, Latin-1) over so many connections to a loopback port.

    `seconds` None: each request once, to the last answer. Else in turns, again and again if `again`, until the time is over.
    An answer of status 503 (busy) is asked again, at most `tries` times in all.
    """

    port: int
    requests: list[str]
    connections: int
    seconds: float | None = None
    again: bool = False
    tries: int = 1
    patience: float = PATIENCE


@dataclass(slots=True)
class Told:
    """What came back. `answers` counts `201` or `409 out_of_stock`; `first` and `last` say when each came, in seconds from the
    start; `latency_ms` are least, median, 99 of 100, most; `processor` is what asking took, in seconds."""

    done: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    repeated: int = 0
    reconnected: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    latency_ms: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(slots=True)
class Asker:
    """One connection, the request that it has sent and what came of its answer so far."""

    port: int
    channel: socket.socket | None = None
    request: bytes = b""
    tried: int = 0
    sent: float = 0.0
    got: bytes = b""

    def connect(self) -> socket.socket:
        self.channel = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self.channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.channel

    def ask(self) -> None:
        assert self.channel is not None
        self.sent, self.got, self.tried = ticks(), b"", self.tried + 1
        self.channel.sendall(self.request)


def answer_of(got: bytes) -> tuple[str, bool] | None:
    """The label of a whole answer and whether its connection is kept; None while there is more to come."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = got[:end]
    length = LENGTH.search(head)
    if length is None:
        raise ValueError(f"an answer without length: {head[:200]!r}")
    if len(got) < end + 4 + int(length[1]):
        return None
    status = head[9:12].decode()
    code = CODE.search(got, end) if status >= "400" else None
    return f"{status} {code[1].decode()}" if code else status, b"\nconnection: close" not in head.lower()


def drive(job: Job) -> Told:
    """Ask until all is answered or the time is over; every request that was sent is waited for."""
    told, answers, times, before = Told(), Counter[str](), [], _processor()
    waiting = deque(request.encode("latin-1") for request in job.requests)
    askers, selector = [Asker(job.port) for _ in range(job.connections)], selectors.DefaultSelector()
    for asker in askers:
        selector.register(asker.connect(), selectors.EVENT_READ, asker)
    began = ticks()
    until = None if job.seconds is None else began + job.seconds

    def go_on(asker: Asker) -> bool:
        """Send the next request; False when there is none any more."""
        if not waiting or (until is not None and ticks() >= until):
            return False
        asker.request, asker.tried = waiting.popleft(), 0
        if job.again:
            waiting.append(asker.request)
        asker.ask()
        return True

    def renew(asker: Asker) -> None:
        assert asker.channel is not None
        selector.unregister(asker.channel)
        asker.channel.close()
        selector.register(asker.connect(), selectors.EVENT_READ, asker)
        told.reconnected += 1

    busy = sum(go_on(asker) for asker in askers)
    while busy:
        ready = selector.select(job.patience)
        if not ready:
            raise TimeoutError(f"no answer for {job.patience:.0f} s; {told.done} had come")
        for key, _ in ready:
            asker: Asker = key.data
            assert asker.channel is not None
            got = asker.channel.recv(65536)
            if not got:  # the server closed what it had kept too long; keyed requests may be sent again
                renew(asker)
                if asker.request:
                    asker.tried -= 1
                    asker.ask()
                continue
            asker.got += got
            said = answer_of(asker.got)
            if said is None:
                continue
            label, kept = said
            now = ticks()
            if not kept:
                renew(asker)
            if label.startswith("503") and asker.tried < job.tries:
                told.repeated += 1
                asker.ask()
                continue
            asker.request = b""
            told.done, answers[label] = told.done + 1, answers[label] + 1
            times.append(now - asker.sent)
            told.first.setdefault(label, round(now - began, 4))
            told.last[label] = round(now - began, 4)
            if not go_on(asker):
                busy -= 1
    told.seconds = round(ticks() - began, 4)
    told.answers, told.latency_ms = dict(answers), spread_ms(times)
    told.processor = round(_processor() - before, 3)
    return told


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def spread_ms(seconds: list[float]) -> tuple[float, float, float, float]:
    """Least, median, 99 of 100, most, in milliseconds; zeros of nothing."""
    ordered = sorted(seconds) or [0.0]
    least, half, most_of_all, most = (ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (0, 0.5, 0.99, 1))
    return tuple(round(each * 1000, 2) for each in (least, half, most_of_all, most))  # type: ignore[return-value]


def request(method: str, path: str, headers: dict[str, str] | None = None, body: Any = None) -> str:
    """A whole request, with a JSON body if there is one."""
    said = "" if body is None else json.dumps(body, separators=(",", ":"))
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if said:
        lines += ["Content-Type: application/json", f"Content-Length: {len(said)}"]
    return "\r\n".join([*lines, "", said])


if __name__ == "__main__":
    print(json.dumps(asdict(drive(Job(**json.load(sys.stdin))))))
