"""Checks the shop's books: orders, payments, stock, ledger and outbox; names every fault and what to do about it."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from backend.app import create_app, runtime
from backend.checks.check import Result, Violation
from backend.checks.check_books import CHECKS, NO_HURRY, run_checks
from backend.commands import _running, _wechat_book
from backend.commands._client import Declined, Unanswered
from backend.commands._folder import Refused as CommandRefused
from backend.context import Context
from backend.infra.clock import ticks
from backend.kernel.actors import SYSTEM
from backend.kernel.errors import Refused

CLEAN, FAULTY, FAILED = 0, 1, 2
LOOK_SECONDS = 2.0
MANY = 10_000


@dataclass(slots=True)
class Report:
    """What was found: faults told, all faults counted by check, and what could not be judged."""

    violations: list[Violation] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    timed: set[str] = field(default_factory=set)
    unjudged: list[str] = field(default_factory=list)

    def add(self, check: str, count: int, told: list[Violation]) -> None:
        """Note the faults of one check; none are none."""
        if count:
            self.counts[check] = count
            self.violations += told

    def timing(self, result: Result) -> None:
        """Say on stderr how long a check took, the first time."""
        if not result.judged and result.check.id not in self.unjudged:
            self.unjudged.append(result.check.id)
            self.notes.append(f"{result.check.id} took longer than {NO_HURRY} s and was not judged")
        if result.check.id not in self.timed:
            self.timed.add(result.check.id)
            faults = f", {result.count} faults" if result.count else ""
            _say(f"{result.check.id}: {result.seconds * 1000:.0f} ms{faults}")


def main(argv: list[str]) -> int:
    """0 when the books hold, 1 when they do not (one line a fault on stdout), 2 when they could not be checked."""
    arguments = _parse(argv)
    try:
        running = _running.connect(arguments, required=arguments.wxsim)
        app = _app()
        with app.app_context():
            report = examine(lambda: runtime(app).context(SYSTEM), arguments, running)
    except (CommandRefused, Declined, Unanswered) as problem:
        return _fail(str(problem))
    except (SQLAlchemyError, Refused) as problem:
        return _fail(f"The database does not answer as it should ({problem.__cause__ or problem}): "
                     "run `python3 -m backend doctor`.".replace("\n", " "))
    print(_json(report) if arguments.json else _text(report))
    return FAULTY if report.counts else FAILED if report.unjudged else CLEAN


def _app() -> Flask:
    """The app of this shop; where nobody ever started one there are no keys, and nothing to check."""
    settings = _running.settings()
    if not (settings.field_keys and settings.index_key):
        raise CommandRefused(
            "There is no shop here: start one with `python3 -m backend up`, or name its folder with --data.")
    try:
        return create_app(settings)
    except ValueError as fault:
        raise CommandRefused(f"The settings cannot be used: {fault}.") from None


def examine(context: Callable[[], Context], arguments: argparse.Namespace, running: _running.Running | None) -> Report:
    """Run all checks. What is late is judged where somebody works on it; where the clock can jump, only if it stays."""
    report = Report()
    production = context().settings.production
    for result in run_checks(context(), only=arguments.only, limit=arguments.limit, waiting=False):
        report.timing(result)
        report.add(result.check.id, result.count, result.violations)
    if running is None and not production:
        report.notes.append("no shop runs here, so nothing was judged as late")
        return report
    patience = 0.0 if context().settings.clock == "system" else arguments.patience
    for violation in lasting(lambda: _late(context(), arguments, report), patience):
        report.add(violation.check, report.counts.get(violation.check, 0) + 1, [violation])
    if arguments.wxsim and running is not None:
        began = ticks()
        for violation in lasting(lambda: _wechat_book.compare(context(), running), arguments.patience):
            report.add(violation.check, report.counts.get(violation.check, 0) + 1, [violation])
        _say(f"I07 against the stand-in for WeChat: {(ticks() - began) * 1000:.0f} ms")
    return report


def _late(ctx: Context, arguments: argparse.Namespace, report: Report) -> list[Violation]:
    late = [check.id for check in CHECKS if check.waits and (
        arguments.only is None or any(check.id.startswith(name) for name in arguments.only))]
    results = list(run_checks(ctx, only=late, limit=MANY)) if late else []
    for result in results:
        report.timing(result)
    return [violation for result in results for violation in result.violations]


def lasting(look: Callable[[], list[Violation]], patience: float) -> list[Violation]:
    """The faults that are there at the first look and at every later one, for `patience` real seconds."""
    found = look()
    until = ticks() + patience
    while found and ticks() < until:
        time.sleep(min(LOOK_SECONDS, max(until - ticks(), 0.0)))
        still = {violation.key for violation in look()}
        found = [violation for violation in found if violation.key in still]
    return found


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m backend check-books", description=__doc__)
    _running.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--only", action="append", metavar="ID", help="only checks whose id begins so, like I09")
    parser.add_argument("--limit", type=int, default=20, metavar="N",
                        help="faults told of each check (default 20); all are counted")
    parser.add_argument("--patience", type=float, default=60.0, metavar="SECONDS",
                        help="how long a fault may take to go away by itself where the clock was moved (default 60)")
    parser.add_argument("--wxsim", action="store_true",
                        help="also compare with the books of the running stand-in for WeChat")
    return parser.parse_args(argv)


def _text(report: Report) -> str:
    lines = [f"{each.check}  {_ids(each)}  found {each.found}; expected {each.expected}. {each.what_to_do}"
             for each in report.violations]
    told = {check: sum(each.check == check for each in report.violations) for check in report.counts}
    lines += [f"{check}  and {count - told[check]} more"
              for check, count in report.counts.items() if count > told[check]]
    lines += [f"Note: {note}." for note in report.notes]
    count = sum(report.counts.values())
    lines.append(f"{count} faults in {len(report.counts)} of {len(CHECKS)} checks." if count else
                 f"The books hold: {len(CHECKS) - len(report.unjudged)} checks.")
    return "\n".join(lines)


def _json(report: Report) -> str:
    return json.dumps({"clean": not report.counts and not report.unjudged, "checks": len(CHECKS),
                       "faults": sum(report.counts.values()), "counts": report.counts,
                       "violations": [asdict(each) for each in report.violations],
                       "notes": report.notes}, ensure_ascii=False)


def _ids(violation: Violation) -> str:
    return " ".join(f"{name}={value}" for name, value in violation.ids.items() if value)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(sentence: str) -> int:
    _say(sentence)
    return FAILED
