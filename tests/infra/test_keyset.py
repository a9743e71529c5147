"""Pages by place: no row twice, none left out, whatever is equal, empty or new; strange places are refused."""

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.infra.db import Fen, Id, Utc, write_engine
from backend.infra.keyset import FIRST, Leaf, Sorting, Turn, leaf
from backend.kernel.errors import Refused
from tests.leafing import leafed

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
THINGS = sa.Table(
    "things", sa.MetaData(), sa.Column("id", Id(), primary_key=True), sa.Column("fen", Fen, nullable=False),
    sa.Column("at", Utc, nullable=True), sa.Column("name", sa.String(40), nullable=False), sa.Column("day", sa.Date, nullable=True))
ORDERS = [Sorting.of(THINGS.c[name], THINGS.c.id, desc) for name in ("id", "fen", "at", "name", "day") for desc in (False, True)]
SIZE = 3

Insert = Callable[[Iterable[dict[str, Any]]], None]


@pytest.fixture
def connection(app: Flask) -> Iterator[sa.Connection]:
    with write_engine().connect() as opened, opened.begin() as begun:
        THINGS.create(opened)
        yield opened
        begun.rollback()


def thing(number: int, fen: int = 0, minutes: int | None = None, name: str = "", days: int | None = None) -> dict[str, Any]:
    return {"id": f"thi_{number:04}", "fen": fen, "at": None if minutes is None else NOW + timedelta(minutes=minutes), "name": name,
            "day": None if days is None else date(2026, 3, 2) + timedelta(days=days)}


def fetch(connection: sa.Connection, order: Sorting, turn: Turn = FIRST) -> Leaf:
    return leaf(order, turn, SIZE, lambda narrow: connection.execute(narrow(sa.select(THINGS))).all())


def expected(rows: Iterable[dict[str, Any]], order: Sorting) -> list[str]:
    """What is empty last, in either direction; else by value and id."""
    full = sorted((row for row in rows if row[order.name] is not None), key=lambda row: (row[order.name], row["id"]),
                  reverse=order.desc)
    empty = sorted((row["id"] for row in rows if row[order.name] is None), reverse=order.desc)
    return [row["id"] for row in full] + empty


few = st.integers(0, 2)
things = st.lists(st.tuples(few, few | st.none(), st.sampled_from(["a", "小满", "王"]), few | st.none()), max_size=12)


