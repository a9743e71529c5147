"""Write into one's own ticket: more of the story, or an answer to the shop's."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.steps.claim_pictures import claim_pictures
from backend.tickets import rules
from backend.tickets import store as tickets
from backend.tickets.events import TicketAnswerDue
from backend.tickets.refusals import NOT_NOW
from backend.tickets.states import ANSWERED, CLOSED, WAITING


def write_ticket(ctx: Context, *, ticket_id: str, words: str, pictures: Sequence[str] = (), key: ClientKey | None = None) -> None:
    """Add a message of the shopper's. After an answer it is the shop's turn again, with a new deadline; while the shop owes an
    answer the deadline stays as it was. Refuses a closed ticket (`ticket_not_now`)."""
    member_id = ctx.actor.member_id
    words, pictures = rules.check_text(words), rules.check_pictures(pictures)
    due = rules.answer_due(ctx.now, ctx.shop.ticket_answer_hours)
    with transaction(ctx) as tx:
        if claim(tx, key, "write_ticket", {"id": ticket_id}) is not None:
            return
        ticket = tickets.lock_ticket(tx, ticket_id, member_id)
        if ticket.state == CLOSED:
            raise NOT_NOW()
        to, values = (WAITING, {"due_at": due}) if ticket.state == ANSWERED else (None, {})
        tickets.step(tx, ticket, "written", to, side="member", words=words, pictures=pictures, **values)
        claim_pictures(tx, ctx.actor, pictures, "ticket", ticket_id, ticket.store_id)
        if to:
            tx.emit(TicketAnswerDue(ticket_id), at=due)
