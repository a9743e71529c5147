"""Changes every operator, number and word of the money rules, one at a time, and counts how many changes a test notices.

`python3 -m backend campaign mutmut [--jobs N] [--only NAME] [--json]`: mutmut in a copy of the source, with what `[tool.mutmut]`
in pyproject.toml says. Prints the score of each file and every change that went unnoticed; exit 1 below ninety per cent. What
cannot be noticed, because it changes nothing, stands with its reason in `EQUAL`.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.mutants import ROOT, copy_tree

GOAL = 90
"""Per cent of the changes to each file that some test must notice."""
KILLED, TIMED_OUT = (1, 3), (36, 24, -24, 152, 255)
"""How mutmut's child ends when a test fails, and when the tests do not come to an end."""

_NO_SIGN = "Nothing divides into nothing, whichever way it is rounded; a positive product of whole numbers is at least one."
_AS_MANY = "There are as many parts as lines, because they are shared out over the lines."
_ENGLISH = "Only what begins with en is English; all else is Chinese."
EQUAL = {
    "return product // 10_000 if product > 0 else -(-product // 10_000)": _NO_SIGN,
    "return product // 10_000 if product >= 1 else -(-product // 10_000)": _NO_SIGN,
    'decimals = (written["decimals"] or "").rstrip("XX0XX")': "Only digits can stand there.",
    "if done - more > units or more < 0 or not 0 <= given_fen <= amount_fen:": "`cumulative_part` refuses too many units, too.",
    "if given_fen < before:": "When exactly so much is given both ways of working it out give the same.",
    "by_line = {line_id: part for (line_id, _), part in zip(lines, parts, strict=None) if part}": _AS_MANY,
    "by_line = {line_id: part for (line_id, _), part in zip(lines, parts, ) if part}": _AS_MANY,
    "by_line = {line_id: part for (line_id, _), part in zip(lines, parts, strict=False) if part}": _AS_MANY,
    "back = max(self.returned_qty + returned - self.restocked_qty, 0) if (returned) or True else 0":
        "No more is returned than lies on the shelf again (a CHECK says so): without anything returned nothing is missing.",
    'def say(reason: Reason, language: str = "XXzhXX") -> str:': _ENGLISH,
    'def say(reason: Reason, language: str = "ZH") -> str:': _ENGLISH,
    'free_from = reason.details.get("free_from_fen", 1)': "What has no such detail does not speak of it.",
}
"""A line as it is changed (as mutmut shows it) → why it changes nothing. Such changes count neither way."""


@dataclass(frozen=True)
class Score:
    """What became of the changes to a file; `unnoticed` by mutmut's name with the line as it reads then."""

    file: str
    noticed: int
    equal: int
    unnoticed: dict[str, str]

    @property
    def per_cent(self) -> float:
        counted = self.noticed + len(self.unnoticed)
        return 100 * self.noticed / counted if counted else 100.0


def scores(tree: Path) -> Iterator[Score]:
    """The scores of all files that were changed in a copy."""
    for file in tomllib.loads((tree / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]:
        codes = json.loads((tree / "mutants" / f"{file}.meta").read_text())["exit_code_by_key"]
        checked = {name: code for name, code in codes.items() if code is not None}
        missed = {name: changed_line(tree, name) for name, code in checked.items() if code not in KILLED + TIMED_OUT}
        equal = {name for name, line in missed.items() if line in EQUAL}
        left = {name: line for name, line in missed.items() if name not in equal}
        yield Score(file, len(checked) - len(missed), len(equal), left)


def changed_line(tree: Path, name: str) -> str:
    """The line of a change as it reads with it; of several lines the first that is new."""
    shown = subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=tree, capture_output=True, text=True, timeout=60)
    added = [line[1:].strip() for line in shown.stdout.splitlines() if line.startswith("+") and not line.startswith("+++")]
    return added[0] if added else shown.stdout[-200:]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign mutmut", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many changes at once (1)")
    parser.add_argument("--only", default="*", metavar="NAME", help="only these: backend.kernel.money* (default: all)")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    given = parser.parse_args(argv)
    if importlib.util.find_spec("mutmut") is None:
        print("mutmut is not installed: pip install '.[dev]'")
        return 1
    with tempfile.TemporaryDirectory(prefix="tuanma-mutmut-") as folder:
        tree = copy_tree(ROOT, Path(folder) / "tree")
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(given.jobs), given.only]
        with open(Path(folder) / "said", "w+b") as said:
            subprocess.run(command, cwd=tree, stdout=said, stderr=said)
            said.seek(0)
            text = said.read().decode(errors="replace")
        if not (tree / "mutants").exists():
            print(f"mutmut did not run:\n{text[-2000:]}")
            return 1
        found = [score for score in scores(tree) if score.noticed or score.unnoticed]
    return tell(found, given.json)


def tell(found: Sequence[Score], as_json: bool) -> int:
    """Print the scores; 1 when a file misses the goal, or nothing was changed at all."""
    for score in found:
        print(f"{score.per_cent:5.1f} %  {score.file}: {score.noticed} noticed, {len(score.unnoticed)} not, {score.equal} equal")
        for name, line in score.unnoticed.items():
            print(f"         {name.removeprefix('backend.')}: {line}")
    if as_json:
        print(json.dumps({score.file: round(score.per_cent, 1) for score in found}))
    return 1 if not found or any(score.per_cent < GOAL for score in found) else 0


if __name__ == "__main__":
    sys.exit(main())
