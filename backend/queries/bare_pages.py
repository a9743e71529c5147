"""How long a page's statements take in the database, against the bare statement that reads the page's rows; for `bench`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from backend.context import Context
from backend.infra.clock import ticks
from backend.infra.db import read_engine

ROWS = 21
"""Twenty rows, and one to know whether another page follows."""


@dataclass(frozen=True, slots=True)
class BarePage:
    """A list of the console: where it stands, and the one statement that reads its rows and nothing else."""

    name: str
    path: str
    sql: str


def _bare(table: str, where: str = "", order: str = "id desc", offset: int = 0) -> str:
    return f"select * from {table} {where and f'where {where}'} order by {order} limit {ROWS} offset {offset}"


PAGES = (
    BarePage("orders", "/admin/orders/", _bare("orders")),
    BarePage("orders to ship", "/admin/orders/?state=paid", _bare("orders", "state = 'paid'")),
    BarePage("orders, page 400", "/admin/orders/?page=399", _bare("orders", offset=399 * 20)),
    BarePage("members", "/admin/members/", _bare("members")),
    BarePage("members by name", "/admin/members/?q=小满", _bare(
        "members", "nickname >= '小满' and nickname < '小满\U0010ffff'", "nickname, id")),
    BarePage("payments", "/admin/payments/", _bare("payments")),
    BarePage("refunds", "/admin/refunds/", _bare("refunds")),
    BarePage("refunds that are stuck", "/admin/refunds/?state=abnormal", _bare("refunds", "state = 'abnormal'")),
    BarePage("audit log", "/admin/audit/", _bare("audit_log", order="at desc, id desc")),
)
"""The lists that grow without end."""


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

    `between` is called after each round."""
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
