"""Web servers under the eyes of `bench`: started as in production, with what they take of the processor and of memory."""

import contextlib
import os
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from backend.commands import _process, _programs
from backend.commands._bench_load import request
from backend.commands._folder import Refused
from backend.context import Context
from backend.usecases.create_staff import create_staff

WORKERS, THREADS = 2, 4
BARE = "backend.commands._bench_bare:application"
PRODUCTION = {"TUANMA_LOG_LEVEL": "INFO"}
"""What differs between a scratch shop's settings and those of production."""
FRESH = {"TUANMA_CATALOGUE_SECONDS": "0"}
"""No answer of the catalogue is kept."""
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.M)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, and `master`, its first process, which leads a session of its own."""

    port: int
    master: int

    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def processor_seconds(self) -> float:
        """What they have taken of the processor so far; 0 where that is not known."""
        return processor_seconds(self.workers())

    def pss_mb(self) -> float:
        """Memory of workers and master, what they share counted once; 0 where that is not known."""
        try:
            return round(sum(pss_kb(pid) for pid in (*self.workers(), self.master)) / 1024, 1)
        except OSError:
            return 0.0


@dataclass(frozen=True, slots=True)
class Web:
    """The shop's web server: `client` is logged in to the console as `staff_id`."""

    client: httpx.Client
    served: Served
    staff_id: str

    def workers(self) -> list[int]:
        return self.served.workers()

    @property
    def master(self) -> int:
        return self.served.master

    def processor_seconds(self) -> float:
        return self.served.processor_seconds()


def processor_seconds(pids: Sequence[int]) -> float:
    """What these processes have taken of the processor, with their children that have ended; 0 where that is not known."""
    told = []
    for pid in pids:
        with contextlib.suppress(OSError):
            told.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split())
    return sum(sum(map(int, each[11:15])) for each in told) / os.sysconf("SC_CLK_TCK")


def pss_kb(pid: int) -> int:
    """A process's share of memory; OSError where the system does not tell."""
    found = PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) if found else 0


@contextmanager
def serving(command: Sequence[str], port: int, probe: str, log: Path, environment: Mapping[str, str] | None = None
            ) -> Iterator[Served]:
    """Start a server that listens on `port`, wait until `probe` is answered, and end it afterwards."""
    with log.open("wb") as out:
        child = subprocess.Popen(command, env=os.environ | dict(environment or {}), stdout=out, stderr=out, cwd=_programs.ROOT,
                                 start_new_session=True, preexec_fn=_process.dies_with_parent())
    try:
        if not _process.wait_until(lambda: child.poll() is not None or _answers(port, probe), 60) or child.poll() is not None:
            raise Refused(f"The web server did not start; {log} says why.")
        yield Served(port, child.pid)
    finally:
        _process.end(child, 10)


@contextmanager
def shop(log: Path, environment: Mapping[str, str] | None = None, *, workers: int = WORKERS, threads: int = THREADS,
         options: Sequence[str] = ()) -> Iterator[Served]:
    """The shop's doors on a free port, exactly as production starts them."""
    port = _process.free_port()
    command = [*_programs.web(f"127.0.0.1:{port}", workers, threads), *options]
    with serving(command, port, "/healthz", log, environment) as served:
        yield served


@contextmanager
def bare(log: Path, *, workers: int = WORKERS, threads: int = THREADS) -> Iterator[Served]:
    """A bare Flask application on the same server with the same settings."""
    port = _process.free_port()
    command = _programs.web(f"127.0.0.1:{port}", workers, threads, application=BARE)
    with serving(command, port, "/hello", log) as served:
        yield served


@contextmanager
def web(ctx: Context, statements: Path, log: Path) -> Iterator[Web]:
    """The shop's web server with a new owner logged in. Its statements are told to a file."""
    environment = {"TUANMA_STATEMENTS_FILE": str(statements), "TUANMA_LOG_LEVEL": "WARNING"}
    with shop(log, environment) as served, \
            httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60, trust_env=False) as client:
        yield Web(client, served, _log_in(ctx, client))


def _answers(port: int, path: str) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}{path}", timeout=60, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def _log_in(ctx: Context, client: httpx.Client) -> str:
    login, password = f"bench-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    made = create_staff(ctx, login=login, name="压测", roles=["owner"], password=password, must_change_password=False)
    token = TOKEN.search(client.get("/admin/login").text)
    assert token is not None
    answer = client.post("/admin/login", data={"login": login, "password": password, "next": "/admin/", "csrf_token": token[1]})
    if answer.status_code != 303:
        raise Refused(f"Nobody could log in to the console (status {answer.status_code}).")
    return made.staff_id


def get_json(port: int, path: str) -> Any:
    """The JSON of one answer; refuses what is not answered 200."""
    answer = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=60, trust_env=False)
    if answer.status_code != 200:
        raise Refused(f"{path} answered {answer.status_code}.")
    return answer.json()


def window_requests(web: Served) -> dict[str, str]:
    """The requests for a list of twenty and for the page of its first product, as a client makes them without a log-in."""
    told, path = "/api/v1/products", "/api/v1/products/"
    items = get_json(web.port, told)["items"]
    if len(items) != 20 or not all(each["picture"] and each["price_fen"] for each in items):
        raise Refused("The list does not show twenty products with price and picture.")
    return {"list": request("GET", told), "page": request("GET", path + items[0]["id"])}
