"""Say who answers a ticket."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.organisation.rules import permissions_of
from backend.tickets import store as tickets
from backend.tickets.refusals import NOT_NOW, OWNER
from backend.tickets.states import CLOSED


def assign_ticket(ctx: Context, *, ticket_id: str, owner: str) -> None:
    """Make a member of staff (by id) the owner; said again nothing changes. The deadline stays. Refuses people who are not
    active or may not answer (`ticket_owner`) and closed tickets (`ticket_not_now`). Staff with `tickets.answer`."""
    ctx.actor.must("tickets.answer")
    with transaction(ctx) as tx:
        ticket = tickets.lock_ticket(tx, ticket_id)
        ctx.actor.must_see(ticket.store_id)
        if ticket.state == CLOSED:
            raise NOT_NOW()
        if ticket.owner == owner:
            return
        person = organisation.get_staff(tx, owner)
        if person.state != "active" or "tickets.answer" not in permissions_of(person.roles):
            raise OWNER()
        tickets.step(tx, ticket, "assigned", why=person.name, owner=owner)
        audit.record(tx, "assign_ticket", ticket_id, before={"owner": ticket.owner}, after={"owner": owner})
