"""The servers that tests need, started once for a run: `with postgres() as url:` and `with valkey() as url:`."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from backend.commands import _process, _valkey
from backend.commands._postgres import (
    HERE,
    Server,
    Unavailable,
    make_cluster,
    make_copy,
    server,
    short_folder,
    unprivileged,
)

QUICK = ("-c", "fsync=off", "-c", "max_connections=200")
CACHE = Path(__file__).resolve().parent.parent / ".pytest_cache" / "tuanma"
"""Migrated databases of earlier runs, to be copied; removing it only costs time."""


@dataclass(frozen=True)
class Prepared:
    """What `make(url)` leaves on a fresh server; `kept` is where the server is kept for the next run, named after all that
    `make` depends on."""

    make: Callable[[str], None]
    kept: Path


@contextlib.contextmanager
def postgres(prepared: Prepared | None = None) -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL for this run: TEST_DATABASE_URL, else an embedded one that is removed at the end.

    The embedded one is not crash-safe (fsync=off), listens on a Unix socket only and trusts its user, `postgres`. With
    `prepared` it begins as a copy of a server on which that was done before. Raises Unavailable when its programs cannot run
    here.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        if prepared is not None:
            prepared.make(given)
        yield given
        return
    with short_folder() as folder:
        if prepared is None:
            make_cluster(folder)
        else:
            _copy_cluster(prepared, folder)
        with server(folder, *QUICK) as started:
            yield started.url


def kept(name: str, *sources: Path) -> Path:
    """A place in the cache of the tests for something made from these files (which may be folders): another when they change."""
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return CACHE / f"{name}-{digest.hexdigest()[:16]}"


@contextlib.contextmanager
def making(place: Path) -> Iterator[Path | None]:
    """A path to make `place` at, which becomes `place` at the end; None when it is there. One process makes it, others wait."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(place.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not place.exists():
                for older in place.parent.glob(f"{place.name.rpartition('-')[0]}-????????????????"):
                    shutil.rmtree(older) if older.is_dir() else older.unlink()
                unfinished = place.with_suffix(f".{os.getpid()}")
                yield unfinished
                unfinished.rename(place)
                return
    yield None


def _copy_cluster(prepared: Prepared, folder: Path) -> None:
    with making(prepared.kept) as place:
        if place is not None:
            with short_folder() as first:
                make_cluster(first)
                with server(first, *QUICK) as started:
                    prepared.make(started.url)
                shutil.move(first / "data", place)
    shutil.copytree(prepared.kept, folder / "data")
    owner = unprivileged(folder).get("user", os.geteuid())
    for path in [folder / "data", *(folder / "data").rglob("*")]:
        os.chown(path, owner, -1)


@contextlib.contextmanager
def postgres_server(within: Path = HERE) -> Iterator[Server]:
    """A durable PostgreSQL of one's own, without any database of ours, which a test may stop and start again."""
    with short_folder(within) as folder:
        make_cluster(folder)
        with server(folder, "-c", "max_connections=200") as started:
            yield started


@contextlib.contextmanager
def replica(url: str) -> Iterator[str]:
    """SQLAlchemy URL of a streaming replica of the embedded PostgreSQL, same database; Unavailable for a server from outside."""
    if os.environ.get("TEST_DATABASE_URL"):
        raise Unavailable("a replica can only be made of the embedded PostgreSQL: unset TEST_DATABASE_URL")
    primary = make_url(url)
    with short_folder() as folder:
        make_copy(folder, str(primary.query["host"]))
        with server(folder, *QUICK, "-c", "hot_standby_feedback=on") as started:
            yield make_url(started.url).set(database=primary.database).render_as_string(hide_password=False)


class Valkey:
    """A Valkey on a free loopback port, with its own password and folder; can be killed and started again."""

    def __init__(self, folder: Path, durable: bool) -> None:
        port, password = _process.free_port(), secrets.token_urlsafe(24)
        self.folder, self.url = folder, _valkey.url(port, password)
        self._command = _valkey.configure(folder, port, password, durable)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers; raises Unavailable after 20 s."""
        self.process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_process.dies_with_parent(signal.SIGKILL),
        )
        if not _process.wait_until(lambda: _valkey.answers(self.url), 20):
            raise Unavailable("the embedded Valkey did not start")

    def kill(self) -> None:
        """SIGKILL, as a lost machine does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """An orderly end."""
        if self.process is not None:
            _process.end(self.process, 5)


@contextlib.contextmanager
def valkey_server(durable: bool = True, within: Path = HERE) -> Iterator[Valkey]:
    """A Valkey of one's own, which a test may `.kill()` and `.start()` again; `durable` keeps its data over that."""
    folder = Path(tempfile.mkdtemp(prefix="tuanma-vk-", dir=within))
    server = None
    try:
        server = Valkey(folder, durable)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """REDIS_URL of a Valkey for this run; it keeps nothing on disk."""
    with valkey_server(durable=False) as server:
        yield server.url
