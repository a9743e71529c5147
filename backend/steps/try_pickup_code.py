"""Try a pick-up code: count the try, and tell which order it opens for this member of staff, if any."""

from backend.context import Context
from backend.infra.uow import Transaction
from backend.organisation.rules import minutes_left
from backend.pickups import store as pickups
from backend.pickups.refusals import TOO_MANY_TRIES
from backend.pickups.rules import TRIES_WINDOW, read_code


def try_pickup_code(tx: Transaction, ctx: Context, text: str) -> str | None:
    """The id of the order that the code in `text` opens for the actor; None for a wrong code, and the same None for one of
    another point. Commit either way: a miss is counted before the code is looked at, so that parallel guesses are bounded too.

    Refuses (`too_many_wrong_codes`) when the actor has missed ten times in ten minutes.
    """
    staff_id = ctx.actor.id
    if not pickups.claim_try(tx, staff_id):
        raise TOO_MANY_TRIES(minutes=minutes_left(pickups.tries_since(tx, staff_id) + TRIES_WINDOW, tx.now))
    code = read_code(text)
    opened = pickups.find_opened(tx, ctx.cipher.blind_index(code, pickups.CODE), staff_id) if code else None
    if opened is None or not ctx.actor.sees(opened.store_id):
        return None
    pickups.note_hit(tx, staff_id)
    return opened.order_id
