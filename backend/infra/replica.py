"""The read replica: a streaming copy of PostgreSQL that answers what may be some seconds old; without one the primary answers all.

It is asked only while it is known to be a copy of our primary and at most `BEHIND_SECONDS` behind it; what must hold somebody's own
write names the place in the log (an LSN, as a number) that it must have replayed. Whatever is wrong with it, the primary is asked.
"""

import threading
import time
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.infra.clock import ticks
from backend.infra.logging import log

BEHIND_SECONDS = 10.0
"""So old may an answer be; a replica that is farther behind is not asked."""
LOOK_SECONDS, LOOK_AGAIN_SECONDS = 1.0, 10.0
"""A process looks at the replica so often; so much later when it does not answer, for each look may take seconds."""

_NOW = text("select cast(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bigint) as lsn, system_identifier as server"
            " from pg_control_system()")
_REPLAYED = text("select cast(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') as bigint) as lsn, system_identifier as server"
                 " from pg_control_system() where pg_is_in_recovery()")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the primary's log, and when the primary was there (monotonic seconds)."""

    at: float
    lsn: int


class Replica:
    """What this process knows of the replica."""

    def __init__(self, engine: Engine, primary: Engine) -> None:
        self.engine = engine
        self.primary = primary
        self._looking = threading.Lock()
        self._look_at = 0.0
        self._replayed = 0
        self._sought: Place | None = None
        self._current_as_of: float | None = None
        self.state = "unknown"

    def answers(self, seen: int = 0) -> bool:
        """Whether it may be asked now, by somebody who has seen the primary's log until `seen`."""
        if ticks() >= self._look_at or (self.state == "ok" and seen > self._replayed):
            self.look()
        return self.state == "ok" and seen <= self._replayed and self._is_current()

    def look(self) -> str:
        """Look at it now, unless somebody else does; its state: `ok`, `behind`, `down` or `foreign` (no copy of our primary)."""
        if not self._looking.acquire(blocking=False):
            return self.state
        try:
            state = self._look()
        finally:
            self._looking.release()
        if state != self.state and (self.state, state) != ("unknown", "ok"):
            log("tuanma.replica").warning("the read replica's state is another", state=state, before=self.state)
        self.state = state
        self._look_at = ticks() + (LOOK_AGAIN_SECONDS if state in ("down", "foreign") else LOOK_SECONDS)
        return state

    def fails(self) -> None:
        """It did not answer: nobody asks it until it has been looked at again."""
        self.state, self._look_at = "down", ticks() + LOOK_SECONDS

    def _look(self) -> str:
        try:
            with self.primary.connect() as connection:
                now, primary = Place(ticks(), 0), connection.execute(_NOW).one()
            with self.engine.connect() as connection:
                copy = connection.execute(_REPLAYED).first()
        except (DBAPIError, PoolTimeout):
            return "down"
        if copy is None or copy.server != primary.server:
            return "foreign"
        now = Place(now.at, primary.lsn)
        self._replayed = copy.lsn
        if copy.lsn >= now.lsn:
            self._current_as_of, self._sought = now.at, None
        elif self._sought is not None and copy.lsn >= self._sought.lsn:
            self._current_as_of, self._sought = self._sought.at, now
        self._sought = self._sought or now
        return "ok" if self._is_current() else "behind"

    def _is_current(self) -> bool:
        return self._current_as_of is not None and ticks() - self._current_as_of <= BEHIND_SECONDS


def attach(app: Flask, engine: Engine | None, primary: Engine) -> None:
    """Let the app know its replica, if it has one."""
    app.extensions["replica"] = None if engine is None else Replica(engine, primary)


def the_replica() -> Replica | None:
    """The replica of the current app, if it has one."""
    return current_app.extensions.get("replica")


def connected(primary: Engine, seen: int = 0) -> Connection:
    """A connection for reading: to the replica where it answers and has replayed `seen`, else to the primary."""
    replica = the_replica()
    if replica is not None and replica.answers(seen):
        try:
            return replica.engine.connect()
        except (DBAPIError, PoolTimeout):
            replica.fails()
    return primary.connect()


def place_now() -> int | None:
    """How far the primary's log goes now, for `seen`; None without a replica, or when the primary does not say."""
    replica = the_replica()
    if replica is None:
        return None
    try:
        with replica.primary.connect() as connection:
            return connection.execute(_NOW).one().lsn
    except (DBAPIError, PoolTimeout):
        return None


def catches_up(seconds: float = 5.0) -> bool:
    """Whether the replica has all that the primary has now, or has it within so many seconds; for jobs, which can wait."""
    replica, seen = the_replica(), place_now()
    if replica is None or seen is None:
        return False
    until = ticks() + seconds
    while not (replica.answers(seen) or ticks() >= until or replica.state in ("down", "foreign")):
        time.sleep(0.05)
    return replica.answers(seen)
