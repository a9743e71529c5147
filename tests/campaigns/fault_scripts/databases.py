"""Databases that stop, drop connections, keep others waiting or are slow (F14–F21)."""

import contextlib
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg

from backend.infra.clock import ticks
from tests.campaigns.fault_scripts.ground import Ground, Wrong

BACK_WITHIN = 5.0
"""Seconds in which the pool must have recovered (reliability.md F15)."""


def stopped_at_once(ground: Ground) -> str:
    """`pg_ctl stop -m immediate` and start, again and again under load; who never learnt of a commit asks with the same key."""
    assert ground.postgres is not None
    stops, until = 0, ticks() + 60 * ground.minutes
    with ground.crowd(4) as crowd:
        while stops < 3 or ticks() < until:
            crowd.until(4)
            ground.postgres.stop(signal.SIGQUIT)
            time.sleep(1)
            ground.postgres.start()
            stops += 1
    return f"{stops} stops, {ground.holds(crowd)}"


def connections_cut(ground: Ground) -> str:
    """Every connection ended again and again under load; soon after the last time everybody is served at the first try."""
    cuts = 0
    with ground.crowd(4) as crowd:
        crowd.until(4)
        for _ in range(20):
            cuts += ground.cut_connections()
            time.sleep(0.3)
        began = ticks()
        _served(ground, began)
        crowd.until(4)
    return f"{cuts} connections, {ground.holds(crowd)}"


def _served(ground: Ground, began: float) -> None:
    """Twenty answers in a row that are no 503, the last one that was not within the bound."""
    url, row = f"{ground.stage.running.url}/api/v1/products", 0
    while row < 20:
        asked = ticks()
        row = row + 1 if httpx.get(url, trust_env=False, timeout=20).status_code == 200 else 0
        if not row and asked - began > BACK_WITHIN:
            raise Wrong(f"still not served {asked - began:.1f} s after the connections were cut")


def too_many(ground: Ground) -> str:
    """Six connections for everybody, and 64 who ask at once: served or told to come back, and no connection is lost for good."""
    with ground.crowd() as crowd:
        crowd.until(3)
        try:
            with ground.server() as server:
                server.execute("alter role shop connection limit 6")
            ground.cut_connections()
            answers = at_once(f"{ground.stage.running.url}/api/v1/products", 64, rounds=3)
        finally:
            with ground.server() as server:
                server.execute("alter role shop connection limit -1")
        wrong = {status: headers for status, headers in answers.items()
                 if status != 200 and (status != 503 or "retry-after" not in headers)}
        if wrong:
            raise Wrong(f"answered {wrong}")
        _served(ground, ticks())
        crowd.until(3)
    return f"answers {sorted(answers)}, {ground.holds(crowd)}"


def at_once(url: str, number: int, rounds: int = 1) -> dict[int, str]:
    """So many clients ask so often; each status that came, with the headers of one answer. 0: no answer at all."""
    answers: dict[int, str] = {}

    def ask() -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            for _ in range(rounds):
                try:
                    answer = client.get(url)
                    answers[answer.status_code] = " ".join(answer.headers)
                except httpx.TransportError as error:
                    answers[0] = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


@contextlib.contextmanager
def held(ground: Ground, statement: str) -> Iterator[Any]:
    """A rival that has the lock of `statement` until the block ends."""
    if ground.postgres is None:
        with contextlib.closing(sqlite3.connect(ground.sqlite, isolation_level=None, timeout=30)) as rival:
            rival.execute("begin immediate")
            yield rival
            rival.execute("rollback")
        return
    with ground.server() as rival, rival.transaction():
        rival.execute(statement)  # type: ignore[arg-type]
        yield rival


def lock_held(ground: Ground) -> str:
    """A rival keeps all stock, or on SQLite the whole database, locked for longer than anybody waits."""
    with ground.crowd() as crowd:
        crowd.until(3)
        with held(ground, "select * from stock_levels for update"):
            time.sleep(13)
        crowd.until(3)
    return ground.holds(crowd)


def idle_in_transaction(ground: Ground) -> str:
    """A web process is frozen in the middle of its transactions until the server has ended them, and goes on."""
    with ground.crowd() as crowd:
        crowd.until(3)
        frozen = ground.processes("web")[1:2]
        ground.kill(frozen, signal.SIGSTOP)
        time.sleep(4)
        ground.cut_connections()
        ground.kill(frozen, signal.SIGCONT)
        crowd.until(3)
    return ground.holds(crowd)


def deadlocks(ground: Ground) -> str:
    """A rival locks stock against the order of the house, so that PostgreSQL must end somebody: nobody sees more than a 503."""
    first, *_, last = sorted(ground.goods())
    before = _deadlocks(ground)
    with ground.crowd(4) as crowd:
        for _ in range(12):
            with contextlib.suppress(psycopg.errors.DeadlockDetected), ground.server() as rival, rival.transaction():
                rival.execute("select * from stock_levels where sku_id = %s for update", (last,))
                time.sleep(0.3)
                rival.execute("select * from stock_levels where sku_id = %s for update", (first,))
        crowd.until(3)
    return f"{_deadlocks(ground) - before} deadlocks, {ground.holds(crowd)}"


def _deadlocks(ground: Ground) -> int:
    with ground.server() as server:
        server.execute("select pg_stat_force_next_flush()")
        row = server.execute("select deadlocks from pg_stat_database where datname = 'tuanma'").fetchone()
    assert row is not None
    return int(row[0])


def serializable(ground: Ground) -> str:
    """Everything at SERIALIZABLE, where PostgreSQL refuses many commits: nobody sees more than a 503."""
    try:
        with ground.server() as server:
            server.execute("alter role shop set default_transaction_isolation = 'serializable'")
        ground.cut_connections()
        with ground.crowd(5) as crowd:
            crowd.until(25)
    finally:
        with ground.server() as server:
            server.execute("alter role shop reset default_transaction_isolation")
        ground.cut_connections()
    return ground.holds(crowd)


def bad_network(ground: Ground) -> str:
    """Between shop and database: 20 ms a block, then cut after some kilobytes, then silence, and then it is well again."""
    assert ground.proxy is not None
    with ground.crowd() as crowd:
        ground.proxy.delay = 0.02
        crowd.until(4)
        ground.proxy.calm()
        for size in (3_000, 9_000, 20_000):
            ground.proxy.cut_after = size
            ground.proxy.sever()
            time.sleep(3)
        ground.proxy.calm()
        ground.proxy.sever()
        crowd.until(3)
        ground.proxy.silent = True
        time.sleep(8)
        ground.proxy.calm()
        ground.proxy.sever()
        crowd.until(3)
    return f"{ground.proxy.cuts} cuts, {ground.holds(crowd)}"


def sqlite_crowded(ground: Ground) -> str:
    """A reader that stays keeps the journal growing; a writer from another process is in the way; both go."""
    with ground.crowd() as crowd:
        with contextlib.closing(sqlite3.connect(ground.sqlite, isolation_level=None)) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from orders").fetchone()
            crowd.until(15)
            journal = ground.sqlite.with_name(f"{ground.sqlite.name}-wal").stat().st_size
            with held(ground, ""):
                time.sleep(3)
            reader.execute("rollback")
        crowd.until(3)
    return f"journal of {journal // 1024} KB beside the reader, {ground.holds(crowd)}"
