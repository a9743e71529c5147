"""Close a ticket: staff with an outcome, the shopper because it is settled."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.tickets import rules
from backend.tickets import store as tickets
from backend.tickets.events import TicketClosed
from backend.tickets.states import CLOSED


def close_ticket(ctx: Context, *, ticket_id: str, outcome: str = "settled", words: str = "") -> None:
    """End a ticket; one that is closed stays as it is. Staff (`tickets.answer`) choose an outcome and describe it, for the
    shopper to read; a shopper's own ticket ends as settled. It can be opened again for a week."""
    member_id = None
    if ctx.actor.kind == "shopper":
        member_id, outcome, words = ctx.actor.member_id, "settled", ""
    else:
        ctx.actor.must("tickets.answer")
        words = rules.check_outcome(outcome, words)
    with transaction(ctx) as tx:
        ticket = tickets.lock_ticket(tx, ticket_id, member_id)
        if member_id is None:
            ctx.actor.must_see(ticket.store_id)
        if ticket.state == CLOSED:
            return
        tickets.step(tx, ticket, "closed", CLOSED, words or outcome, outcome=outcome, outcome_words=words, due_at=None,
                     overdue_at=None, closed_at=ctx.now)
        if member_id is None:
            audit.record(tx, "close_ticket", ticket_id, before={"state": ticket.state}, after={"state": CLOSED, "outcome": outcome})
        tx.emit(TicketClosed(ticket_id))
