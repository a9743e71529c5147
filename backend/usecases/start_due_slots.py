"""Start what the timetable says is due: each moment once, however many schedulers tick."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra.marks import claim_slot, last_slot
from backend.infra.uow import reading, transaction
from backend.kernel.rhythm import Entry


def start_due_slots(ctx: Context, *, timetable: Sequence[Entry]) -> int:
    """Emit the events of all due moments (missed days are caught up, shorter rhythms collapse); returns how many."""
    due = []
    with reading(ctx) as rd:
        for entry in timetable:
            due += [(entry, moment) for moment in entry.rhythm.due(last_slot(rd, entry.name), ctx.now)]
    if not due:
        return 0
    started = 0
    with transaction(ctx) as tx:
        for entry, moment in due:
            if claim_slot(tx, entry.name, moment):
                tx.emit(entry.event(moment))
                started += 1
    return started
