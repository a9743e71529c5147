"""Puts one known bug after another into a copy of the source and demands that the tests named for it turn red.

`python3 -m backend campaign mutants [--only ID…] [--jobs N] [--json]`. The bugs stand in `seeded/*.toml`: what goes wrong, the
text that is replaced, the tests that must notice. First those tests run on the untouched copy and must be green. Then every
bug is put in, its tests run until the first one fails, and the text is put back. A bug that no test notices is a missing test.
"""

import argparse
import ast
import importlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEDED = Path(__file__).parent / "seeded"
LEFT_OUT = (".git", ".venv", "var", "__pycache__", ".hypothesis", ".ruff_cache", ".mypy_cache", ".import_linter_cache")
OURS = ("admin", "backend", "miniprogram_api", "tests", "wsgi", "wxsim")
AHEAD = ("alembic", "cryptography.x509", "flask_admin.contrib.sqla", "flask_babel", "flask_smorest", "gunicorn",
         "httpx", "hypothesis", "limits",
         "openpyxl", "PIL.Image", "prometheus_client", "psycopg", "pydantic_settings", "pyotp", "qrcode",
         "rq", "sqlalchemy.dialects.postgresql", "structlog", "time_machine")
"""What all tests import and no bug stands in: imported once, before the children fork."""
SECONDS = 600
"""No bug may keep its tests longer than this (a bug that hangs is not one that was noticed)."""
CAUGHT, SURVIVED, NO_VERDICT = "caught", "SURVIVED", "NO VERDICT"
_NOTICED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


class DoesNotApply(Exception):
    """The text that a bug replaces does not stand in the source exactly once: the line has changed, and so must the bug."""


@dataclass(frozen=True)
class Edit:
    """`old` stands once in `file` and is replaced by `new`."""

    file: str
    old: str
    new: str

    def of(self, source: str) -> str:
        """The source with the bug in it; DoesNotApply unless the text stands there once."""
        if (found := source.count(self.old)) != 1 or self.old == self.new:
            raise DoesNotApply(f"{self.file}: {found} times, not once: {self.old.strip().splitlines()[0]}")
        return source.replace(self.old, self.new)


@dataclass(frozen=True)
class Bug:
    """`says`: what goes wrong. `tests`: files or `file::test` of which one must fail. `on`: the database that shows it."""

    id: str
    says: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    on: str = "sqlite"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What pytest is told: these tests, on this database and on none."""
        return (*self.tests, "-k", "not postgresql" if self.on == "sqlite" else "not sqlite")


@dataclass
class Verdict:
    """What became of a bug, and by which test."""

    bug: Bug
    word: str
    by: str
    seconds: float


def seeded() -> list[Bug]:
    """All bugs of `seeded/*.toml`; those in migrations last, for each of them makes the tests' databases anew."""
    bugs = []
    for file in sorted(SEEDED.glob("*.toml")):
        for each in tomllib.loads(file.read_text()).get("bug", ()):
            edits = (Edit(each["file"], each["old"], each["new"]), *(Edit(**also) for also in each.get("also", ())))
            bugs.append(Bug(each["id"], each["says"], edits, tuple(each["tests"]), each.get("on", "sqlite")))
    return sorted(bugs, key=lambda bug: any(edit.file.startswith("migrations/") for edit in bug.edits))


def changes(bug: Bug, tree: Path) -> dict[str, str]:
    """The files of a bug as they read with it, still Python; several edits of one file add up. DoesNotApply if one does not."""
    texts: dict[str, str] = {}
    for edit in bug.edits:
        texts[edit.file] = edit.of(texts.get(edit.file) or (tree / edit.file).read_text())
    for name, text in texts.items():
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise DoesNotApply(f"{name}: no Python any more: {error}") from error
    return texts


def copy_tree(source: Path, target: Path) -> Path:
    """The source with times kept, so that what was compiled stays good; without what is nobody's source."""
    return Path(shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT)))


def put_in(bug: Bug, tree: Path) -> Callable[[], None]:
    """Put a bug into a copy; returns what takes it out again, times of the files included."""
    before = {name: ((tree / name).read_bytes(), (tree / name).stat()) for name in changes(bug, tree)}
    for name, text in changes(bug, tree).items():
        (tree / name).write_text(text)

    def take_out() -> None:
        for name, (content, status) in before.items():
            (tree / name).write_bytes(content)
            os.utime(tree / name, ns=(status.st_atime_ns, status.st_mtime_ns))

    return take_out


# --- pytest in a child ---


