"""Give a reaction that was given up its tries again; staff only."""

from backend.context import Context
from backend.infra import audit, outbox
from backend.infra.outbox import NOT_DEAD
from backend.infra.uow import transaction


def revive_delivery(ctx: Context, *, event_id: str, reaction: str) -> None:
    """Revive a dead delivery; the worker takes it up within a second. Refuses what is not dead (`delivery_not_dead`)."""
    ctx.actor.must("jobs.run")
    ctx.actor.must_see_all()
    with transaction(ctx) as tx:
        if not outbox.revive(tx.connection, event_id, reaction):
            raise NOT_DEAD()
        audit.record(tx, "revive_delivery", event_id, before={"reaction": reaction, "state": "dead"},
                     after={"reaction": reaction, "state": "open"})
