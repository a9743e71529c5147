"""Runs the tests (arguments go to pytest)."""

import os
import sys


def main(argv: list[str]) -> int:
    """Replaces this process by pytest; its exit code is the command's."""
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *argv])
