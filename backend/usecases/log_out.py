"""Log out: this token is worthless from now on."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.members import store as members


def log_out(ctx: Context, *, token_hash: str) -> None:
    """Revoke the session of this hash if it is the shopper's own; doing it again changes nothing."""
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        members.revoke_session(tx, member_id, token_hash)
