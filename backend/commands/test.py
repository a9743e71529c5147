"""Runs the tests (arguments go to pytest)."""

import os
import sys

MOST = 4
"""Every process of the tests starts a PostgreSQL and a Valkey of its own."""


def main(argv: list[str]) -> int:
    """Replaces this process by pytest; its exit code is the command's. One process a core, unless `-n` says otherwise."""
    many = [] if any(each.startswith("-n") for each in argv) else ["-n", str(min(os.cpu_count() or 1, MOST)), "--dist", "worksteal"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *many, *argv])
