"""A real `up` on an empty folder, for the tests of commands that need a running shop."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.commands import _process, _welcome
from backend.commands._folder import Folder

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class OpenShop:
    """A running shop; `up` is its supervisor."""

    folder: Folder
    port: int
    up: "subprocess.Popen[bytes]"

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a sub-command on this shop."""
        return subprocess.Popen(
            [sys.executable, "-m", "backend", *arguments, "--data", str(self.folder.root)], cwd=ROOT, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_process.dies_with_parent())

    def run(self, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run a sub-command to its end."""
        started = self.command(*arguments)
        try:
            said, complained = started.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            started.kill()
            raise AssertionError(f"{arguments[0]} did not end: {started.communicate()}") from None
        return subprocess.CompletedProcess(arguments, started.returncode, said, complained)

    def children(self, words: str) -> list[int]:
        """Processes below `up` whose command line has these words, the oldest first."""
        return sorted(pid for pid, line in descendants(self.up.pid) if words in line)

    @property
    def noted(self) -> dict[str, str]:
        return json.loads(self.folder.run.read_text())


def descendants(root: int) -> list[tuple[int, str]]:
    """(pid, command line) of all processes below `root` (Linux)."""
    parents, lines = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            lines[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    found, level = [], {root}
    while level := {pid for pid, parent in parents.items() if parent in level}:
        found += [(pid, lines.get(pid, "")) for pid in level]
    return found


def environment() -> dict[str, str]:
    """This process's environment without the settings of any shop."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("TUANMA_") and name not in ("DATABASE_URL", "REDIS_URL")}


@contextlib.contextmanager
def open_shop(root: Path) -> Iterator[OpenShop]:
    """A shop without demo data on SQLite in `root`, which must not exist; stopped in the end."""
    folder, port, said = Folder(root), _process.free_port(), root.with_name(f"{root.name}.log")
    with open(said, "wb") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "backend", "up", "--no-demo", "--data", str(root), "--port", str(port)], cwd=ROOT,
            env=environment(), stdout=log, stderr=log, preexec_fn=_process.dies_with_parent())
    try:
        opened = _process.wait_until(lambda: up.poll() is not None or _welcome.status(port, "/healthz") == 200, 60, 0.1)
        assert opened and up.poll() is None, said.read_text()
        yield OpenShop(folder, port, up)
    finally:
        _process.end(up, 15)
