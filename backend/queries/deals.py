"""What a SKU was really sold for, day by day; for staff."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select

from backend.catalog.models import DealDay
from backend.context import Context
from backend.infra.uow import reading
from backend.kernel.calendar import business_day

DEALS = DealDay.__table__
DAYS = 90


class Deals(NamedTuple):
    """The deals of a Chinese calendar day: prices of a unit in fen, and units."""

    day: date
    lowest_fen: int
    highest_fen: int
    quantity: int


_HISTORY = (
    select(DEALS.c.day, DEALS.c.lowest_fen, DEALS.c.highest_fen, DEALS.c.quantity)
    .where(DEALS.c.sku_id == bindparam("sku_id"), DEALS.c.day >= bindparam("since"))
    .order_by(DEALS.c.day)
)


def price_history(ctx: Context, *, sku_id: str, days: int = DAYS) -> list[Deals]:
    """The last `days` Chinese days (today is one) on which the SKU was paid for, oldest first; one statement.

    Refunds do not change a deal that was made. The newest deals are as old as the last count (see `count_deals`).
    """
    ctx.actor.must("goods.view")
    since = business_day(ctx.now) - timedelta(days=days - 1)
    with reading(ctx) as rd:
        return [Deals(*row) for row in rd.execute(_HISTORY, {"sku_id": sku_id, "since": since})]
