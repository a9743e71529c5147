"""The web server under the eyes of `bench`: two workers, loaded before the fork, with somebody logged in to the console."""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from backend.commands import _process, _programs
from backend.commands._folder import Refused
from backend.context import Context
from backend.usecases.create_staff import create_staff

WORKERS, THREADS = 2, 4
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Web:
    """A running web server: `client` is logged in to the console as `staff_id`, `master` its first process."""

    client: httpx.Client
    master: int
    staff_id: str

    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def processor_seconds(self) -> float:
        """What they have taken of the processor so far; 0 where that is not known."""
        try:
            told = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.workers()]
        except OSError:
            return 0.0
        return sum(int(each[11]) + int(each[12]) for each in told) / os.sysconf("SC_CLK_TCK")


@contextmanager
def web(ctx: Context, statements: Path, log: Path) -> Iterator[Web]:
    """Start it on a free port, log a new owner in, and end it afterwards. Its statements are told to a file."""
    port = _process.free_port()
    environment = os.environ | {"TUANMA_STATEMENTS_FILE": str(statements), "TUANMA_LOG_LEVEL": "WARNING"}
    with log.open("wb") as out:
        child = subprocess.Popen(_programs.web(f"127.0.0.1:{port}", WORKERS, THREADS), env=environment, stdout=out, stderr=out,
                                 cwd=_programs.ROOT, start_new_session=True, preexec_fn=_process.dies_with_parent())
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
    try:
        if not _process.wait_until(lambda: _answers(client), 60):
            raise Refused(f"The web server did not start; {log} says why.")
        yield Web(client, child.pid, _log_in(ctx, client))
    finally:
        client.close()
        _process.end(child, 10)


def _answers(client: httpx.Client) -> bool:
    try:
        client.get("/admin/login")
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