@dataclass
class Run:
    """pytest at work in a child of ours; what it says goes to a file."""

    pid: int
    said: Path
    began: float = field(default_factory=time.monotonic)
    code: int | None = None

    def ended(self) -> bool:
        """Whether it has ended; when it takes too long it is ended, and its code is that of a signal."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() - self.began > SECONDS:
                os.killpg(self.pid, signal.SIGKILL)
        return self.code is not None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def start(tree: Path, arguments: Sequence[str], *, compiled: bool = False) -> Run:
    """Run pytest in `tree` and in a process of its own, which inherits what was imported ahead and nothing of our own code."""
    said = tree / "said.txt"
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            _become(tree, said, compiled)
            code = int(pytest.main(["-q", "-x", "-rf", "-p", "no:cacheprovider", "--hypothesis-profile=ci",
                                    "--tb=line", *arguments]))
        except BaseException as error:  # a child must end here, whatever happens
            print(f"{type(error).__name__}: {error}")
        finally:
            sys.stdout.flush()
            os._exit(code)
    return Run(pid, said)


def _become(tree: Path, said: Path, compiled: bool) -> None:
    os.setsid()
    sink = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    sys.stdout = sys.stderr = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - for as long as the child lives
    os.chdir(tree)
    for name in [each for each in sys.modules if each.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path[:] = [str(tree), *(each for each in sys.path if each not in ("", str(ROOT)))]
    sys.argv = ["pytest"]
    sys.dont_write_bytecode = not compiled
    os.environ |= {"PYTHONPATH": str(tree)} | ({} if compiled else {"PYTHONDONTWRITEBYTECODE": "1"})


def judge(bug: Bug, run: Run) -> Verdict:
    """Only a test that failed has noticed a bug: a collection that breaks or a time-out has not."""
    said = run.said.read_text(errors="replace")
    noticed = _NOTICED.search(said)
    if run.code == 1 and noticed:
        return Verdict(bug, CAUGHT, noticed[1], run.seconds)
    if run.code == 0:
        return Verdict(bug, SURVIVED, "", run.seconds)
    return Verdict(bug, NO_VERDICT, f"pytest ended with {run.code}: {said[-500:]}", run.seconds)


# --- the campaign ---


def control(bugs: Sequence[Bug], tree: Path) -> str:
    """Run all tests of these bugs on the untouched copy, once for each database; what they said when one is not green."""
    for on in ("sqlite", "postgresql"):
        tests = sorted({test for bug in bugs if bug.on == on for test in bug.tests})
        if not tests:
            continue
        run = start(tree, (*_smallest(tests), "-k", "not postgresql" if on == "sqlite" else "not sqlite"), compiled=True)
        while not run.ended():
            time.sleep(0.2)
        if run.code != 0:
            return run.said.read_text(errors="replace")
    return ""


def _smallest(tests: Sequence[str]) -> list[str]:
    """Without the single tests of files that run whole."""
    return [test for test in tests if "::" not in test or test.partition("::")[0] not in tests]


def play(bugs: Sequence[Bug], trees: Sequence[Path]) -> Iterator[Verdict]:
    """Play every bug in one of the copies, as many at once as there are copies; verdicts as they come."""
    waiting, idle = list(bugs), list(trees)
    at_work: list[tuple[Bug, Path, Callable[[], None], Run]] = []
    while waiting or at_work:
        while waiting and idle:
            bug, tree = waiting.pop(0), idle.pop()
            try:
                take_out = put_in(bug, tree)
            except DoesNotApply as no:
                idle.append(tree)
                yield Verdict(bug, NO_VERDICT, str(no), 0)
                continue
            at_work.append((bug, tree, take_out, start(tree, bug.arguments)))
        for each in [each for each in at_work if each[3].ended()]:
            at_work.remove(each)
            bug, tree, take_out, run = each
            take_out()
            idle.append(tree)
            yield judge(bug, run)
        time.sleep(0.05)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="G01, T17c, T17 for T17a to T17f … (default: all)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many bugs at once, each in a copy of its own (1)")
    parser.add_argument("--without-control", action="store_true", help="do not run the tests on the untouched source first")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    given = parser.parse_args(argv)
    bugs = [bug for bug in seeded() if not given.only or {bug.id, bug.id.rstrip("abcdefghijklmnopqrstuvwxyz")} & set(given.only)]
    for name in AHEAD:
        importlib.import_module(name)
    began, verdicts = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="tuanma-mutants-") as folder:
        first = copy_tree(ROOT, Path(folder) / "1")
        if not given.without_control and (said := control(bugs, first)):
            print(f"The tests are not green without any bug:\n{said[-3000:]}")
            return 1
        trees = [first, *(copy_tree(first, Path(folder) / str(number)) for number in range(2, given.jobs + 1))]
        for verdict in play(bugs, trees):
            verdicts.append(verdict)
            print(f"{verdict.bug.id:5} {verdict.word:10} {verdict.seconds:5.1f} s  {verdict.bug.says}", flush=True)
            print(f"{'':8}{verdict.by}", flush=True)
    return tell(verdicts, time.monotonic() - began, given.json)


def tell(verdicts: Sequence[Verdict], seconds: float, as_json: bool) -> int:
    """Print the figures; 1 unless every bug was caught."""
    missed = [verdict for verdict in verdicts if verdict.word != CAUGHT]
    print(f"\n{len(verdicts)} bugs, {len(verdicts) - len(missed)} caught, {seconds:.0f} s")
    for verdict in missed:
        print(f"{verdict.bug.id} {verdict.word}: {verdict.bug.says} {verdict.by}")
    if as_json:
        figures: dict[str, Any] = {"bugs": len(verdicts), "caught": len(verdicts) - len(missed), "seconds": round(seconds),
                                   "missed": {verdict.bug.id: verdict.word for verdict in missed}}
        print(json.dumps(figures))
    return 1 if missed or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
