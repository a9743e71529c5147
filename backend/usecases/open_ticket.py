"""Complain: a shopper opens a ticket, perhaps about an order or a line of it."""

from collections.abc import Sequence
from typing import Any

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import human_code, new_id
from backend.members import store as members
from backend.steps.claim_pictures import claim_pictures
from backend.steps.place_ticket import place_ticket
from backend.tickets import rules
from backend.tickets import store as tickets
from backend.tickets.events import TicketAnswerDue, TicketOpened
from backend.tickets.refusals import TOO_MANY
from backend.tickets.states import OPEN


def open_ticket(ctx: Context, *, category: str, words: str, pictures: Sequence[str] = (), order_id: str | None = None,
                order_line_id: str | None = None, key: ClientKey | None = None) -> dict[str, Any]:
    """Open a ticket; returns {id, number}. The shop must answer within `ticket_answer_hours`.

    Refuses orders and lines that are not the shopper's (`ticket_about`), pictures that are not theirs, and an eleventh open
    ticket (`ticket_too_many`).
    """
    member_id = ctx.actor.member_id
    rules.check_category(category)
    words, pictures = rules.check_text(words), rules.check_pictures(pictures)
    due = rules.answer_due(ctx.now, ctx.shop.ticket_answer_hours)
    facts = {"id": new_id("tkt", ctx.now), "number": human_code(10)}
    with transaction(ctx) as tx:
        first = claim(tx, key, "open_ticket", facts)
        if first is not None:
            return first
        members.lock_member(tx, member_id)
        if tickets.count_open(tx, member_id) >= rules.MAX_OPEN:
            raise TOO_MANY(limit=rules.MAX_OPEN)
        about = place_ticket(tx, member_id, order_id, order_line_id)

        tickets.insert_ticket(tx, facts | about | {
            "member_id": member_id, "category": category, "heard_in": "", "state": OPEN, "moves": 1, "messages": 1,
            "owner": None, "opened_by": str(ctx.actor), "opened_at": ctx.now, "due_at": due, "outcome_words": ""},
            "member", words, pictures)
        claim_pictures(tx, ctx.actor, pictures, "ticket", facts["id"], about["store_id"])
        tx.emit(TicketOpened(facts["id"]))
        tx.emit(TicketAnswerDue(facts["id"]), at=due)
    return facts
