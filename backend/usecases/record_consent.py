"""Record a yes or no of a shopper to a text in one version."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.members import rules
from backend.members import store as members


def record_consent(ctx: Context, *, kind: str, version: str, granted: bool) -> None:
    """Add it to the record, from which nothing is ever removed; the newest counts. The same again adds nothing.

    Refuses an unknown kind (`consent_kind`) and a malformed version (`consent_version`).
    """
    member_id = ctx.actor.member_id
    rules.must_be_consent(kind, version)
    with transaction(ctx) as tx:
        members.lock_member(tx, member_id)
        if members.find_consent(tx, member_id, kind) != (version, granted):
            members.add_consent(tx, member_id, kind, version, granted)
