"""Note how far the demo shop has come, so that a loading that was cut off goes on where it was."""

from datetime import date

from backend.context import Context
from backend.infra.marks import DEMO, set_mark
from backend.infra.uow import transaction


def note_demo(ctx: Context, *, last: date, steps: int, done: bool = False) -> None:
    """Keep the plan's last day, the number of steps that are played, and whether that is all."""
    ctx.actor.must_be("system")
    with transaction(ctx) as tx:
        set_mark(tx, DEMO, {"last": last.isoformat(), "steps": steps, "done": done})
