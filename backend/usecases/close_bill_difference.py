"""Close a difference between our books and WeChat's bill: a person has looked and says why it is so."""

from datetime import date

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.payments import store as payments
from backend.payments.rules import clean_note


def close_bill_difference(ctx: Context, *, day: date, kind: str, number: str, note: str) -> None:
    """Close an open difference with a note; comparing the day again leaves it closed.

    Refuses an empty note (`note_needed`), the absent (`not_found`) and what is not open any more (`settled_already`).
    """
    ctx.actor.must("money.check")
    ctx.actor.must_see_all()
    note = clean_note(note)

    with transaction(ctx) as tx:
        closed = payments.close_difference(tx, day, kind, number, note)
        audit.record(tx, "close_bill_difference", f"{day.isoformat()}/{number}",
                     before={"state": "open", "problem": closed.problem, "ours_fen": closed.ours_fen,
                             "theirs_fen": closed.theirs_fen},
                     after={"state": "closed", "note": note})
