"""Runs a campaign: a kind of test played much longer than `test` does, to prove rather than to guard."""

import argparse
import os
import sys

RACES = ("tests/races/test_interleaved.py", "tests/races/test_deliveries_race.py")
OTHERS = {
    "faults": ("tests.campaigns.faults", "the faults of the reference, F01 to F45, in one table: each made on a real shop"),
    "kill": ("tests.campaigns.kill", "a real shop's processes, killed at every point of its main flows"),
    "mutants": ("tests.campaigns.mutants", "one known bug after another put into the source: the tests must notice each"),
    "mutmut": ("tests.campaigns.score", "every operator, number and word of the money rules changed: how many tests notice"),
    "random": ("tests.campaigns.random_ops", "random operations, faults and deaths, compared with an independent oracle"),
    "torture": ("tests.campaigns.torture", "WeChat's notifications repeated, mixed up, late, never, wrong and forged"),
}
"""Campaigns that are programs of their own: module, what they do."""


def main(argv: list[str]) -> int:
    """Replaces this process by the campaign; its exit code is the command's."""
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    races = kinds.add_parser("races", help="pairs of ten things at once, and relays with workers, in all schedules up to a bound")
    races.add_argument("--preemptions", type=int, default=2, help="switches away from whoever could have gone on (2)")
    races.add_argument("--draws", type=int, default=500, help="schedules of four at once, drawn (500)")
    races.add_argument("--seed", default="1", help="what they are drawn from (1)")
    for kind, (_, does) in OTHERS.items():
        kinds.add_parser(kind, help=does, add_help=False)
    given, rest = parser.parse_known_args(argv)
    if given.kind in OTHERS:
        os.execv(sys.executable, [sys.executable, "-m", OTHERS[given.kind][0], *rest])
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    arguments = [*RACES, "-s", "-q", f"--preemptions={given.preemptions}", f"--draws={given.draws}", f"--seed={given.seed}"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
