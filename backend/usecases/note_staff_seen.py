"""Note that a log-in of staff is in use, so that it does not end as idle."""

from backend.context import Context
from backend.infra.passwords import token_hash
from backend.infra.uow import transaction
from backend.organisation import store as organisation


def note_staff_seen(ctx: Context, *, token: str) -> None:
    """Write the moment down; doors call it once a minute at most for a session, not for every request."""
    ctx.actor.must_be("staff")
    with transaction(ctx) as tx:
        organisation.see_session(tx, token_hash(token))
