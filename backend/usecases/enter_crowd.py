"""Log in as a member of a crowd, to measure what they are answered; never possible in a real shop."""

import hashlib
import secrets
from datetime import timedelta

from backend.context import Context
from backend.crowd import store as crowds
from backend.crowd.refusals import DATABASE_IN_USE
from backend.infra.uow import transaction
from backend.members import store as members


def enter_crowd(ctx: Context, *, member_id: str) -> str:
    """A token for the member; refuses (`database_in_use`) where the members are real."""
    ctx.actor.must("jobs.run")
    token = secrets.token_urlsafe(32)
    with transaction(ctx) as tx:
        if not crowds.is_crowd(tx):
            raise DATABASE_IN_USE()
        members.open_session(tx, member_id, hashlib.sha256(token.encode()).hexdigest(), ctx.now + timedelta(hours=1))
    return token
