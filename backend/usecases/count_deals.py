"""Count what was really sold, and for how much: price history, best-sellers, units sold."""

from datetime import date, timedelta

from backend.catalog import store as catalog
from backend.context import Context
from backend.infra import marks
from backend.infra.uow import transaction
from backend.kernel.calendar import business_day
from backend.orders import store as orders

MARK = "deals_counted"
EVER = date(2000, 1, 1)


def count_deals(ctx: Context, *, since: date | None = None) -> int:
    """Count the deals of `since` (Chinese day) and later; by default from the day before the last count, at first all.

    A demo may set the clock back: then it is from the day before today. Returns how many products were sold.
    Converges: it may run late, twice or beside itself.
    """
    ctx.actor.must("jobs.run")
    today = business_day(ctx.now)

    with transaction(ctx, last=True) as tx:
        last = (marks.find_mark(tx, MARK) or {}).get("day")
        marks.set_mark(tx, MARK, {"day": today.isoformat()})
        if since is None:
            since = min(date.fromisoformat(last), today) - timedelta(days=1) if last else EVER
        for deals in orders.sold_since(tx, since):
            catalog.write_deals(tx, deals)
        return catalog.count_sold(tx, since)
