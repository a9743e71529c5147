"""Open one's own ticket again, because it was not settled after all."""

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.tickets import rules
from backend.tickets import store as tickets
from backend.tickets.events import TicketAnswerDue
from backend.tickets.states import WAITING


def reopen_ticket(ctx: Context, *, ticket_id: str, words: str, key: ClientKey | None = None) -> None:
    """It is the shop's turn again, with a new deadline and the same owner. Refuses a ticket that is not closed
    (`ticket_not_closed`) or was for more than a week (`ticket_reopen_over`)."""
    member_id = ctx.actor.member_id
    words = rules.check_text(words)
    due = rules.answer_due(ctx.now, ctx.shop.ticket_answer_hours)
    with transaction(ctx) as tx:
        if claim(tx, key, "reopen_ticket", {"id": ticket_id}) is not None:
            return
        ticket = tickets.lock_ticket(tx, ticket_id, member_id)
        rules.check_reopen(ticket.state, ticket.closed_at, ctx.now)
        tickets.step(tx, ticket, "reopened", WAITING, side="member", words=words, due_at=due, closed_at=None, outcome=None,
                     outcome_words="")
        tx.emit(TicketAnswerDue(ticket_id), at=due)
