"""Numbers what a process of a shop does, and kills it at a number.

Points: every INSERT, UPDATE and DELETE, before and after every commit that follows one, before and after every call to
WeChat, before and after every job handed to Redis. `FOLDER/armed` says in which role ("web", "relay", "job") and at which
number to die, 0 only counts; `FOLDER/points` is the list of what was reached since it was armed.
"""

import fcntl
import json
import os
import signal
import sys
import threading

import httpx
import rq
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect
from writes import written

FOLDER = os.environ.get("TUANMA_KILL_FOLDER", "")
MAIN = os.getpid()
_here = threading.local()


def role() -> str:
    """What this process is in the shop; its children by fork are something else than itself."""
    words = sys.orig_argv
    if "gunicorn" in words:
        return "web" if os.getpid() != MAIN else ""
    if words[1:3] == ["-m", "backend"] and words[3:4] == ["worker"]:
        return "relay" if os.getpid() == MAIN else "job"
    return ""


def reached(name: str) -> None:
    """Count a point while armed for this role, and die if it is the one."""
    armed = f"{FOLDER}/armed"
    if not os.path.exists(armed):
        return
    with open(f"{FOLDER}/points", "a+") as points:
        fcntl.flock(points, fcntl.LOCK_EX)
        try:
            with open(armed) as order:
                wanted = json.load(order)
        except (OSError, ValueError):
            return
        if wanted["role"] != role():
            return
        points.seek(0)
        number = sum(1 for _ in points) + 1
        points.write(f"{name}\n")
        points.flush()
        if number != wanted["at"]:
            return
        os.unlink(armed)
    os.kill(os.getpid(), signal.SIGKILL)


@event.listens_for(Engine, "before_cursor_execute")
def _statement(connection, cursor, statement, *_):
    if write := written(statement):
        _here.wrote = True
        reached(f"sql {write}")


commit, send, enqueue = DefaultDialect.do_commit, httpx.Client.send, rq.Queue.enqueue


def committing(self, connection):
    """A commit that follows a write has a point before and after it."""
    wrote, _here.wrote = getattr(_here, "wrote", False), False
    if wrote:
        reached("before commit")
    commit(self, connection)
    if wrote:
        reached("after commit")


def sending(self, request, **options):
    """A call to WeChat."""
    reached(f"before {request.method} {request.url.path.rsplit('/', 1)[-1][:12]}")
    answer = send(self, request, **options)
    reached("after the answer")
    return answer


def enqueueing(self, *job, **options):
    """A job handed to Redis."""
    reached("before enqueue")
    queued = enqueue(self, *job, **options)
    reached("after enqueue")
    return queued


DefaultDialect.do_commit, httpx.Client.send, rq.Queue.enqueue = committing, sending, enqueueing
