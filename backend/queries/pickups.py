"""Pick-ups as shoppers and the staff of a point see them."""

from typing import Any

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra.uow import reading
from backend.kernel.errors import NOT_FOUND
from backend.orders.models import Order
from backend.orders.refusals import NOT_NOW
from backend.pickups import store as pickups
from backend.pickups.rules import qr_text, shown_code

ORDERS = Order.__table__
_MINE = select(ORDERS.c.state).where(ORDERS.c.id == bindparam("order_id"), ORDERS.c.member_id == bindparam("member_id"))


def pickup_code(ctx: Context, *, order_id: str) -> dict[str, Any]:
    """The live code of the shopper's own order; refuses absent and foreign orders alike (`not_found`), and those that do not
    wait to be fetched (`not_allowed_now`)."""
    with reading(ctx) as rd:
        order = rd.execute(_MINE, {"order_id": order_id, "member_id": ctx.actor.member_id}).first()
        if order is None:
            raise NOT_FOUND()
        code = pickups.find_code(rd, order_id)
    if code is None:
        raise NOT_NOW(state=order.state)
    return {"code": code, "code_text": shown_code(code), "qr_text": qr_text(code)}
