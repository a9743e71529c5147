"""The crowd of a scratch database: whether it stands, and two of its shoppers."""

from sqlalchemy import select

from backend.context import Context
from backend.crowd import store as crowds
from backend.crowd.rules import Crowd
from backend.infra.uow import reading
from backend.orders.models import Order

ORDERS = Order.__table__


def crowd_stands(ctx: Context, *, orders: int, members: int, seed: int) -> bool:
    """Whether this crowd is there; refuses what `fill_scratch` would refuse, before anything was touched."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return crowds.find_crowd(rd, Crowd(orders, members, 0, seed))


def two_shoppers(ctx: Context) -> list[tuple[str, str]]:
    """(member id, order id) of two members with orders."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        rows = rd.execute(select(ORDERS.c.member_id, ORDERS.c.id).order_by(ORDERS.c.id.desc()).limit(500))
        found = {row.member_id: row.id for row in rows}
    return list(found.items())[:2]
