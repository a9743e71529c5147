"""Settle money news that did not fit our books: a person has looked and says what became of it."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.payments import store as payments
from backend.payments.rules import clean_note


def settle_exception(ctx: Context, *, exception_id: str, note: str) -> None:
    """Close an open exception with a note; nothing else changes, least of all money.

    Refuses an empty note (`note_needed`), the absent (`not_found`) and what was settled before (`settled_already`).
    """
    ctx.actor.must("money.check")
    ctx.actor.must_see_all()
    note = clean_note(note)

    with transaction(ctx) as tx:
        settled = payments.settle_exception(tx, exception_id, note)
        audit.record(tx, "settle_exception", exception_id, before={"state": "open", "kind": settled.kind, "number": settled.number},
                     after={"state": "closed", "note": note})
