"""Look a pick-up code up, so that staff see the order before they hand it over."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.pickups.refusals import CODE_NOT_FOUND
from backend.steps.try_pickup_code import try_pickup_code


def look_up_pickup_code(ctx: Context, *, code: str) -> str:
    """The id of the order that this code opens, or has opened, at a point of the actor's.

    Refuses (`pickup_code_not_found`) a wrong code, counting it, and one of another point alike; after ten misses in ten
    minutes everything (`too_many_wrong_codes`). Nothing is handed over.
    """
    ctx.actor.must("orders.hand_over")
    with transaction(ctx) as tx:
        order_id = try_pickup_code(tx, ctx, code)
    if order_id is None:
        raise CODE_NOT_FOUND()
    return order_id
