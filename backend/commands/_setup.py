"""Makes .venv from the hash-only lock when it is missing or out of date, and enters it (standard library only)."""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from backend.infra.clock import ticks

LOCKS = ("backend/requirements.lock", "backend/installer.lock")
NO_VENV = (
    "This Python ({python}) cannot make virtual environments: on Debian and Ubuntu run `apt install python3-venv` "
    "and start again."
)


class CannotSetUp(Exception):
    """Setting up failed; the text is one sentence for the person at the terminal."""


def enter(root: Path, argv: list[str]) -> int:
    """Replaces this process by `.venv/bin/python -m backend argv` with .venv made sure of; returns 2 if it cannot."""
    try:
        if not is_ready(root):
            with only_one(root):
                if not is_ready(root):
                    build(root)
    except CannotSetUp as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; the next start sets up again.", file=sys.stderr)
        return 130
    os.chdir(root)
    python = str(root / ".venv" / "bin" / "python")
    os.execv(python, [python, "-m", "backend", *argv])


def fingerprint(root: Path) -> str:
    """What the stamp must say: one hash over the locks."""
    return hashlib.sha256(b"".join((root / lock).read_bytes() for lock in LOCKS)).hexdigest()


def is_ready(root: Path) -> bool:
    """True when .venv was completed for exactly these locks (the stamp is written last)."""
    stamp = root / ".venv" / ".stamp"
    try:
        made = (root / ".venv" / "bin" / "python").exists() and stamp.exists()
        return made and stamp.read_text() == fingerprint(root)
    except PermissionError:
        raise CannotSetUp(
            f"{root / '.venv'} was made by another user, with a Python that you may not run: "
            "copy the project without .venv to a folder of yours."
        ) from None


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Waits until no other process sets up the same folder; refuses a folder that cannot be written."""
    try:
        lock = open(root / ".venv.lock", "w")  # noqa: SIM115 (closed below, after the yield)
    except OSError as problem:
        raise CannotSetUp(
            f"The folder {root} cannot be written ({problem.strerror}), and .venv has to be made in it: "
            "copy the project to a folder of yours."
        ) from problem
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is setting up this folder; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(root: Path) -> None:
    """Makes .venv anew and installs the lock; whatever is interrupted is done again at the next start."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise CannotSetUp(NO_VENV.format(python=sys.executable))
    began = ticks()
    venv = root / ".venv"
    python = str(venv / "bin" / "python")
    say("Setting up Tuanma (first start, or its list of libraries changed); this needs the network and about 300 MB.")
    made = step("1/3 making .venv", [sys.executable, "-m", "venv", "--clear", str(venv)], root)
    if made is not None:
        raise CannotSetUp(f"The folder .venv could not be made: {made}")
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary=:all:",
    ]
    problem = step("2/3 fetching the installer", [*pip, "-r", LOCKS[1]], root)
    if problem is None:
        sync = [python, "-m", "uv", "pip", "sync", "-q", "--require-hashes", "--no-build", "--python", python]
        problem = step("3/3 installing libraries", [*sync, *index_of_pip(python), LOCKS[0]], root, uv_environment(venv))
    if problem is not None:
        say(f"    the fast way did not work ({problem}); taking pip, which is slower.")
        problem = step("3/3 installing libraries", [*pip, "-r", LOCKS[0]], root)
    if problem is not None:
        raise CannotSetUp(f"The libraries could not be installed: {problem}")
    (venv / ".stamp").write_text(fingerprint(root))
    say(f"Set up in {ticks() - began:.0f} s.")


def index_of_pip(python: str) -> list[str]:
    """The package index a user has told pip to use, as options for uv, which does not read pip's settings."""
    options = []
    for setting, option in (("index-url", "--index-url"), ("extra-index-url", "--extra-index-url")):
        asked = os.environ.get("PIP_" + setting.replace("-", "_").upper())
        if asked is None:
            told = subprocess.run(
                [python, "-m", "pip", "config", "get", f"global.{setting}"], capture_output=True, text=True
            )
            asked = told.stdout if told.returncode == 0 else ""
        options += [part for url in asked.split() for part in (option, url)]
    return [*options, "--index-strategy", "unsafe-best-match"]  # as pip does; safe, because the hashes decide


def uv_environment(venv: Path) -> dict[str, str]:
    """uv's surroundings: it fetches no Pythons, trusts what pip trusts, and caches in .venv where home is closed."""
    more = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    if "PIP_CERT" in os.environ:
        more["SSL_CERT_FILE"] = os.environ["PIP_CERT"]
    if not os.access(Path.home(), os.W_OK):
        more["UV_CACHE_DIR"] = str(venv / ".cache")
    return more


def step(title: str, command: list[str], root: Path, more: dict[str, str] | None = None) -> str | None:
    """Runs one step with the time ticking beside its title; None when it went well, else the last line it said."""
    began = ticks()
    alive = sys.stderr.isatty()
    said_at = began
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        child = subprocess.Popen(command, cwd=root, stdout=output, stderr=output, env={**os.environ, **(more or {})})
        try:
            while child.poll() is None:
                time.sleep(0.1)
                now = ticks()
                if now - said_at >= (0.2 if alive else 10):
                    said_at = now
                    say(f"  {title} … {now - began:.0f} s", end="\r" if alive else "\n")
        except BaseException:
            child.kill()
            child.wait()
            raise
        output.seek(0)
        lines = [line.strip() for line in output if line.strip()]
    say(f"  {title}: {'done' if child.returncode == 0 else 'failed'}, {ticks() - began:.0f} s")
    if child.returncode == 0:
        return None
    errors = [line for line in lines if line.lower().startswith(("error", "× "))]
    return (errors or lines or [f"exit code {child.returncode}"])[-1][:300]


def say(text: str, end: str = "\n") -> None:
    """Progress goes to stderr, so that a command's stdout stays its own."""
    print(text.ljust(60) if end == "\r" else text, file=sys.stderr, end=end, flush=True)
