"""Runs the web server of both doors in the foreground (gunicorn), as production does."""

import argparse
import os
import shutil

from backend.commands import _programs, _running

GRACEFUL_SECONDS = 30


def main(argv: list[str]) -> int:
    """Replaces this process by gunicorn; production settings that are missing or weak end it at once."""
    parser = argparse.ArgumentParser(prog="python3 -m backend api", description=__doc__)
    _running.add_arguments(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, behind a proxy)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 2, metavar="N", help="processes (default: CPUs)"
    )
    arguments = parser.parse_args(argv)
    _running.connect(arguments, required=False)
    settings = _running.settings()
    bind = f"{arguments.host}:{arguments.port or 8000}"
    if settings.metrics_token:  # read when the application is loaded
        counters = settings.data_dir / "metrics" / str(arguments.port or 8000)
        shutil.rmtree(counters, ignore_errors=True)
        counters.mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters.absolute())
    command = _programs.web(bind, arguments.workers, settings.web_threads, GRACEFUL_SECONDS)
    os.execv(command[0], command)
