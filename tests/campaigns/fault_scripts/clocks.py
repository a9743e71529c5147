"""Clocks that jump and clocks that differ (F25, F26)."""

import signal
import time
from datetime import datetime, timedelta

from backend.commands import _process
from backend.infra.marks import last_slot
from backend.infra.uow import reading
from backend.kernel.calendar import CHINA
from tests.campaigns.fault_scripts.ground import Ground, Wrong

ALMOST = 270
"""Seconds that WeChat still takes for the same time: its limit is five minutes."""
TOO_FAR = 400
LEFT_BEHIND_SECONDS = 300
"""How long it may take to close the hundreds of orders that the faults before this one left unpaid: work, and no harm."""
AGAIN_SECONDS = 150
"""Real seconds after which the timetable goes on when the clock went back (`STILL_SECONDS`, a rhythm and some ticks)."""
FAILING = "select count(*) from deliveries where done_at is null and dead_at is null and attempt > 0 and error is not null"


def jumps(ground: Ground) -> str:
    """On to a second before midnight of the last of the month, and over it; three days on; an hour back; under orders. Money is
    looked for again long before that hour has passed."""
    ground.stage.move_to(ground.stage.now() + timedelta(hours=1))
    ground.quiet(LEFT_BEHIND_SECONDS)
    buyer = ground.buyer()
    left = [buyer.place() for _ in range(2)]
    ground.quiet()
    now = ground.stage.now().astimezone(CHINA)
    turn = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
    for moment in (turn - timedelta(seconds=1), turn + timedelta(seconds=2), turn + timedelta(days=3)):
        ground.stage.move_to(moment)
        buyer.buy()
        ground.quiet()
    ground.stage.clock.move_to(ground.stage.now() - timedelta(hours=1))
    back = ground.stage.now()
    for _ in range(3):
        buyer.buy()
    if not _process.wait_until(lambda: _started_since(ground, back), AGAIN_SECONDS):
        raise Wrong(f"an hour back, and after {AGAIN_SECONDS} s the timetable still stands")
    said = ground.holds(buyers=[buyer])
    states = {ground.rows("select state from orders where id = :id", id=each)[0][0] for each in left}
    if states != {"closed"}:
        raise Wrong(f"orders that nobody paid in three days are {states}")
    return said


def _started_since(ground: Ground, moment: datetime) -> bool:
    """Whether the last moment at which money was looked for lies between then and now, by the shop's clock."""
    with reading(ground.stage.ctx()) as rd:
        last = last_slot(rd, "query_open_money")
    return last is not None and moment <= last <= ground.stage.now()


def worker_differs(ground: Ground) -> str:
    """The only worker's clock is almost five minutes ahead, almost five behind, then so far off that WeChat believes nothing."""
    said = []
    for seconds in (ALMOST, -ALMOST, TOO_FAR):
        own = ground.root / f"clock-{seconds}"
        own.write_text(f"{ground.stage.clock.offset() + seconds:.6f}")
        frozen = ground.processes("worker")
        ground.kill(frozen, signal.SIGSTOP)
        with ground.crowd() as crowd:
            crowd.until(6)
        try:
            with ground.another("worker", TUANMA_CLOCK=f"file:{own}"):
                for buyer in crowd.buyers:
                    ground.refund(buyer)
                if seconds == ALMOST:
                    ground.quiet()
                elif seconds == TOO_FAR:
                    _process.wait_until(lambda: ground.rows(FAILING)[0][0] > 0, 30)
                else:
                    time.sleep(8)  # for this worker nothing is due yet
        finally:
            ground.kill(frozen, signal.SIGCONT)
        said.append(f"{seconds:+} s: {ground.holds(crowd)}")
    return "; ".join(said)


def machines_differ(ground: Ground) -> str:
    """Beside the worker one whose machine is five minutes ahead, so that it takes every lease for over; then five behind."""
    said = []
    for seconds in (300, -300):
        with ground.another("worker", TUANMA_FAULTS_SKEW=str(seconds)), ground.crowd() as crowd:
            crowd.until(8)
            for buyer in crowd.buyers:
                ground.refund(buyer)
            time.sleep(12)
        said.append(f"{seconds:+} s: {ground.holds(crowd)}")
    return "; ".join(said)
