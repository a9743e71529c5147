"""The crowd of a scratch database: whether it stands, and two of its shoppers."""

from typing import Any

from sqlalchemy import bindparam, func, select, text

from backend.context import Context
from backend.crowd import store as crowds
from backend.crowd.rules import Crowd
from backend.infra.uow import reading
from backend.kernel.ids import first_id
from backend.orders.models import Order

ORDERS = Order.__table__


def crowd_stands(ctx: Context, *, orders: int, members: int, seed: int) -> bool:
    """Whether all of this crowd is there; refuses what `fill_scratch` would refuse, before anything was touched."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        stand = crowds.find_crowd(rd, Crowd(orders, members, 0, seed))
    return stand is not None and stand.whole


def two_shoppers(ctx: Context) -> list[tuple[str, str]]:
    """(member id, order id) of two members with orders."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        rows = rd.execute(select(ORDERS.c.member_id, ORDERS.c.id).order_by(ORDERS.c.id.desc()).limit(500))
        found = {row.member_id: row.id for row in rows}
    return list(found.items())[:2]


def crowd_skus(ctx: Context, *, beginning: str) -> list[dict[str, Any]]:
    """What is sold under codes that begin so: rows of id, product_id, code, title, price_fen, by code."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return [row for row in crowds.find_skus(rd) if row["code"].startswith(beginning)]


_NEXT = select(ORDERS.c.id, ORDERS.c.member_id).where(ORDERS.c.id >= bindparam("at")).order_by(ORDERS.c.id).limit(1)


def some_orders(ctx: Context, *, count: int) -> list[tuple[str, str]]:
    """(order id, member id) of so many orders of all ages."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        total = rd.execute(select(func.count()).select_from(ORDERS)).scalar_one()
        first, last = rd.execute(select(func.min(ORDERS.c.placed_at), func.max(ORDERS.c.placed_at))).one()
        found = []
        for number in range(min(count, total)):
            at = first_id("ord", first + (last - first) * number / count)
            row = rd.execute(_NEXT, {"at": at}).first()
            found += [(row.id, row.member_id)] if row else []
        return found


_SOLD = text("""select s.on_hand, s.reserved, s.on_hand - s.reserved as available,
    (select count(*) from order_lines where sku_id = s.sku_id) as orders,
    (select coalesce(sum(quantity - released_qty), 0) from order_lines where sku_id = s.sku_id) as sold
    from stock_levels s where s.sku_id = :sku_id""")


def sold_of(ctx: Context, *, sku_id: str) -> dict[str, int]:
    """What became of a SKU: on_hand, reserved, available, and the orders and units that its order lines say."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return {name: int(value) for name, value in rd.execute(_SOLD, {"sku_id": sku_id}).mappings().one().items()}


def how_many_orders(ctx: Context) -> int:
    """All orders, counted."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return rd.execute(select(func.count()).select_from(ORDERS)).scalar_one()


_WAL = text("select cast(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bigint)")


def wal_bytes(ctx: Context) -> int | None:
    """How much PostgreSQL has written to its journal since it was made; None on SQLite."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return rd.execute(_WAL).scalar_one() if rd.dialect == "postgresql" else None
