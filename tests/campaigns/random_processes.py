"""Plays random operations on a real shop, whose processes die meanwhile, and compares all of it with the oracle.

`campaign random --processes [--ops N] [--seed S] [--database …]`: gunicorn, worker, cron, Valkey and wxsim as `up` starts them.
Bursts of operations by many at once, web workers, jobs, Valkey and wxsim killed in the middle, Redis emptied, WeChat faulty, the
clock moved. Every call is repeated with its key until it is answered; then the shop comes to rest, and the oracle takes the same
operations. The same seed draws the same operations again; which process runs when is the machine's.
"""

import itertools
import random
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from backend.commands._stage import Stage
from backend.infra import shop_rules
from backend.infra.clock import ticks
from tests import services
from tests.campaigns import real_shop
from tests.campaigns.both_sides import Violation
from tests.campaigns.crowd import Crowd
from tests.campaigns.victims import VICTIMS, strike

HURRY = {"TUANMA_CROWD": "1", "TUANMA_REQUESTS_PER_MINUTE": "1000000"}
"""The shop's retries are short (`hooked/`), and its few busy shoppers meet no limit of requests: that has its own tests."""
TELL_EVERY = 10
BURSTS = 60
"""Bursts of one shop."""
SIZES = (12, 16, 20, 24)
DEADLY = 0.45
"""Share of bursts in which processes die."""
VICTIM_SHARES = {"job": 7, "web": 6, "flush": 4, "worker": 3, "wxsim": 3, "valkey": 2, "master": 1, "cron": 1}
HUNT_SECONDS = 2.0
"""How long is waited for a job to kill."""
WIRE = ("answer-lost", "connection-dropped", "answer-500", "answer-502", "answer-503", "answer-html", "answer-empty",
        "answer-truncated", "answer-unknown-field", "answer-unsigned", "answer-forged", "answer-altered", "answer-stale",
        "clock-skew", "busy", "token-invalidated", "token-expired")
"""Faults of any call of WeChat's, before or after its effect: all is well in the end."""
SLOW = "frequency"
"""Too many calls: tried again a minute later."""
JUMPS = ((None, 50), (timedelta(minutes=5), 12), (timedelta(minutes=16), 10), (timedelta(hours=8), 8), (timedelta(days=1), 5),
         (timedelta(days=3), 4), (timedelta(days=11), 3))
SETTINGS = {"": 60, "reprice": 12, "shelve": 8, "change_rules": 10, "restock": 10}
"""What the shop is changed by before a burst."""


@dataclass
class Played:
    """What was played on one shop, and what went wrong."""

    operations: int = 0
    bursts: int = 0
    seconds: float = 0.0
    struck: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    wrong: str | None = None
    last: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return sum(count for victim, count in self.struck.items() if victim != "flush")


@dataclass
class Mayhem:
    """What dies in a burst, and when; drawn beforehand."""

    stage: Stage
    rng: random.Random
    plan: list[tuple[float, str]]
    struck: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        began = ticks()
        for at, victim in self.plan:
            time.sleep(max(began + at - ticks(), 0))
            until = ticks() + HUNT_SECONDS
            while not (hit := strike(self.stage, victim, self.rng)) and victim == "job" and ticks() < until:
                time.sleep(0.004)
            if hit:
                self.struck.append(victim)


def play(stage: Stage, seed: str, bursts: int, *, stop_at: int | None = None, say: Callable[[str], None] = print) -> Played:
    """So many bursts on a fresh shop (or until `stop_at` operations are done)."""
    played, began = Played(), ticks()
    crowd = Crowd(stage.running.database_url, stage.running.data, seed, stage=stage)
    try:
        crowd.furnish()
        for number in range(1, bursts + 1):
            burst(crowd, number, played)
            played.bursts = number
            if number % TELL_EVERY == 0:
                say(f"  {number} bursts, {played.operations} operations, {played.operations / (ticks() - began):.1f} a second, "
                    f"{told(played.struck)}")
            if stop_at is not None and played.operations >= stop_at:
                break
    except Violation as violation:
        played.wrong = str(violation)
    except Exception as error:
        played.wrong = "".join(traceback.format_exception(error)[-8:])
    played.seconds, played.last = ticks() - began, crowd.last
    return played


