"""Record what goods were really sold for: paid order lines become deal days, deal days become units sold."""

from datetime import date, timedelta

from sqlalchemy import bindparam, func, select, text, update

from backend.catalog import store as catalog
from backend.catalog.models import DealDay, Product, Sku
from backend.infra.db import Utc
from backend.infra.uow import Transaction
from backend.kernel.calendar import day_start

DEALS, PRODUCTS, SKUS = DealDay.__table__, Product.__table__, Sku.__table__
PLACED_BEFORE = timedelta(days=3)
"""An order is paid or closed long before this has passed since it was placed."""

_CHINA_DAY = {
    "sqlite": "date(o.paid_at, '+8 hours')",
    "postgresql": "cast(o.paid_at at time zone 'UTC' + interval '8 hours' as date)",
}
_COUNT = {
    dialect: text(f"""
    insert into deal_days (sku_id, day, lowest_fen, highest_fen, quantity)
    select l.sku_id, {day}, min(l.payable_fen / l.quantity), max(l.payable_fen / l.quantity), sum(l.quantity)
    from orders o join order_lines l on l.order_id = o.id
    where o.placed_at >= :placed_since and o.paid_at >= :paid_since
    group by l.sku_id, {day}
    on conflict (sku_id, day) do update
    set lowest_fen = excluded.lowest_fen, highest_fen = excluded.highest_fen, quantity = excluded.quantity
    """).bindparams(bindparam("placed_since", type_=Utc()), bindparam("paid_since", type_=Utc()))
    for dialect, day in _CHINA_DAY.items()
}
_TOUCHED = select(SKUS.c.product_id).distinct().join(DEALS, DEALS.c.sku_id == SKUS.c.id).where(DEALS.c.day >= bindparam("since"))
_SOLD = (
    select(func.coalesce(func.sum(DEALS.c.quantity), 0))
    .join(SKUS, SKUS.c.id == DEALS.c.sku_id)
    .where(SKUS.c.product_id == PRODUCTS.c.id)
    .scalar_subquery()
)
_COUNT_SOLD = (
    update(PRODUCTS).where(PRODUCTS.c.id.in_(bindparam("ids", expanding=True)), PRODUCTS.c.sold != _SOLD).values(sold=_SOLD)
)


def record_deals(tx: Transaction, since: date) -> int:
    """Count anew all deals paid on or after the Chinese day `since`; returns how many products were sold in that time.

    The price of a deal is what was payable for the line, per unit, rounded down to a fen; refunds do not undo it. Four
    statements; counting twice gives the same.
    """
    start = day_start(since)
    tx.execute(_COUNT[tx.dialect], {"paid_since": start, "placed_since": start - PLACED_BEFORE})
    sold = list(tx.execute(_TOUCHED, {"since": since}).scalars())
    catalog.lock_products(tx, sold)
    if sold:
        tx.execute(_COUNT_SOLD, {"ids": sold})
    return len(sold)
