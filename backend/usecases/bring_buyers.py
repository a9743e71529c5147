"""Log in as many members of a crowd at once, to measure with them; never possible in a real shop."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from backend.context import Context
from backend.crowd import store as crowds
from backend.crowd.refusals import DATABASE_IN_USE
from backend.infra.uow import transaction
from backend.members import store as members

LASTING = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who can order: their token, and the address that the goods go to."""

    member_id: str
    address_id: str
    token: str


def bring_buyers(ctx: Context, *, count: int) -> list[Buyer]:
    """Tokens for the first `count` members with an address (fewer when there are not so many), in three statements.

    Refuses (`database_in_use`) where the members are real.
    """
    ctx.actor.must("jobs.run")
    with transaction(ctx) as tx:
        if not crowds.is_crowd(tx):
            raise DATABASE_IN_USE()
        buyers = [Buyer(row.member_id, row.id, secrets.token_urlsafe(32)) for row in crowds.find_addresses(tx, count)]
        members.open_sessions(tx, {_hash(each.token): each.member_id for each in buyers}, ctx.now + LASTING)
    return buyers


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
