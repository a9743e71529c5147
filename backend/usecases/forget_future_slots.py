"""Forget what a clock that was ahead has started of the timetable, so that it goes on when the clock was set right."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.marks import forget_slots_after, last_slot
from backend.infra.uow import reading, transaction
from backend.kernel.rhythm import Ahead, Entry, Every


def forget_future_slots(ctx: Context, *, timetable: Sequence[Entry], ahead: Ahead) -> int:
    """Delete all moments later than now when `ahead` has seen that no host's clock is there (`kernel/rhythm.py`); returns how
    many. A moment starts once, so without this an hour that a wrong clock has gone through is an hour without looking for money.

    Asked at every tick with the same `ahead`. What ran too early runs once more at its time; the reactions bear that.
    """
    often = [entry for entry in timetable if isinstance(entry.rhythm, Every)]
    with reading(ctx) as rd:
        latest = max((slot for entry in often if (slot := last_slot(rd, entry.name)) is not None), default=None)
    if not ahead.left_behind(latest, ctx.now, ticks()):
        return 0
    with transaction(ctx) as tx:
        return forget_slots_after(tx, ctx.now)
