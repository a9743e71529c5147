"""Processes that die, freeze, starve or are there more than once (F02–F08, F23, F24)."""

import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from backend.commands import _process
from backend.infra.clock import ticks
from tests.campaigns.fault_scripts.ground import Ground, Wrong
from tests.campaigns.fault_scripts.shoppers import Buyer
from tests.campaigns.fault_scripts.tracing import SYNCING, injecting

SLOW_SECONDS = 2
MEGABYTE = 2**20


def stores(ground: Ground) -> dict[str, list[int]]:
    """Who writes to the disk for the shop: processes by what they are."""
    assert ground.redis.process is not None
    found = {"Valkey": [ground.redis.process.pid]}
    if ground.postgres is None:
        return found | {"web": ground.processes("web"), "worker": ground.processes("worker")}
    assert ground.postgres.process is not None
    return found | {"PostgreSQL": _process.session_members(ground.postgres.process.pid)}


def put_back(ground: Ground) -> None:
    """Start those servers again that have ended; what `up` has started comes back by itself."""
    if ground.redis.process is not None and ground.redis.process.poll() is not None:
        ground.redis.start()
    if ground.postgres is not None and not _process.wait_until(ground.postgres.answers, 10):
        ground.postgres.stop(signal.SIGQUIT)
        ground.postgres.start()


def killed_at_a_sync(ground: Ground) -> str:
    """Whoever writes is killed at its first, third and seventh fsync, one kind after the other, under load."""
    kills = 0
    with ground.crowd() as crowd:
        crowd.until(3)
        for what in stores(ground):
            for at in (1, 3, 7):
                pids = stores(ground)[what]
                with injecting(pids, SYNCING, f"signal=SIGKILL:when={at}"):
                    ended = _process.wait_until(lambda pids=pids: any(not os.path.exists(f"/proc/{pid}") or _is_dead(pid)
                                                                      for pid in pids), 15)
                kills += ended
                put_back(ground)
                crowd.until(2)
    if not kills:
        raise Wrong("nobody was killed")
    return f"{kills} kills, {ground.holds(crowd)}"


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _refunding(ground: Ground, buyer: Buyer) -> str:
    """Have the worker in the middle of a call to WeChat; the order."""
    ground.quiet()
    ground.stage.phone.arm("slow-answer", call="refund", seconds=SLOW_SECONDS)
    order = ground.refund(buyer)
    worker = ground.leader("worker")
    if not _process.wait_until(lambda: len(_process.session_members(worker)) > 1 and _calls(ground) == "send_refund", 20, 0.02):
        raise Wrong("the refund was not begun")
    time.sleep(SLOW_SECONDS / 4)
    return order


def _calls(ground: Ground) -> str:
    started = ground.rows("select reaction from deliveries where done_at is null and dead_at is null and attempt > 0"
                          " and lease_until is not null and reaction = 'send_refund'")
    return started[0][0] if started else ""


def killed_parent(ground: Ground) -> str:
    """In the middle of a call to WeChat."""
    return _killed(ground, lambda parent, children: [parent])


def killed_child(ground: Ground) -> str:
    """In the middle of a call to WeChat, and its parent sees it."""
    return _killed(ground, lambda parent, children: children)


def killed_both(ground: Ground) -> str:
    """At the same time, in the middle of a call to WeChat."""
    return _killed(ground, lambda parent, children: [parent, *children])


def _killed(ground: Ground, whom: Callable[[int, list[int]], list[int]]) -> str:
    buyer = ground.buyer()
    _refunding(ground, buyer)
    parent = ground.leader("worker")
    ground.kill(whom(parent, [pid for pid in _process.session_members(parent) if pid != parent]))
    return ground.holds(buyers=[buyer])


def zombie(ground: Ground) -> str:
    """A worker is frozen in the middle of a refund until another has done its work, and then goes on."""
    buyer = ground.buyer()
    order = _refunding(ground, buyer)
    frozen = ground.processes("worker")
    ground.kill(frozen, signal.SIGSTOP)
    began = ticks()
    with ground.another("worker"):
        done = "select count(*) from deliveries where reaction = 'send_refund' and done_at is null"
        if not _process.wait_until(lambda: ground.rows(done) == [(0,)], 90, 0.5):
            raise Wrong("nobody took the frozen worker's work over")
        taken = ticks() - began
        ground.kill(frozen, signal.SIGCONT)
        time.sleep(3)
        said = ground.holds(buyers=[buyer])
    refunds = ground.rows("select count(*) from refunds where order_id = :id", id=order)[0][0]
    if refunds != 1:
        raise Wrong(f"{refunds} refunds of one")
    return f"taken over after {taken:.0f} s; {said}"


def two_schedulers(ground: Ground) -> str:
    """Three crons and two workers, one cron frozen for longer than a tick; a day passes."""
    with ground.another("cron") as second, ground.another("cron"), ground.another("worker"), ground.crowd() as crowd:
        crowd.until(5)
        os.kill(second.pid, signal.SIGSTOP)
        crowd.until(5)
        with crowd.resting():
            ground.quiet()
            ground.stage.move(days=1)
            os.kill(second.pid, signal.SIGCONT)
            ground.quiet()
        crowd.until(5)
        time.sleep(12)
    said = ground.holds(crowd)
    twice = ground.rows("select name, payload, count(*) from outbox_events where name = 'BillDue' group by name, payload"
                        " having count(*) > 1")
    if twice:
        raise Wrong(f"started twice: {twice}")
    return f"{ground.rows('select count(*) from cron_slots')[0][0]} moments; {said}"


def little_memory(ground: Ground) -> str:
    """The worker may have 64 MB more than it has: a run of work goes on, and what does not fit fails by itself."""
    leader = ground.leader("worker")
    pages = int(Path(f"/proc/{leader}/statm").read_text().split()[0])
    try:
        ground.limit("worker", resource.RLIMIT_AS, pages * resource.getpagesize() + 64 * MEGABYTE)
        with ground.crowd() as crowd:
            crowd.until(8)
        ground.quiet()
    finally:
        ground.limit("worker", resource.RLIMIT_AS, -1)
    return ground.holds(crowd)


def few_descriptors(ground: Ground) -> str:
    """The web's processes may have few files open, and more want in than that."""
    with ground.crowd() as crowd:
        crowd.until(3)
        sockets = []
        try:
            most = max(len(os.listdir(f"/proc/{pid}/fd")) for pid in ground.processes("web")) + 8
            ground.limit("web", resource.RLIMIT_NOFILE, most)
            for _ in range(64):
                sockets.append(socket.create_connection(("127.0.0.1", ground.stage.running.port), 2))
            time.sleep(4)
        finally:
            ground.limit("web", resource.RLIMIT_NOFILE, -1)
            for each in sockets:
                each.close()
        crowd.until(3)
    return ground.holds(crowd)
