"""How the processes of a real shop are found and killed, each kind by its name."""

import contextlib
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from backend.commands._stage import Stage

VICTIMS = {
    "web": "a web worker", "master": "the web server with all its workers", "worker": "the worker's parent",
    "job": "a job in the middle", "cron": "cron", "valkey": "Valkey", "wxsim": "wxsim", "flush": "all that Redis holds",
}


def strike(stage: Stage, victim: str, rng: random.Random) -> bool:
    """SIGKILL one of the shop's processes, or empty its Redis; False when there was none to kill at this moment."""
    if victim == "flush":
        try:
            with Redis.from_url(stage.running.redis_url, socket_connect_timeout=1, socket_timeout=2) as redis:
                redis.flushall()
        except RedisError:
            return False
        return True
    living = sorted(_pids(stage.running.pid, victim))
    if not living:
        return False
    try:
        os.kill(rng.choice(living), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def serves(stage: Stage) -> bool:
    """Whether the web server has workers: those of a dead one are orphans, and answer for a second more."""
    return bool(_pids(stage.running.pid, "web"))


TITLES = {"master": ("gunicorn",), "worker": ("-m backend worker", "rq:worker"), "cron": ("-m backend cron",),
          "valkey": ("valkey-server",), "wxsim": ("-m wxsim",)}
"""How a child of `up` is known: by its command line, or by the title that gunicorn and RQ give themselves where they can."""


def _pids(up: int, victim: str) -> list[int]:
    if victim in ("web", "job"):
        parents = _pids(up, "master" if victim == "web" else "worker")
        return [pid for parent in parents for pid, _ in _children(parent)]
    return [pid for pid, words in _children(up) if any(title in words for title in TITLES[victim])]


def _children(parent: int) -> Iterator[tuple[int, str]]:
    """Pids and command lines of a process's children (Linux)."""
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for pid in map(int, task.read_text().split()):
                with contextlib.suppress(OSError):
                    yield pid, Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
