"""Close an answered ticket whose shopper has been silent for a week."""

from datetime import timedelta

from backend.context import Context
from backend.infra.uow import transaction
from backend.tickets import store as tickets
from backend.tickets.events import TicketClosed
from backend.tickets.rules import SILENT_DAYS
from backend.tickets.states import ANSWERED, CLOSED


def close_silent_ticket(ctx: Context, *, ticket_id: str) -> None:
    """Close it; leaves alone what is closed, was written into, or was answered again since."""
    ctx.actor.must_be("system")
    with transaction(ctx, last=True) as tx:
        ticket = tickets.lock_ticket(tx, ticket_id)
        if ticket.state != ANSWERED or ticket.answered_at + timedelta(days=SILENT_DAYS) > ctx.now:
            return
        tickets.step(tx, ticket, "closed", CLOSED, "no_reply", outcome="no_reply", closed_at=ctx.now)
        tx.emit(TicketClosed(ticket_id))
