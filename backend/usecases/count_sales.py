"""Count what each store sold, day by day, for the front page and its chart."""

from datetime import date, timedelta

from backend.context import Context
from backend.infra import marks
from backend.infra.uow import reading, transaction
from backend.insights import store as insights
from backend.kernel.calendar import business_day
from backend.steps.gather_sales import gather_sales

MARK = "sales_counted"
EVER = date(2000, 1, 1)


def count_sales(ctx: Context, *, since: date | None = None) -> int:
    """Count the days from `since` on; by default from the day before the last count, at first all. Returns how many figures.

    Counted in a snapshot and written afterwards, so that the first count of a large shop holds no lock. Converges: it may
    run late, twice or beside itself. After the clock was set back it counts from the day before today.
    """
    ctx.actor.must("jobs.run")
    today = business_day(ctx.now)

    with reading(ctx) as rd:
        last = (marks.find_mark(rd, MARK) or {}).get("day")
        if since is None:
            since = min(date.fromisoformat(last), today) - timedelta(days=1) if last else EVER
        figures = gather_sales(rd, since)

    with transaction(ctx, last=True) as tx:
        marks.set_mark(tx, MARK, {"day": today.isoformat()})
        insights.write_sales(tx, figures)
    return len(figures)
