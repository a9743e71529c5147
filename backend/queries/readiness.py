"""Is what should have happened by now done: the outbox, as /readyz tells it."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from backend.context import Context
from backend.infra.outbox import DELIVERIES, EVENTS, OPEN
from backend.infra.replica import the_replica
from backend.infra.uow import reading

LATE_SECONDS = 60
"""Nothing may stay undone for longer."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Deliveries due and open, events not fanned out among them; `dead` were given up and wait for a person."""

    due: int
    lag_seconds: int
    dead: int
    clock_is_real: bool

    @property
    def healthy(self) -> bool:
        """Late only counts on the system clock: a story that jumps to next Wednesday makes everything due at once."""
        return self.lag_seconds <= LATE_SECONDS or not self.clock_is_real


_DUE = select(func.count(), func.min(DELIVERIES.c.due_at)).where(OPEN, DELIVERIES.c.due_at <= bindparam("now"))
_NEW = select(func.count(), func.min(EVENTS.c.due_at)).where(~EVENTS.c.fanned, EVENTS.c.due_at <= bindparam("now"))
_DEAD = select(func.count()).where(DELIVERIES.c.dead_at.is_not(None))


def replica_state() -> str:
    """`none`, `ok`, `behind` (by more than 10 s), `down`, or `foreign`: no copy of our primary. Only `ok` ones are asked."""
    replica = the_replica()
    return "none" if replica is None else replica.look()


def outbox_backlog(ctx: Context) -> Backlog:
    """How much is due and not done, and for how many seconds the oldest of it has been."""
    with reading(ctx) as rd:
        open_count, open_since = rd.execute(_DUE, {"now": ctx.now}).one()
        new_count, new_since = rd.execute(_NEW, {"now": ctx.now}).one()
        dead = rd.execute(_DEAD).scalar_one()
    oldest = min((at for at in (open_since, new_since) if at is not None), default=ctx.now)
    return Backlog(
        open_count + new_count, int((ctx.now - oldest).total_seconds()), dead, ctx.settings.clock == "system"
    )