def burst(crowd: Crowd, number: int, played: Played) -> None:
    """Change the shop or the time; then many operations at once, while processes die and WeChat is faulty; then all must agree."""
    rng = crowd.rng = random.Random(f"{crowd.seed}/{number}")
    crowd.number = number
    crowd.last = crowd.last[-200:]
    [jump] = rng.choices([each for each, _ in JUMPS], [share for _, share in JUMPS])
    if jump is not None:
        crowd.say(f"{jump} later")
        crowd.move_past(crowd.stage.now() + jump)
        crowd.rest([])
    [setting] = rng.choices(list(SETTINGS), list(SETTINGS.values()))
    if setting:
        getattr(crowd, setting)()
    played.operations += bool(jump) + bool(setting)
    crowd.make_room()
    crowd.scarce_burst = rng.random() < 0.2
    acts = crowd.draw(rng.choice(SIZES))
    _arm(crowd, rng, played)
    deadly = rng.random() < DEADLY
    plan = sorted((rng.uniform(0, 1.2), rng.choices(list(VICTIM_SHARES), list(VICTIM_SHARES.values()))[0])
                  for _ in range(rng.choice((1, 1, 2, 3)) if deadly else 0))
    mayhem = Mayhem(crowd.stage, random.Random(f"{crowd.seed}/{number}/mayhem"), plan)
    crowd.say(f"burst of {len(acts)}{', goods are scarce' if crowd.scarce_burst else ''}; to die: {plan}")
    crowd.play(acts, mayhem.run)
    played.struck.update(mayhem.struck)
    played.operations += sum(len(act.answers) for act in acts)
    crowd.disarm(*WIRE, SLOW)
    crowd.rest(acts)


def _arm(crowd: Crowd, rng: random.Random, played: Played) -> None:
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        fault, options = rng.choice(WIRE), {}
        if fault in ("answer-500", "answer-502", "answer-503"):
            options = {"after_effect": rng.random() < 0.5}
        if fault == "clock-skew":  # a notification of another time is never taken
            options = {"call": rng.choice(("order", "query", "close", "refund"))}
        crowd.arm(fault, times=rng.choice((1, 1, 2)), **options)
        crowd.say(f"WeChat: {fault} {options}")
        played.faults += 1
    if rng.random() < 0.1:
        crowd.arm(SLOW, call=rng.choice(("refund", "shipping-upload")))
        played.faults += 1


def run(database: str, operations: int, seed: str, *, episode: int | None = None, bursts: int = BURSTS,
        say: Callable[[str], None] = print) -> tuple[Counter[str], bool]:
    """Play on fresh shops until so many operations are done; what was struck, and whether all was well."""
    total, done, seconds, struck, faults = 0, 0, 0.0, Counter[str](), 0
    fresh, shop_rules.FRESH_SECONDS = shop_rules.FRESH_SECONDS, 0.1
    try:
        for number in itertools.count() if episode is None else [episode]:
            with ExitStack() as stack:
                root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tuanma-crowd-")))
                url = stack.enter_context(services.postgres()) if database == "postgresql" else None
                stage, _ = stack.enter_context(real_shop.opened(root, HURRY | ({"DATABASE_URL": url} if url else {})))
                played = play(stage, f"{seed}/{number}", bursts, say=say,
                              stop_at=None if episode is not None else operations - total)
            total, done, seconds = total + played.operations, done + played.bursts, seconds + played.seconds
            struck, faults = struck + played.struck, faults + played.faults
            if played.wrong:
                say(f"VIOLATION on {database}, seed {seed}, episode {number}, burst {played.bursts + 1}:\n{played.wrong}\n"
                    "the last operations:")
                say("\n".join(played.last[-60:]))
                say(f"again: python3 -m backend campaign random --processes --database {database} --seed {seed} --episode {number}"
                    " (draws the same operations; which process runs when is the machine's)")
                return struck, False
            if total >= operations:
                break
            say(f"{database}: {total} operations, {total / seconds:.1f} a second, {told(struck)}")
    finally:
        shop_rules.FRESH_SECONDS = fresh
    say(f"{database}, seed {seed}: {total} operations in {done} bursts and {seconds:.0f} s ({total / seconds:.1f} a second), "
        f"{told(struck)}, {faults} faults of WeChat's wire, 0 violations")
    return struck, True


def told(struck: Counter[str]) -> str:
    kills = ", ".join(f"{VICTIMS[victim]} {count}" for victim, count in sorted(struck.items()) if victim != "flush")
    return f"{sum(struck.values()) - struck['flush']} kills ({kills or 'none'}), Redis emptied {struck['flush']} times"
