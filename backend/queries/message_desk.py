"""Messages for those who look after them: whom each went to and which order it speaks of, by names people know."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.members.models import Member
from backend.messages.models import Message
from backend.orders.models import Order
from backend.payments.models import Refund

MESSAGES, MEMBERS, ORDERS, REFUNDS = (each.__table__ for each in (Message, Member, Order, Refund))

_BESIDE = select(MESSAGES.c.id, MEMBERS.c.nickname, ORDERS.c.id.label("order_id"), ORDERS.c.number).join(
    MEMBERS, MEMBERS.c.id == MESSAGES.c.member_id).outerjoin(REFUNDS, REFUNDS.c.id == MESSAGES.c.about).outerjoin(
    ORDERS, ORDERS.c.id == func.coalesce(REFUNDS.c.order_id, MESSAGES.c.about)).where(
    among(MESSAGES.c.id, "ids"))


def beside_messages(ctx: Context, *, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Nickname, order id and order number of these messages, for a page of the list; one statement. No order: None."""
    ctx.actor.must("jobs.view")
    if not ids:
        return {}
    with reading(ctx) as rd:
        return {row.id: row for row in rd.execute(_BESIDE, {"ids": list(ids)})}
