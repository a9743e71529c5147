"""Forget client keys that are older than 30 days."""

from backend.context import Context
from backend.infra.once import forget_old
from backend.infra.uow import transaction


def forget_old_keys(ctx: Context) -> int:
    """Delete them; returns how many."""
    with transaction(ctx, last=True) as tx:
        return forget_old(tx)
