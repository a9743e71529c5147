"""Ends a supervisor's children when the supervisor dies, where the kernel cannot do that (macOS); a process of its own.

It reads their process ids, one a line, from a pipe whose other end only the supervisor holds: its end is their end.
"""

import signal
import sys
import time

from backend.commands import _process
from backend.infra.clock import ticks

GRACE = 3.0


def main() -> None:
    """Asks all groups to end once the pipe ends, and kills what is left; groups that are gone are no matter."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = [int(line) for line in sys.stdin]
    left = [group for group in groups if _process.signal_group(group, signal.SIGTERM)]
    deadline = ticks() + GRACE
    while ticks() < deadline and any(_process.signal_group(group, 0) for group in left):
        time.sleep(0.05)
    for group in left:
        _process.signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
