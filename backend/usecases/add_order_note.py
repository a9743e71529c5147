"""Write down something about an order, for the other staff."""

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.rules import check_order_note


def add_order_note(ctx: Context, *, order_id: str, text: str, key: ClientKey | None = None) -> str:
    """Add a note; returns its id. Notes are never changed or removed, and shoppers do not see them.

    The same key again: the same note. Refuses an empty or long one (`note_text`). Staff only; orders of other stores are absent.
    """
    ctx.actor.must("orders.edit")
    text, note_id = check_order_note(text), new_id("not", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "add_order_note", {"note_id": note_id})
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if first is not None:
            return first["note_id"]
        orders.add_note(tx, note_id, order_id, text)
        audit.record(tx, "add_order_note", order_id, after={"note_id": note_id, "length": len(text)})
    return note_id
