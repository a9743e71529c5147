"""Plays random operations on a shop and compares every answer, and the whole shop, with the oracle's.

`python3 -m backend campaign random --ops N --seed S [--database sqlite|postgresql]`. Shoppers, staff, time, WeChat and its faults,
killed processes and workers act by turns; each episode is a fresh database. An operation draws from its own number alone, so
that an episode can be played again without some of them: that is how a failure is made short.
"""

import argparse
import contextlib
import itertools
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from backend.checks.check_books import check_books
from backend.usecases.query_open_money import query_open_money
from tests import conftest, services
from tests.campaigns import oracle as rules
from tests.campaigns import random_processes
from tests.campaigns.aftersales_ops import AftersaleOps
from tests.campaigns.both_sides import Violation
from tests.campaigns.goods_ops import GoodsOps
from tests.campaigns.shopper_ops import ShopperOps
from tests.campaigns.staff_ops import StaffOps
from tests.campaigns.wechat_ops import WeChatOps
from tests.campaigns.worker_ops import WorkerOps
from tests.databases import Emptied

EPISODE = 1500
"""Operations of one database."""
QUIET_EVERY = 250
OPERATIONS = {
    "place": 16, "begin": 14, "tap": 12, "hear": 14, "work": 14, "later": 8, "put": 6, "drop": 1, "cancel": 3, "receive": 3,
    "ship": 8, "refund": 10, "retry": 1, "end_refund": 3, "adjust": 4, "reprice": 2, "shelve": 2, "reduce": 9, "ask_again": 5,
    "ask_wechat": 2, "ready": 2, "hand_over": 6, "correct": 3, "upload_again": 2, "sweep": 1, "change_rules": 1, "ask": 8,
    "grant": 5, "refuse": 2, "withdraw": 1, "send_back": 3, "take_back": 4, "refund_again": 2,
}
"""What may happen, by how often."""


