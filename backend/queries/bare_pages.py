"""How long a page's statements take in the database, against the bare statement that reads the page's rows; for `bench`.

The bare page of a list is the one statement, written by hand and sent through the raw driver, that reads the rows which the page
shows (twenty, and one to know whether another follows), with those columns of their own table that stand on the screen, in the
same order and behind the same place. What a list shows besides – goods of an order, the number of a payment's order, how often a
member bought, names, tabs, one's own filters – and who is logged in, the list has to ask within three times that.
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
    """A list of the console: where it stands, and the one statement that reads its rows; their first column is on the page."""

    name: str
    path: str
    sql: str


def _bare(table: str, columns: str, where: str = "", order: str = "id desc") -> str:
    return f"select {columns} from {table} {where and f'where {where}'} order by {order} limit {ROWS}"


_ORDER = "id, number, ship_to, total_fen, state, delivery, refunded_fen, paid_fen, placed_at"
_MEMBER = "id, nickname, phone, state, created_at"
_PAYMENT = "id, order_id, amount_fen, state, refund_fen, paid_at, transaction_id"
_REFUND = "id, order_id, amount_fen, state, kind, reason, asked_at, problem"
_AUDIT = 'subject, at, actor, action, "before", "after", id'
_LEFT = ("exists (select 1 from order_lines where order_id = orders.id and quantity - released_qty - shipped_qty > 0)")

PAGES = (
    BarePage("orders", "/admin/orders/", _bare("orders", _ORDER)),
    BarePage("orders to ship", "/admin/orders/?todo=to_ship", _bare(
        "orders", _ORDER, f"state = 'paid' and delivery = 'courier' and {_LEFT}")),
    BarePage("orders completed", "/admin/orders/?state=completed", _bare("orders", _ORDER, "state = 'completed'")),
    BarePage("orders by time", "/admin/orders/?sort=placed_at", _bare("orders", _ORDER, order="placed_at, id")),
    BarePage("members", "/admin/members/", _bare("members", _MEMBER)),
    BarePage("members by name", "/admin/members/?q=小满", _bare(
        "members", _MEMBER, "nickname >= '小满' and nickname < '小满\U0010ffff'", "nickname, id")),
    BarePage("payments", "/admin/payments/", _bare("payments", _PAYMENT)),
    BarePage("payments closed", "/admin/payments/?state=closed", _bare("payments", _PAYMENT, "state = 'closed'")),
    BarePage("refunds", "/admin/refunds/", _bare("refunds", _REFUND)),
    BarePage("refunds that are stuck", "/admin/refunds/?state=abnormal", _bare("refunds", _REFUND, "state = 'abnormal'")),
    BarePage("audit log", "/admin/audit/", _bare("audit_log", _AUDIT, order="at desc, id desc")),
)
"""The lists that grow without end, from their beginning."""


def pages(ctx: Context) -> Sequence[BarePage]:
    """The lists from their beginning, and the two largest from their middle: half a million rows lie before a page there."""
    ctx.actor.must("jobs.run")
    with reading(ctx) as rd:
        return [*PAGES, _middle(rd, "orders", "ord", ORDERS, "placed_at", _ORDER),
                _middle(rd, "members", "mem", MEMBERS, "created_at", _MEMBER)]


def _middle(rd: Reading, name: str, prefix: str, table: Table, came: str, columns: str) -> BarePage:
    first, last = (_moment(rd, table.c[came], each) for each in (func.min, func.max))
    place = first_id(prefix, first + (last - first) / 2)
    cursor = Sorting.of(table.c.id, table.c.id, desc=True).cursor(SimpleNamespace(id=place), 25_000)
    return BarePage(f"{name}, the middle", f"/admin/{name}/?after={cursor}", _bare(name, columns, f"id < '{place}'"))


def _moment(rd: Reading, column: Any, which: Any) -> datetime:
    return rd.execute(select(which(column))).scalar_one()


def first_column(ctx: Context, page: BarePage) -> list[str]:
    """What the page has to show: the first column of the bare page's twenty rows."""
    ctx.actor.must("jobs.run")
    connection = read_engine().raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(page.sql)
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


def side_by_side(ctx: Context, statements: Sequence[tuple[str, Any]], bare: str, rounds: int,
                 between: Callable[[], None]) -> tuple[Times, Times]:
    """Time all `statements` of a page, and the `bare` one, by turns, each as often first; rows are fetched whole.

    Either runs within one transaction, as a page of the console does. `between` is called after each round."""
    ctx.actor.must("jobs.run")
    page: list[float] = []
    alone: list[float] = []
    connection = read_engine().raw_connection()
    try:
        cursor = connection.cursor()

        def asked(what: Sequence[tuple[str, Any]]) -> float:
            cursor.execute("select 1")  # wakes a server that has slept meanwhile, for both alike
            cursor.fetchall()
            began = ticks()
            for sql, parameters in what:
                cursor.execute(sql, parameters)
                cursor.fetchall()
            return ticks() - began

        for turn in range(rounds):
            for first in (turn % 2, 1 - turn % 2):
                if first:
                    alone.append(asked([(bare, ())]))
                else:
                    page.append(asked(statements))
            connection.rollback()
            between()
    finally:
        connection.close()
    return Times.of(page), Times.of(alone)
