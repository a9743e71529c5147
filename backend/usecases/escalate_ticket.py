"""Mark a ticket that the shop did not answer in time."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.tickets import store as tickets
from backend.tickets.events import TicketOverdue
from backend.tickets.states import TO_DO


def escalate_ticket(ctx: Context, *, ticket_id: str) -> None:
    """Mark it overdue, in its history as well; once for each deadline. Leaves alone what was answered, closed or is not due."""
    ctx.actor.must_be("system")
    with transaction(ctx, last=True) as tx:
        ticket = tickets.lock_ticket(tx, ticket_id)
        if ticket.state not in TO_DO or ticket.due_at > ctx.now or ticket.overdue_at is not None:
            return
        tickets.step(tx, ticket, "overdue", why="nobody answered in time", overdue_at=ctx.now)
        tx.emit(TicketOverdue(ticket_id))
