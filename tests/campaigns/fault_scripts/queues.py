"""Redis lost, wiped, slow, full and absent (F10–F13): it only hints, so nothing is lost with it."""

import shutil
import signal
import time

import httpx
from redis import Redis
from redis.exceptions import RedisError

from backend.commands import _process
from backend.infra.clock import ticks
from tests.campaigns.fault_scripts.ground import Ground, Wrong

WIPED_EVERY = 30.0
TAIL = 400
"""Bytes cut off the end of Valkey's journal: the last second or two of a machine that lost its power."""


def emptied(ground: Ground) -> str:
    """Killed and started again empty, three times, under load."""
    with ground.crowd() as crowd:
        for _ in range(3):
            crowd.until(4)
            ground.redis.kill()
            shutil.rmtree(ground.redis.folder / "appendonlydir")
            ground.redis.start()
    return ground.holds(crowd)


def wiped(ground: Ground) -> str:
    """Everything in it removed every 30 s under load, for as long as the campaign is told; in a short run every few seconds."""
    until = ticks() + 60 * ground.minutes
    every = min(WIPED_EVERY, 12 * ground.minutes)
    wipes = 0
    with ground.crowd() as crowd, ground.client() as client:
        while ticks() < until:
            time.sleep(every)
            client.flushall()
            wipes += 1
    return f"{wipes} wipes, {ground.holds(crowd)}"


def torn(ground: Ground) -> str:
    """Killed, and the end of its journal is not there when it comes back."""
    with ground.crowd() as crowd:
        for _ in range(2):
            crowd.until(4)
            ground.redis.kill()
            journal = max((ground.redis.folder / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)
            with journal.open("r+b") as file:
                file.truncate(max(0, journal.stat().st_size - TAIL))
            ground.redis.start()
    return ground.holds(crowd)


def hampered(ground: Ground) -> str:
    """Paused, asleep, without memory, read-only, and refusing what it cannot copy: in turn, under load."""
    with ground.crowd() as crowd, ground.client() as client:
        crowd.until(3)
        client.execute_command("CLIENT", "PAUSE", "4000", "ALL")
        crowd.until(3)
        assert ground.redis.process is not None
        ground.kill([ground.redis.process.pid], signal.SIGSTOP)
        time.sleep(4)
        ground.kill([ground.redis.process.pid], signal.SIGCONT)
        crowd.until(3)
        for on, off in ((("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
                        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
                        (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0"))):
            _put(ground, *on)
            crowd.until(3)
            time.sleep(2)
            _put(ground, *off)
    return ground.holds(crowd)


def _put(ground: Ground, *words: str) -> None:
    with Redis.from_url(ground.redis.url, socket_connect_timeout=10, socket_timeout=10) as client:
        try:
            client.execute_command(*words)
        except RedisError as error:
            raise Wrong(f"{' '.join(words)}: {error}") from error


def absent(ground: Ground) -> str:
    """Not there when web, worker and cron start: the shop sells and is paid, says so at /readyz, and catches up."""
    ground.redis.kill()
    for what in ("web", "worker", "cron"):
        ground.kill(ground.processes(what))
    url = ground.stage.running.url
    if not _process.wait_until(lambda: _status(f"{url}/healthz") == 200, 30):
        raise Wrong("the web does not start without Redis")
    ready = httpx.get(f"{url}/readyz", trust_env=False)
    broken = ready.json().get("details", {}).get("broken")
    if ready.status_code != 503 or "redis" not in broken:
        raise Wrong(f"/readyz says {ready.status_code} {broken}")
    with ground.crowd() as crowd:
        crowd.until(6)
    ground.redis.start()
    return ground.holds(crowd)


def _status(url: str) -> int:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return 0
