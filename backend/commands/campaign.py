"""Runs a campaign: a kind of test played much longer than `test` does, to prove rather than to guard."""

import argparse
import os
import sys

RACES = "tests/races/test_interleaved.py"
ELSEWHERE = {"kill": "tests.campaigns.kill", "mutants": "tests.campaigns.mutants", "mutmut": "tests.campaigns.score"}
"""Campaigns that read their own options."""


def main(argv: list[str]) -> int:
    """Replaces this process by the campaign; its exit code is the command's."""
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    races = kinds.add_parser("races", help="every pair of nine things that happen at once, in all schedules up to a bound")
    races.add_argument("--preemptions", type=int, default=2, help="switches away from whoever could have gone on (2)")
    races.add_argument("--draws", type=int, default=500, help="schedules of four at once, drawn (500)")
    races.add_argument("--seed", default="1", help="what they are drawn from (1)")
    kinds.add_parser("kill", help="a real shop's processes, killed at every point of its main flows", add_help=False)
    kinds.add_parser("mutants", help="one known bug after another put into the source: the tests must notice each", add_help=False)
    kinds.add_parser("mutmut", help="every operator, number and word of the money rules changed: how many tests notice",
                     add_help=False)
    given, rest = parser.parse_known_args(argv)
    if given.kind in ELSEWHERE:
        os.execv(sys.executable, [sys.executable, "-m", ELSEWHERE[given.kind], *rest])
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    arguments = [RACES, "-s", "-q", f"--preemptions={given.preemptions}", f"--draws={given.draws}", f"--seed={given.seed}"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
