"""Whether a port is free, and who has it otherwise."""

import contextlib
import os
import socket
from pathlib import Path

from backend.commands._folder import Refused

LISTEN = "0A"


def check(port: int) -> None:
    """Raises Refused, naming the holder where that can be seen, when the loopback port cannot be taken."""
    if not 0 < port < 65536:
        raise Refused(f"{port} is not a port: take one from 1024 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Refused(f"Port {port} needs root's rights: take one from 1024 to 65535 with --port N.") from None
        except OSError:
            holder = holder_of(port)
            raise Refused(
                f"Port {port} is taken{f' by {holder}' if holder else ''}: stop that, or take another with --port N."
            ) from None


def holder_of(port: int) -> str | None:
    """`process 123 (name and arguments)` of whoever listens on a TCP port here; None if it cannot be seen."""
    inodes = listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for entry in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.readlink(entry) in inodes:
                        command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                        return f"process {process.name} ({command.strip()[:80]})"
    return None


def listening_inodes(port: int) -> set[str]:
    """The kernel's names of the sockets that listen on the port (Linux; empty elsewhere)."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{columns[9]}]")
    return found