@given(things)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_stands_on_one_page(connection: sa.Connection, made: list[tuple[Any, ...]]) -> None:
    rows = [thing(number, *values) for number, values in enumerate(made)]
    connection.execute(sa.delete(THINGS))
    if rows:
        connection.execute(sa.insert(THINGS), rows)
    for order in ORDERS:
        pages = leafed(lambda turn, order=order: fetch(connection, order, turn))
        assert [row.id for page in pages for row in page] == expected(rows, order), order
        assert all(len(page) == SIZE for page in pages[:-1])


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order._told)
def test_rows_that_come_and_go_between_pages_move_nothing(connection: sa.Connection, order: Sorting) -> None:
    stood = [thing(number * 10, number // 4, None if number % 3 == 0 else number // 5, "王", None if number % 2 else 1)
             for number in range(20)]
    connection.execute(sa.insert(THINGS), stood)
    number = iter(range(1, 200, 10))

    def meanwhile() -> None:
        """Rows of every value arrive in between."""
        new = next(number)
        connection.execute(sa.insert(THINGS), [thing(new, new % 5, new % 4, "李", 0), thing(new + 1, 9, None, "赵", None)])

    found = [row.id for page in leafed_once(connection, order, meanwhile) for row in page]
    assert len(found) == len(set(found))
    old = {row["id"] for row in stood}
    assert [each for each in found if each in old] == expected(stood, order)


def leafed_once(connection: sa.Connection, order: Sorting, meanwhile: Callable[[], None]) -> list[list[Any]]:
    page = fetch(connection, order)
    pages = [list(page.rows)]
    while page.next:
        meanwhile()
        page = fetch(connection, order, Turn(page.next))
        pages.append(list(page.rows))
    return pages


def test_the_row_that_a_page_ended_with_may_go(connection: sa.Connection) -> None:
    connection.execute(sa.insert(THINGS), [thing(number, 7) for number in range(7)])
    order = ORDERS[2]
    first = fetch(connection, order)
    connection.execute(sa.delete(THINGS).where(THINGS.c.id == first.rows[-1].id))
    assert [row.id for row in fetch(connection, order, Turn(first.next or "")).rows] == ["thi_0003", "thi_0004", "thi_0005"]


def test_back_to_the_beginning_is_the_first_page_with_what_is_new(connection: sa.Connection) -> None:
    connection.execute(sa.insert(THINGS), [thing(number) for number in range(10, 17)])
    order = Sorting.of(THINGS.c.id, THINGS.c.id, desc=True)
    second = fetch(connection, order, Turn(fetch(connection, order).next or ""))
    assert [row.id for row in second.rows] == ["thi_0013", "thi_0012", "thi_0011"]
    connection.execute(sa.insert(THINGS), [thing(17)])
    nearest = fetch(connection, order, Turn(second.previous or "", back=True))
    assert ([row.id for row in nearest.rows], nearest.number) == (["thi_0016", "thi_0015", "thi_0014"], 2)
    beginning = fetch(connection, order, Turn(nearest.previous or "", back=True))
    assert ([row.id for row in beginning.rows], beginning.number) == (["thi_0017", "thi_0016", "thi_0015"], 1)
    assert beginning.previous is None and beginning.next is not None


def test_a_page_that_has_emptied_meanwhile_is_empty(connection: sa.Connection) -> None:
    connection.execute(sa.insert(THINGS), [thing(number) for number in range(4)])
    first = fetch(connection, ORDERS[0])
    connection.execute(sa.delete(THINGS).where(THINGS.c.id == "thi_0003"))
    assert fetch(connection, ORDERS[0], Turn(first.next or "")) == Leaf([], 2, None, None)


def told(*parts: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


STRANGE = [
    "x", "AAAA", "%00", "é", "a" * 10_000, told(), told("fen"), told("fen", 1, 5), told("fen", 1, "5", "a"),
    told("fen", 1, None, "a"), told("fen", 1, 2**63, "a"), told("fen", 1, 1.5, "a"), told("fen", 1, True, "a"),
    told("fen", 0, 5, "a"), told("fen", -1, 5, "a"), told("fen", 10**10, 5, "a"), told("fen", 1, 5, 7), told("fen", 1, 5, "a\0"),
    told("fen", 1, 5, None), told("-fen", 1, 5, "a"), told("id", 1, "a", "a"), told("__class__", 1, 5, "a"),
    told({"fen": 1}, 1, 5, "a"), base64.urlsafe_b64encode(b'["fen",1,5,"\\ud800"]').decode(),
]


@pytest.mark.parametrize("cursor", STRANGE)
def test_a_strange_place_is_refused(cursor: str) -> None:
    with pytest.raises(Refused, match="bad_cursor"):
        Sorting.of(THINGS.c.fen, THINGS.c.id).place(cursor)


@pytest.mark.parametrize("value", [
    "", "2026-13-01", "2026-03-02T04:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 5])
def test_a_strange_time_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="bad_cursor"):
        Sorting.of(THINGS.c.at, THINGS.c.id).place(told("at", 1, value, "a"))


def test_a_place_is_read_as_it_was_told() -> None:
    class Row:
        id, at, fen, name, day = "thi_1", NOW, 5, "王\u202e小满", date(2026, 3, 2)

    for order in ORDERS:
        place = order.place(order.cursor(Row, 3))
        assert (place.value, place.key, place.page) == (getattr(Row, order.name), "thi_1", 3)
