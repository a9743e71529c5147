"""What `up` says to the person at the terminal, and how it asks the web whether it is there."""

import contextlib
import http.client
import json
import sys
from collections.abc import Iterator

from backend.commands._folder import Folder
from backend.commands._running import Running
from backend.infra.clock import ticks

PAGES = (
    ("API", "/api/v1/openapi.json"),
    ("API, to read and try", "/api/v1/docs"),
    ("admin console", "/admin/"),
)
ANSWERS = (*range(200, 400), 401)
"""A page that asks for a log-in is there, too."""


def say(text: str) -> None:
    """A line on stdout; a terminal that has gone is no reason to fall over."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


@contextlib.contextmanager
def doing(what: str) -> Iterator[None]:
    """Says how long a step took when it went well."""
    began = ticks()
    yield
    say(f"  {what}: {ticks() - began:.1f} s")


def status(port: int, path: str) -> int | None:
    """HTTP status of one GET on the shop; None when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def welcome(folder: Folder, running: Running) -> None:
    """Addresses, demo log-ins and how to stop; pages that do not exist (yet) are left out."""
    rows = [(name, running.url + path) for name, path in PAGES if (status(running.port, path) or 404) in ANSWERS]
    rows.append(("WeChat's stand-in, to play the phone", f"{running.wxsim_url}/phone?token={running.control_token}"))
    rows += [(f"log in as {one['who']}", one["how"]) for one in log_ins(folder)]
    width = max(len(name) for name, _ in rows)
    say("\n".join(["", "The shop is open.", *(f"  {name:<{width}}  {value}" for name, value in rows)]))
    say(f"Its data and logs are in {folder.root}. Stop it with Ctrl-C.\n")
    sys.stdout.flush()


def log_ins(folder: Folder) -> list[dict[str, str]]:
    """The demo's log-ins as `load-demo` left them in DIR/demo.json: rows of `who` and `how`."""
    try:
        return json.loads(folder.demo.read_text("utf-8")).get("log_ins", [])
    except (OSError, ValueError):
        return []
