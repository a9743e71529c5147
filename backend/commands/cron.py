"""Runs the ticker of the timetable (exactly one; a second one does no harm, for slots are unique in the database)."""

import argparse

from backend import worker
from backend.commands import _running


def main(argv: list[str]) -> int:
    """Ticks until it is told to stop; production settings that are missing or weak end it at once."""
    parser = argparse.ArgumentParser(prog="python3 -m backend cron", description=__doc__)
    _running.add_arguments(parser)
    _running.connect(parser.parse_args(argv), required=False)
    _running.settings()
    worker.run_cron()
    return 0
