"""Stop waiting for WeChat's verdict; a person decides."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.screenings import store as screenings
from backend.steps.settle_check import settle_check


def give_up_screening(ctx: Context, *, subject: str, revision: int) -> None:
    """End what of a revision has no verdict yet. One that comes later still counts, until a person has decided."""
    with transaction(ctx, last=True) as tx:
        if screenings.give_up(tx, subject, revision, "no verdict in time"):
            settle_check(tx, subject, revision)
