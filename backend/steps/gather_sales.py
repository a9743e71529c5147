"""Gather what was sold, day by day and store by store, from orders and refunds as they stand."""

from datetime import date
from typing import Any

from sqlalchemy import bindparam, text

from backend.infra.db import Utc
from backend.infra.uow import Reading
from backend.kernel.calendar import day_start

_CHINA_DAY = {"sqlite": "date({at}, '+8 hours')", "postgresql": "to_char({at} at time zone 'Asia/Shanghai', 'YYYY-MM-DD')"}
_STATEMENTS = (
    """select {day} as day, o.store_id as store_id, count(*) as placed
       from orders o where o.placed_at >= :since group by 1, 2""", "o.placed_at",
    """select {day} as day, o.store_id as store_id, count(*) as paid, sum(o.paid_fen) as paid_fen
       from orders o where o.paid_at >= :since group by 1, 2""", "o.paid_at",
    """select {day} as day, o.store_id as store_id, count(*) as refunds, sum(r.amount_fen) as refunded_fen
       from ledger_transactions t cross join refunds r join orders o on o.id = r.order_id
       where t.kind = 'refund' and t.at >= :since and r.id = t.event_id and r.kind = 'order' group by 1, 2""", "t.at",
)
_GATHER = {
    dialect: [text(sql.format(day=day.format(at=at))).bindparams(bindparam("since", type_=Utc()))
              for sql, at in zip(_STATEMENTS[::2], _STATEMENTS[1::2], strict=True)]
    for dialect, day in _CHINA_DAY.items()
}


def gather_sales(rd: Reading, since: date) -> dict[tuple[date, str], dict[str, int]]:
    """Figures of (Chinese day, store id) from `since` on: placed, paid, paid_fen, refunds, refunded_fen as far as there are any.

    Revenue and refunds count on the day on which they were booked, not on WeChat's: news may come late, and a day that is
    over must stay as it is. Surplus payments that go back are neither. Three statements over indexes of time.
    """
    found: dict[tuple[date, str], dict[str, int]] = {}
    for statement in _GATHER[rd.dialect]:
        for row in rd.execute(statement, {"since": day_start(since)}).mappings():
            figures: dict[str, Any] = {name: int(value) for name, value in row.items() if name not in ("day", "store_id")}
            found.setdefault((date.fromisoformat(row["day"]), row["store_id"]), {}).update(figures)
    return found
