"""Log staff out: this token is worthless from now on."""

from backend.context import Context
from backend.infra.passwords import token_hash
from backend.infra.uow import transaction
from backend.organisation import store as organisation


def log_out_staff(ctx: Context, *, token: str) -> None:
    """End the session of this token; whoever holds it may. Doing it again changes nothing."""
    ctx.actor.must_be("anonymous", "staff")
    with transaction(ctx) as tx:
        organisation.revoke_session(tx, token_hash(token))
