"""What the worker is about to do or is doing at this moment, by name; for whoever moves the clock."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra.outbox import DELIVERIES, EVENTS, OPEN
from backend.infra.uow import reading


@dataclass(frozen=True, slots=True)
class Underway:
    """Names of due events that were not fanned out yet, and of reactions that are due or running."""

    events: frozenset[str]
    reactions: frozenset[str]


_EVENTS = select(EVENTS.c.name).where(~EVENTS.c.fanned, EVENTS.c.due_at <= bindparam("now")).distinct()
_REACTIONS = select(DELIVERIES.c.reaction).where(OPEN, DELIVERIES.c.due_at <= bindparam("now")).distinct()


def underway(ctx: Context) -> Underway:
    """What is due by the shop's clock and not done; two statements."""
    with reading(ctx) as rd:
        return Underway(frozenset(rd.execute(_EVENTS, {"now": ctx.now}).scalars()),
                        frozenset(rd.execute(_REACTIONS, {"now": ctx.now}).scalars()))
