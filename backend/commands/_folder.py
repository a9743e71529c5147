"""The data folder of one shop (`--data DIR`): its names, whose it is, and the lock that a running `up` holds."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

MARK = ".tuanma"
OURS = (
    "run.json", "secrets.json", "keys", "clock", "ready", "demo.json", "tuanma.db", "tuanma.db-wal", "tuanma.db-shm",
    "valkey", "wxsim", "logs", "files", "private",
)  # fmt: skip


class Refused(SystemExit):
    """The command cannot go on: it ends with this sentence on stderr and exit code 1, unless it is caught."""


class Folder:
    """Paths inside one data folder. Making the object touches nothing."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).expanduser().absolute()
        self.mark = self.root / MARK
        self.lock = self.root / "up.lock"
        self.run = self.root / "run.json"
        self.secrets = self.root / "secrets.json"
        self.keys = self.root / "keys"
        self.clock = self.root / "clock"
        self.ready = self.root / "ready"
        self.demo = self.root / "demo.json"
        self.database = self.root / "tuanma.db"
        self.valkey = self.root / "valkey"
        self.wxsim = self.root / "wxsim"
        self.books = self.wxsim / "books.db"
        self.logs = self.root / "logs"
        self.files = self.root / "files"

    def claim(self) -> None:
        """Makes the folder (0700) and marks it as ours; a second call does nothing.

        Raises Refused for a folder that holds something else or cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.mark.exists():
                if any(self.root.iterdir()):
                    raise Refused(
                        f"{self.root} holds files that are not Tuanma's: name a new or empty folder with --data DIR."
                    )
                self.mark.write_text("The data of a Tuanma shop; made by `python3 -m backend up`.\n")
            self.root.chmod(0o700)
            with open(self.lock, "a"):
                pass
        except OSError as problem:
            raise Refused(
                f"The data folder {self.root} cannot be written ({problem.strerror}): name another one with --data DIR."
            ) from problem

    def is_running(self) -> bool:
        """True while an `up` (or a restore) holds this folder."""
        try:
            with open(self.lock) as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Holds the folder for this process alone; raises Refused at once when another process has it."""
        with open(self.lock) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(
                    f"A shop is running on {self.root}: stop it first, or name another folder with --data DIR."
                ) from None
            yield

    def clear(self) -> list[str]:
        """Removes our own data and nothing else; returns the names of what it left alone. Hold the folder meanwhile."""
        for name in OURS:
            path = self.root / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return sorted({path.name for path in self.root.iterdir()} - {MARK, self.lock.name, "backups"})


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read (0600), whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
