"""Runs a worker: it does what has become due (any number of them, on any number of hosts)."""

import argparse

from backend import worker
from backend.commands import _running


def main(argv: list[str]) -> int:
    """Works until it is told to stop; production settings that are missing or weak end it at once."""
    parser = argparse.ArgumentParser(prog="python3 -m backend worker", description=__doc__)
    _running.add_arguments(parser)
    _running.connect(parser.parse_args(argv), required=False)
    _running.settings()
    worker.run_worker()
    return 0
