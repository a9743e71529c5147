"""How long a page's statements take in the database, against the bare statement that reads what the page shows; for `bench`.

The bare page of a list is one statement, written by hand and sent through the raw driver: it reads the rows which the page shows
(twenty, and one to know whether another follows), in the same order and behind the same place, with the columns that stand on the
screen, those of other tables joined to them (goods of an order, the number of a payment's order, what a member bought, who changed
an order). Everything that the list asks beyond – who is logged in, tabs, one's own filters, choices, names – and every detour it
takes has to fit into three times that. `rows` is the same without the other tables, to be seen beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Table, func, select

from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.db import read_engine
from backend.infra.keyset import Sorting
from backend.infra.uow import Reading, reading
from backend.kernel.ids import first_id
from backend.members.models import Member
from backend.orders.models import Order

ROWS = 21
"""Twenty rows, and one to know whether another page follows."""
ORDERS, MEMBERS = Order.__table__, Member.__table__


@dataclass(frozen=True, slots=True)
class BarePage:
    """A list of the console: where it stands, the one statement that reads what it shows, and the one for its own table alone.

    The first column names a row and is on the page."""

    name: str
    path: str
    sql: str
    rows: str


_BESIDE = {
    "orders": """select page.*, line.title, line.options, line.quantity, line.quantity - line.released_qty - line.shipped_qty,
        exists (select 1 from order_notes where order_id = page.id)
        from ({}) page join order_lines line on line.order_id = page.id""",
    "members": """select page.*, (select count(*) from orders where member_id = page.id and paid_at is not null),
        (select max(placed_at) from orders where member_id = page.id and paid_at is not null) from ({}) page""",
    "payments": "select page.*, orders.number from ({}) page join orders on orders.id = page.order_id",
    "refunds": "select page.*, orders.number from ({}) page join orders on orders.id = page.order_id",
    "audit_log": """select page.*, staff.name, orders.number from ({}) page left join staff on staff.id = substr(page.actor, 7)
        left join orders on orders.id = page.subject""",
}
"""The page with what stands beside its rows, which come in its order: sorted again they would make the bare page slower."""
_OWN = {
    "orders": "id, number, ship_to, total_fen, state, delivery, refunded_fen, paid_fen, placed_at",
    "members": "id, nickname, phone, state, created_at",
    "payments": "id, order_id, amount_fen, state, refund_fen, paid_at, transaction_id",
    "refunds": "id, order_id, amount_fen, state, kind, reason, asked_at, problem",
    "audit_log": 'subject, at, actor, action, "before", "after", id',
}
_TO_LEAVE = "exists (select 1 from order_lines where order_id = orders.id and quantity - released_qty - shipped_qty > 0)"


def _bare(name: str, path: str, table: str, where: str = "", order: str = "id desc") -> BarePage:
    rows = f"select {_OWN[table]} from {table} {where and f'where {where}'} order by {order} limit {ROWS}"
    return BarePage(name, path, _BESIDE[table].format(rows), rows)


PAGES = (
    _bare("orders", "/admin/orders/", "orders"),
    _bare("orders to ship", "/admin/orders/?todo=to_ship", "orders", f"state = 'paid' and delivery = 'courier' and {_TO_LEAVE}"),
    _bare("orders completed", "/admin/orders/?state=completed", "orders", "state = 'completed'"),
    _bare("orders by time", "/admin/orders/?sort=placed_at", "orders", order="placed_at, id"),
    _bare("members", "/admin/members/", "members"),
    _bare("members by name", "/admin/members/?q=小满", "members",
          "nickname >= '小满' and nickname < '小满\U0010ffff'", "nickname, id"),
    _bare("payments", "/admin/payments/", "payments"),
    _bare("payments closed", "/admin/payments/?state=closed", "payments", "state = 'closed'"),
    _bare("refunds", "/admin/refunds/", "refunds"),
    _bare("refunds that are stuck", "/admin/refunds/?state=abnormal", "refunds", "state = 'abnormal'"),
    _bare("audit log", "/admin/audit/", "audit_log", order="at desc, id desc"),
)
"""The lists that grow without end, from their beginning."""


def pages(ctx: Context) -> Sequence[BarePage]:
    """The lists from their beginning, and the two largest from their middle: half a million rows lie before a page there."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return [*PAGES, _middle(rd, "orders", "ord", ORDERS, "placed_at"), _middle(rd, "members", "mem", MEMBERS, "created_at")]


def _middle(rd: Reading, name: str, prefix: str, table: Table, came: str) -> BarePage:
    first, last = (_moment(rd, table.c[came], each) for each in (func.min, func.max))
    place = first_id(prefix, first + (last - first) / 2)
    cursor = Sorting.of(table.c.id, table.c.id, desc=True).cursor(SimpleNamespace(id=place), 25_000)
    return _bare(f"{name}, the middle", f"/admin/{name}/?after={cursor}", name, f"id < '{place}'")


def _moment(rd: Reading, column: Any, which: Any) -> datetime:
    return rd.execute(select(which(column))).scalar_one()


def first_column(ctx: Context, page: BarePage) -> list[str]:
    """What the page has to show: the first column of the bare page's rows but the last."""
    ctx.actor.must("jobs.run")
    connection = read_engine().raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(page.rows)
        return [str(row[0]) for row in cursor.fetchall()[:ROWS - 1]]
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of many tries."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        return cls(*(round(each * 1000, 3) for each in (min(seconds), median(seconds), max(seconds))))


def side_by_side(ctx: Context, runs: Sequence[Sequence[tuple[str, Any]]], rounds: int,
                 between: Callable[[], None]) -> list[Times]:
    """Time several runs of statements by turns, each as often first; rows are fetched whole.

    All within one transaction, as a page of the console is. `between` is called after each round."""
    ctx.actor.must("jobs.run")
    times: list[list[float]] = [[] for _ in runs]
    connection = read_engine().raw_connection()
    try:
        cursor = connection.cursor()
        for turn in range(rounds):
            for each in range(len(runs)):
                index = (turn + each) % len(runs)
                cursor.execute("select 1")  # wakes a server that has slept meanwhile, for all alike
                cursor.fetchall()
                began = ticks()
                for sql, parameters in runs[index]:
                    cursor.execute(sql, parameters)
                    cursor.fetchall()
                times[index].append(ticks() - began)
            connection.rollback()
            between()
    finally:
        connection.close()
    return [Times.of(each) for each in times]
