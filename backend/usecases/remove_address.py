"""Remove an address from one's book."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.members import store as members


def remove_address(ctx: Context, *, address_id: str) -> None:
    """Remove it and erase what it said; if it was the default, the newest of the others becomes it.

    Refuses absent, removed and foreign addresses alike (`address_not_found`).
    """
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        members.lock_member(tx, member_id)
        members.remove_address(tx, address_id, member_id)
