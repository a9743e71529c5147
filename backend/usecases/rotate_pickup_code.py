"""Give an order a new pick-up code: the shopper's old one may have been seen by others."""

from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW
from backend.orders.states import PAID
from backend.pickups import store as pickups
from backend.pickups.refusals import TOO_MANY_ROTATIONS


def rotate_pickup_code(ctx: Context, *, order_id: str, key: ClientKey | None = None) -> str:
    """The new code of the shopper's own order that waits to be fetched; the old one opens nothing from now on.

    With the same key again: no other code, the answer is the one that counts now. Refuses (`not_allowed_now`) other orders, and
    (`too_many_new_codes`) a 21st code.
    """
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        first = claim(tx, key, "rotate_pickup_code", {"order_id": order_id})
        order = orders.lock_order(tx, order_id, member_id)
        pickup = pickups.find_pickup(tx, order_id)
        if pickup is None or order.state != PAID:
            raise NOT_NOW(state=order.state)
        if first is not None:
            code = pickups.find_code(tx, order_id)
            assert code is not None
            return code
        if not pickups.claim_rotation(tx, order_id):
            raise TOO_MANY_ROTATIONS()
        pickups.end_code(tx, order_id)
        return pickups.issue_code(tx, ctx.cipher, order_id, pickup.point_id)
