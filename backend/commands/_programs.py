"""The programs that make up a shop: how each is started."""

import json
import os
import sys
from pathlib import Path

from backend.commands._folder import Folder

ROOT = Path(__file__).resolve().parent.parent.parent
GRACEFUL_SECONDS = 4  # below the supervisor's grace for the web


APPLICATION = "wsgi:application"


def web(bind: str, workers: int, threads: int, graceful: int = GRACEFUL_SECONDS, application: str = APPLICATION) -> list[str]:
    """The web server: gunicorn with threads, the application loaded before the fork (it has no connection yet)."""
    command = [sys.executable, "-m", "gunicorn", application, "--bind", bind, "--preload", "--no-control-socket"]
    command += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
    command += ["--timeout", "30", "--graceful-timeout", str(graceful), "--keep-alive", "5", "--log-level", "warning"]
    if os.path.isdir("/dev/shm"):
        command += ["--worker-tmp-dir", "/dev/shm"]
    return command


def backend(*arguments: str) -> list[str]:
    """One of our own sub-commands."""
    return [sys.executable, "-m", "backend", *arguments]


def wxsim(folder: Folder) -> list[str]:
    """WeChat's stand-in; once it has announced a port it is started on the same one, so that its address stays."""
    announced = announcement(folder.wxsim / "announce.json")
    port = announced["url"].rpartition(":")[2].rstrip("/") if announced else "0"
    config = str(folder.wxsim / "config.json")
    return [sys.executable, "-m", "wxsim", "--config", config, "--port", port, "--announce", str(announcing(folder))]


def announcing(folder: Folder) -> Path:
    """The file in which wxsim says where it listens."""
    return folder.wxsim / "announce.json"


def announcement(path: Path) -> dict[str, str] | None:
    """What wxsim has written there: `url` and `pid`; None while it is not there or half written."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
