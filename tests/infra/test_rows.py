"""Rows as one value: what is written and read so is the same on both databases, and the same as one by one."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from backend.context import Context
from backend.infra.marks import Mark
from backend.infra.outbox import OutboxEvent
from backend.infra.rows import among, insert_rows, rows_as_json
from backend.infra.uow import reading, transaction
from backend.orders.models import Order, OrderLine
from tests.counting import counted

MARKS, ORDERS = Mark.__table__, Order.__table__
STRANGE = {"价": [1, None, True, {"b": 1, "a": 2}], "text": "a\"b\\c\u2028"}


def test_rows_come_as_one_value_on_both_databases(ctx: Callable[..., Context]) -> None:
    rows = sa.select(MARKS.c.name, MARKS.c.value, sa.literal(7).label("number"), sa.null().label("missing")).subquery("each_mark")
    with reading(ctx()) as rd:
        assert not rd.execute(sa.select(rows_as_json(rd.dialect, rows))).scalar_one()
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS), [{"name": name, "value": {"价": [1, None, True]}, "at": tx.now} for name in ("a\"b", "c")])
    with reading(ctx()) as rd:
        found = rd.execute(sa.select(rows_as_json(rd.dialect, rows))).scalar_one()
    assert sorted(found, key=lambda row: row["name"]) == [
        {"name": name, "value": {"价": [1, None, True]}, "number": 7, "missing": None} for name in ("a\"b", "c")]


def test_written_together_they_are_what_they_are_one_by_one(ctx: Callable[..., Context], rows: Callable[..., list[dict]]) -> None:
    with transaction(ctx()) as tx:
        row = {"value": STRANGE, "at": tx.now}
        tx.execute(sa.insert(MARKS), [{"name": "one"} | row])
        with counted() as statements:
            insert_rows(tx.connection, (MARKS, [{"name": f"{number}'"} | row for number in range(500)]))
        assert len(statements) == 1
    one, *others = [(each["value"], each["at"]) for each in rows("select * from marks order by name desc")]
    assert len(others) == 500
    assert all(other == one for other in others)


def test_what_is_not_said_is_the_default(ctx: Callable[..., Context], rows: Callable[..., list[dict]]) -> None:
    events = OutboxEvent.__table__
    with transaction(ctx()) as tx:
        row = {"name": "X", "payload": {}, "emitted_at": tx.now, "due_at": tx.now}
        insert_rows(tx.connection, (events, [{"id": f"evt_{number}"} | row for number in range(2)]))
    assert [bool(each["fanned"]) for each in rows("select fanned from outbox_events")] == [False, False]


def test_a_value_that_does_not_fit_is_an_error_and_nothing_is_written(
        ctx: Callable[..., Context], snapshot: Callable[[], dict]) -> None:
    before = snapshot()
    with pytest.raises(sa.exc.DBAPIError), transaction(ctx()) as tx:
        row = {"value": {}, "at": tx.now}
        insert_rows(tx.connection, (MARKS, [{"name": "fits"} | row, {"name": None} | row]))
    assert snapshot() == before


def test_options_keep_the_order_of_their_names() -> None:
    """JSON and not JSONB, which would sort them."""
    assert not isinstance(OrderLine.__table__.c.options.type, sa.dialects.postgresql.JSONB)


def test_what_is_encrypted_is_encrypted_on_this_way_too(
        ctx: Callable[..., Context], rows: Callable[..., list[dict]], shop: Any) -> None:
    order_id = shop.place(shop.shopper(), (shop.goods("A1"), 1))
    [stored] = rows("select ship_to from orders")
    assert stored["ship_to"].startswith("k1.")
    with reading(ctx()) as rd:
        assert rd.execute(sa.select(ORDERS.c.ship_to).where(ORDERS.c.id == order_id)).scalar_one().startswith('{"name":')


def test_tables_are_written_together_or_not_at_all(ctx: Callable[..., Context], snapshot: Callable[[], dict]) -> None:
    events = OutboxEvent.__table__
    before = snapshot()
    with pytest.raises(sa.exc.DBAPIError), transaction(ctx()) as tx:
        event = {"id": "evt_1", "name": "X", "payload": {}, "emitted_at": tx.now, "due_at": tx.now}
        insert_rows(tx.connection, (events, [event]), (MARKS, [{"name": None, "value": {}, "at": tx.now}]))
    assert snapshot() == before
    with transaction(ctx()) as tx:
        with counted() as statements:
            insert_rows(tx.connection, (events, [event]), (MARKS, [{"name": "m", "value": {}, "at": tx.now}]))
        assert len(statements) == (1 if tx.dialect == "postgresql" else 2)
    assert snapshot() != before


@pytest.mark.parametrize("names", [[], ["a"], ["a", "价,{}", 'b"', None], [str(number) for number in range(40_000)] + ["a"]])
def test_among_finds_what_a_list_names_with_one_statement_for_any_number(
        ctx: Callable[..., Context], names: list[str]) -> None:
    kept = ["a", "价,{}", 'b"', "c"]
    with transaction(ctx()) as tx:
        tx.execute(sa.insert(MARKS), [{"name": name, "value": {}, "at": tx.now} for name in kept])
        with counted() as statements:
            found = tx.execute(sa.select(MARKS.c.name).where(among(MARKS.c.name, "names")), {"names": names}).scalars()
            assert sorted(found) == sorted(set(kept) & set(names))
        assert len(set(statements)) == 1
