"""Enter what a member said elsewhere – in a group, on the phone – as a ticket on their behalf; staff only."""

from typing import Any

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import human_code, new_id
from backend.steps.place_ticket import place_ticket
from backend.tickets import rules
from backend.tickets import store as tickets
from backend.tickets.events import TicketAnswerDue, TicketOpened
from backend.tickets.states import OPEN


def enter_ticket(ctx: Context, *, member_id: str, category: str, words: str, heard_in: str, order_id: str | None = None,
                 order_line_id: str | None = None, key: ClientKey | None = None) -> dict[str, Any]:
    """Open a ticket for a member; returns {id, number}. `heard_in` says where it was said. The member sees it as their own,
    and whoever entered it answers it until somebody else is assigned.

    Refuses unknown members, and orders and lines that are not theirs (`ticket_about`).
    """
    ctx.actor.must("tickets.answer")
    rules.check_category(category)
    words, heard_in = rules.check_text(words), rules.check_text(heard_in)[:100]
    due = rules.answer_due(ctx.now, ctx.shop.ticket_answer_hours)
    facts = {"id": new_id("tkt", ctx.now), "number": human_code(10)}
    with transaction(ctx) as tx:
        first = claim(tx, key, "enter_ticket", facts)
        if first is not None:
            return first
        about = place_ticket(tx, member_id, order_id, order_line_id)
        ctx.actor.must_see(about["store_id"])

        tickets.insert_ticket(tx, facts | about | {
            "member_id": member_id, "category": category, "heard_in": heard_in, "state": OPEN, "moves": 1, "messages": 1,
            "owner": ctx.actor.id or None, "opened_by": str(ctx.actor), "opened_at": ctx.now, "due_at": due,
            "outcome_words": ""}, "member", words, [])
        audit.record(tx, "enter_ticket", facts["id"], after={"member_id": member_id, "category": category, "order_id": order_id})
        tx.emit(TicketOpened(facts["id"]))
        tx.emit(TicketAnswerDue(facts["id"]), at=due)
    return facts
