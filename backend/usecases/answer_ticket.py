"""Answer a ticket, or leave a note that only staff see."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.steps.claim_pictures import claim_pictures
from backend.tickets import rules
from backend.tickets import store as tickets
from backend.tickets.events import TicketAnswered, TicketSilenceDue
from backend.tickets.refusals import NOT_NOW, NOTE_PICTURES
from backend.tickets.states import ANSWERED, CLOSED


def answer_ticket(ctx: Context, *, ticket_id: str, words: str, pictures: Sequence[str] = (), note: bool = False,
                  key: ClientKey | None = None) -> None:
    """Add what staff say, with pictures that they sent for it.

    An answer ends the deadline and the lateness, and makes whoever answers the owner if there is none; a `note` changes nothing
    else, and has no pictures (`ticket_note_pictures`). An answered ticket closes by itself when the shopper stays silent for a
    week. Refuses a closed ticket (`ticket_not_now`). Staff with `tickets.answer`.
    """
    ctx.actor.must("tickets.answer")
    words, pictures = rules.check_text(words), rules.check_pictures(pictures)
    if note and pictures:
        raise NOTE_PICTURES()
    silence = rules.silence_due(ctx.now)
    with transaction(ctx) as tx:
        if claim(tx, key, "answer_ticket", {"id": ticket_id}) is not None:
            return
        ticket = tickets.lock_ticket(tx, ticket_id)
        ctx.actor.must_see(ticket.store_id)
        if ticket.state == CLOSED:
            raise NOT_NOW()
        if note:
            tickets.step(tx, ticket, "written", side="note", words=words)
            return
        owner = ticket.owner or ctx.actor.id or None
        tickets.step(tx, ticket, "answered", ANSWERED, side="staff", words=words, pictures=pictures, owner=owner, due_at=None,
                     overdue_at=None, answered_at=ctx.now)
        claim_pictures(tx, ctx.actor, pictures, "ticket", ticket_id, ticket.store_id)
        audit.record(tx, "answer_ticket", ticket_id, before={"state": ticket.state, "overdue": ticket.overdue_at is not None},
                     after={"state": ANSWERED, "owner": owner})
        tx.emit(TicketAnswered(ticket_id))
        tx.emit(TicketSilenceDue(ticket_id), at=silence)
