"""Run a line of the timetable now, out of turn; staff only."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra import audit
from backend.infra.marks import NO_SUCH_ENTRY
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.rhythm import Entry


def run_entry_now(ctx: Context, *, name: str, timetable: Sequence[Entry], key: ClientKey | None = None) -> None:
    """Emit the event that the line would emit at this moment, once a `key`; its regular moments stay as they are.

    Every reaction of the timetable is harmless when it runs twice. Refuses unknown names (`no_such_entry`).
    """
    ctx.actor.must("jobs.run")
    ctx.actor.must_see_all()
    entry = next((each for each in timetable if each.name == name), None)
    if entry is None:
        raise NO_SUCH_ENTRY()

    with transaction(ctx) as tx:
        if claim(tx, key, "run_entry_now", {"name": name}) is not None:
            return
        tx.emit(entry.event(ctx.now))
        audit.record(tx, "run_entry_now", name)
