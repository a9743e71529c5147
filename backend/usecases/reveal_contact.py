"""Show a member's whole phone number, or one of their addresses, to somebody who needs it; each look is written down."""

from dataclasses import dataclass

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.kernel.errors import NOT_FOUND
from backend.members import store as members
from backend.orders import store as orders


@dataclass(frozen=True, slots=True)
class Contact:
    """What was asked for, in clear; name and detail only of an address."""

    phone: str | None
    name: str | None = None
    detail: str | None = None


def reveal_contact(ctx: Context, *, member_id: str, address_id: str | None = None) -> Contact:
    """The phone of a member, or one whole address of theirs, with a row in the audit log (who looked, at whom, never what).

    Refuses members outside the actor's scope as if they did not exist: staff of stores see who ordered there.
    """
    ctx.actor.must("members.reveal")
    with transaction(ctx) as tx:
        member = members.find_member(tx, member_id)
        if member is None or not orders.ordered_in(tx, member_id, ctx.actor.store_ids):
            raise NOT_FOUND()
        audit.record(tx, "reveal_contact", member_id, after={"what": "phone" if address_id is None else "address",
                                                             "address_id": address_id})
        if address_id is None:
            return Contact(member.phone)
        address = members.get_address(tx, member_id, address_id)
    return Contact(address.phone, address.name, address.detail)
