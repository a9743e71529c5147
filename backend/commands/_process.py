"""What starting and stopping other programs needs on this machine: death with the parent, free ports, ends."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from backend.infra.clock import ticks

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(number: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn`: on Linux the child gets this signal when the thread that started it ends.

    Start children from the main thread, or they end with the thread that started them.
    """
    parent = os.getpid()

    def before_exec() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def signal_group(pid: int, number: int) -> bool:
    """Sends a signal to the process group that `pid` leads; False when it is gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return True
    return False


def session_members(leader: int) -> list[int]:
    """Processes whose session was opened by `leader` (Linux), the leader among them while it lives."""
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                after_name = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                if int(after_name[3]) == leader and after_name[0] != "Z":
                    members.append(int(entry.name))
    return members


def end(child: subprocess.Popen[bytes], wait: float, number: int = signal.SIGTERM) -> int:
    """Asks a child to end, kills its group after `wait` seconds; its exit code. A second call does nothing."""
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)
    try:
        code = child.wait(wait)
    except subprocess.TimeoutExpired:
        signal_group(child.pid, signal.SIGKILL)
        code = child.wait()
    return code


def wait_until(ready: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Polls until `ready()` or until the time is over; the answer says which."""
    deadline = ticks() + seconds
    while not ready():
        if ticks() >= deadline:
            return False
        time.sleep(every)
    return True
