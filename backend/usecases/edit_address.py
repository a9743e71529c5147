"""Edit an address of one's book. Orders that went there keep what they were placed with."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.members import rules
from backend.members import store as members


def edit_address(
    ctx: Context, *, address_id: str, name: str, phone: str, region_code: str, detail: str, is_default: bool
) -> None:
    """Replace all of it; made the default it replaces the old one. Doing it again changes nothing.

    Refuses absent and foreign addresses alike (`address_not_found`), and what cannot be delivered to.
    """
    member_id = ctx.actor.member_id
    to = rules.destination(name=name, phone_text=phone, region_code=region_code, detail=detail)
    with transaction(ctx) as tx:
        members.lock_member(tx, member_id)
        members.change_address(tx, address_id, member_id, to, ctx.cipher.blind_index(to.phone, "phone"), is_default)