@dataclass
class Player(ShopperOps, StaffOps, GoodsOps, AftersaleOps, WeChatOps, WorkerOps):
    """Whoever does anything to the shop."""

    def step(self, number: int) -> None:
        """The operation of this number; it draws from this number alone."""
        self.rng = random.Random(f"{self.seed}/{number}")
        self.move(timedelta(milliseconds=self.rng.randint(1, 3000)))
        [name] = self.rng.choices(list(OPERATIONS), list(OPERATIONS.values()))
        self.number = number
        self.operations += 1
        try:
            getattr(self, name)()
        except (Violation, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise Violation(f"{name}: {''.join(traceback.format_exception(error)[-6:])}") from error
        finally:
            self.pay.fail.clear()
            self.pay.after.clear()
            self.pay.settle_refunds = True
        self._name_refunds()

    def quiet(self, over: bool) -> None:
        """Everything that is due happens; with `over` the time of all that waits for WeChat passes, too. Then both must agree."""
        self.quiets += 1
        self.quietly = True
        self.rng = random.Random(f"{self.seed}/quiet/{self.quiets}")
        self.say(f"quiet {'over' if over else ''}")
        if over:
            for refund in self.refunds.values():
                if refund.wechat == "PROCESSING":
                    self._end_refund(refund, self.rng.choice(("SUCCESS", "SUCCESS", "CLOSED")))
            self.move(timedelta(hours=7))
            query_open_money(self.ctx())
        self.drain()
        wrong = self.oracle.settle()
        if over:
            wrong += [f"refund {each.id} is {each.state}, at WeChat {each.wechat}" for each in self.oracle.refunds
                      if each.state in (rules.ASKED, rules.SENT)]
        wrong += self.differences()
        wrong += [f"{each.check} {dict(each.ids)}: {each.found}, not {each.expected}"
                  for each in check_books(self.ctx(), waiting=False)]
        self.quietly = False
        if wrong:
            raise Violation("when all was quiet: " + "; ".join(wrong[:12]))


@dataclass
class Episode:
    """What became of an episode: None, or what is wrong and the last operations before it."""

    operations: int
    kills: int
    wrong: str | None = None
    number: int = 0
    last: list[str] = field(default_factory=list)


def play(database_url: str, folder: Path, seed: str, numbers: Collection[int]) -> Episode:
    """Play the operations of these numbers on a fresh database, with quiet moments between them and at the end."""
    player = Player(database_url, folder, seed)
    with player.opened():
        number = 0
        try:
            for number in numbers:
                player.step(number)
                if number % QUIET_EVERY == 0:
                    player.quiet(over=number // QUIET_EVERY % 2 == 0)
            player.quiet(over=True)
        except Violation as violation:
            return Episode(player.operations, player.kills, str(violation), number, player.last)
        except Exception as error:
            wrong = "".join(traceback.format_exception(error)[-8:])
            return Episode(player.operations, player.kills, wrong, number, player.last)
    return Episode(player.operations, player.kills)


@contextlib.contextmanager
def fresh_databases(kind: str, root: Path) -> Iterator[Callable[[], str]]:
    """`fresh()` gives the URL of an empty, migrated database each time."""
    if kind == "postgresql":
        prepared = services.Prepared(conftest.make_template, services.kept("postgres", conftest.ROOT / "migrations"))
        with services.postgres(prepared) as url:
            yield Emptied(sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)).empty
        return
    template = services.kept("sqlite", conftest.ROOT / "migrations")
    with services.making(template) as place:
        if place is not None:
            conftest.migrate(f"sqlite:///{place}")

    def fresh() -> str:
        for old in root.glob("random.db*"):
            old.unlink()
        shutil.copyfile(template, root / "random.db")
        return f"sqlite:///{root / 'random.db'}"

    yield fresh


def shorten(again: Callable[[Collection[int]], Episode], numbers: list[int], seconds: float) -> list[int]:
    """Fewer operations that go wrong, too: leave out halves, quarters … as long as time allows."""
    until, size = time.monotonic() + seconds, len(numbers) // 2
    while size and time.monotonic() < until:
        for start in range(0, len(numbers), size):
            fewer = numbers[:start] + numbers[start + size:]
            if fewer and time.monotonic() < until and again(fewer).wrong:
                numbers = fewer
                break
        else:
            size //= 2
    return numbers


def run(database: str, operations: int, seed: str, *, episode: int | None = None, only: Collection[int] | None = None,
        shorten_for: float = 60, say: Callable[[str], None] = print) -> tuple[int, int, bool]:
    """Play episodes until so many operations are done; (operations, kills, whether all was well)."""
    done = kills = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tuanma-random-") as root, fresh_databases(database, Path(root)) as fresh:
        for number in itertools.count() if episode is None else [episode]:
            def again(numbers: Collection[int], of: str = f"{seed}/{number}") -> Episode:
                return play(fresh(), Path(root), of, numbers)

            ended = again(only or range(1, EPISODE + 1))
            done, kills = done + ended.operations, kills + ended.kills
            if ended.wrong:
                _tell_wrong(say, database, seed, number, ended, again, only, shorten_for)
                return done, kills, False
            if number % 10 == 0:
                say(f"{database}: {done} operations, {kills} kills, {done / (time.monotonic() - began):.0f} a second")
            if done >= operations:
                break
    say(f"{database}, seed {seed}: {done} operations in {time.monotonic() - began:.0f} s, {kills} kills, 0 violations")
    return done, kills, True


def _tell_wrong(say: Callable[[str], None], database: str, seed: str, number: int, ended: Episode,
                again: Callable[[Collection[int]], Episode], only: Collection[int] | None, shorten_for: float) -> None:
    say(f"VIOLATION on {database}, seed {seed}, episode {number}, operation {ended.number}:\n{ended.wrong}\nthe last operations:")
    say("\n".join(ended.last[-15:]))
    command = f"python3 -m backend campaign random --database {database} --seed {seed} --episode {number}"
    say(f"again: {command}" + (f" --only {','.join(map(str, only))}" if only else ""))
    if shorten_for and not only:
        numbers = shorten(again, list(range(1, ended.number + 1)), shorten_for)
        short = again(numbers)
        say(f"shorter ({len(numbers)} operations): {command} --only {','.join(map(str, numbers))}\n{short.wrong}")
        say("\n".join(short.last[-15:]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m backend campaign random", description=__doc__)
    parser.add_argument("--ops", type=int, default=10_000, help="how many operations on each database (10,000)")
    parser.add_argument("--seed", default="1", help="what they are drawn from (1)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only on this one (default: on both)")
    parser.add_argument("--episode", type=int, help="play this episode alone")
    parser.add_argument("--processes", action="store_true",
                        help="on a real shop whose processes are killed meanwhile; --only does not go with it")
    parser.add_argument("--only", type=lambda text: [int(each) for each in text.split(",")], help="of it only these operations")
    given = parser.parse_args()
    well = True
    for database in [given.database] if given.database else ["sqlite", "postgresql"]:
        if given.processes:
            _, all_well = random_processes.run(database, given.ops, given.seed, episode=given.episode,
                                               say=lambda text: print(text, flush=True))
            well = well and all_well
            continue
        *_, all_well = run(database, given.ops, given.seed, episode=given.episode, only=given.only,
                           say=lambda text: print(text, flush=True))
        well = well and all_well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
