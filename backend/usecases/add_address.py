"""Add an address to one's book."""

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.members import rules
from backend.members import store as members
from backend.members.refusals import TOO_MANY_ADDRESSES


def add_address(
    ctx: Context,
    *,
    name: str,
    phone: str,
    region_code: str,
    detail: str,
    is_default: bool = False,
    key: ClientKey | None = None,
) -> str:
    """Add it and return its id; the first one is the default whatever is asked, a new default replaces the old.

    With the same key again: the same id and no second address. Refuses what cannot be delivered to (`receiver_name`,
    `phone`, `region`, `address_detail`) and a 51st address (`too_many_addresses`).
    """
    member_id = ctx.actor.member_id
    to = rules.destination(name=name, phone_text=phone, region_code=region_code, detail=detail)
    address_id = new_id("adr", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "add_address", {"id": address_id})
        if first is not None:
            return first["id"]
        members.lock_member(tx, member_id)
        count = members.count_addresses(tx, member_id)
        if count >= rules.MAX_ADDRESSES:
            raise TOO_MANY_ADDRESSES(limit=rules.MAX_ADDRESSES)
        index = ctx.cipher.blind_index(to.phone, "phone")
        members.insert_address(tx, address_id, member_id, to, index, is_default or count == 0)
    return address_id
