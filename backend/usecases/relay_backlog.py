"""Emit events in a scratch database and move them on as relay and worker do, to measure that; never possible in a real shop."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.context import Context
from backend.crowd import store as crowds
from backend.crowd.refusals import DATABASE_IN_USE
from backend.infra import outbox
from backend.infra.clock import real_now, ticks
from backend.infra.housekeeping import IndexingDue
from backend.infra.uow import transaction

REACTIONS: Mapping[str, Iterable[str]] = {IndexingDue.__name__: ("index_phones",)}


@dataclass(frozen=True, slots=True)
class Relayed:
    """Seconds of one pass of the relay (fan out, lease), and of starting and finishing all that it leased; how many these were."""

    relay: float
    deliver: float
    deliveries: int


def relay_backlog(ctx: Context, *, events: int, history: int = 0) -> Relayed:
    """Emit `events` and relay them to their end; what the crowd left unfanned is fanned out to nobody before.

    With `history` there are so many events of the last thirty days first, all done, as a shop has them.
    Refuses (`database_in_use`) where people are real.
    """
    ctx.actor.must("jobs.run")
    with transaction(ctx) as tx:
        if not crowds.is_crowd(tx):
            raise DATABASE_IN_USE()
        if history:
            crowds.fill_outbox(tx, history, int(ctx.now.timestamp() * 1000))
    while True:
        with transaction(ctx) as tx:
            if not outbox.fan_out(tx.connection, {}):
                break
    with transaction(ctx) as tx:
        for _ in range(events):
            tx.emit(IndexingDue())
    began = ticks()
    with transaction(ctx) as tx:
        outbox.fan_out(tx.connection, REACTIONS)
        leases = outbox.lease_due(tx.connection, ctx.now, real_now())
    relayed = ticks()
    for lease in leases:
        with transaction(ctx) as tx:
            outbox.start(tx.connection, lease, real_now())
        with transaction(ctx) as tx:
            outbox.finish(tx.connection, lease, ctx.now)
    return Relayed(relayed - began, ticks() - relayed, len(leases))
