"""Months of the tables that only grow: made ahead, guarded like the whole, dropped when they are past; none on SQLite."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from backend.checks.check_books import check_books
from backend.infra import outbox, partitions
from backend.infra.db import read_engine, write_engine
from backend.infra.partitions import DELIVERIES, EVENTS, PARTED, next_month
from backend.infra.uow import transaction
from backend.kernel.calendar import day_start
from backend.kernel.ids import first_id, new_id
from backend.reactions import NAMES
from backend.tables import METADATA
from backend.usecases.forget_old import forget_old
from backend.usecases.keep_months import keep_months
from tests.given_orders import Shop

Later = Callable[..., datetime]


@pytest.fixture
def at(app: Flask, later: Later) -> Iterator[Callable[[datetime], datetime]]:
    """`at(moment)` moves the business clock there."""
    yield lambda moment: later(seconds=(moment - later(seconds=0)).total_seconds())


@pytest.fixture
def this(app: Flask) -> date:
    """The month that the migration began with; only where tables have months."""
    if write_engine().dialect.name == "sqlite":
        pytest.skip("SQLite has no partitions")
    return have("order_moves")[0]


def have(table: str) -> list[date]:
    with read_engine().connect() as connection:
        return partitions.months(connection, next(each for each in PARTED if each.table == table))


def middle(month: date) -> datetime:
    return day_start(month) + timedelta(days=14)


def where(rows: Callable[..., list[dict]], table: str) -> set[str]:
    """The parts in which the rows of a table lie."""
    return {row["part"] for row in rows(f"select cast(tableoid as regclass)::text as part from {table}")}


def ahead(month: date) -> list[date]:
    months = [month]
    for _ in range(partitions.AHEAD):
        months.append(next_month(months[-1]))
    return months


def test_months_are_made_ahead_and_once(shop: Shop, this: date, at: Callable) -> None:
    at(middle(this))
    assert keep_months(shop.ctx()) == {"made": len(PARTED) * (partitions.AHEAD - 1), "dropped": 0}, "the migration made one ahead"
    assert [have(each.table) for each in PARTED] == [ahead(this)] * len(PARTED)
    assert keep_months(shop.ctx()) == {"made": 0, "dropped": 0}


def test_sqlite_has_none(shop: Shop) -> None:
    if write_engine().dialect.name == "sqlite":
        assert keep_months(shop.ctx()) == {"made": 0, "dropped": 0}


def test_rows_lie_in_their_months_and_what_fits_none_in_the_rest(shop: Shop, this: date, at: Callable, rows: Callable) -> None:
    at(middle(this))
    keep_months(shop.ctx())
    goods, coming = shop.goods(), next_month(this)
    at(middle(coming))
    shop.paid(shop.shopper(), (goods, 1))
    assert where(rows, "order_moves") == {f"order_moves_{coming:%Y_%m}"}
    assert where(rows, "outbox_events") == {f"outbox_events_{coming:%Y_%m}"}
    assert where(rows, "stock_moves") == {f"stock_moves_{this:%Y_%m}", f"stock_moves_{coming:%Y_%m}"}, "opened before"
    at(middle(this) + timedelta(days=366 * 3))
    shop.paid(shop.shopper("Wang"), (goods, 1))
    assert "order_moves_rest" in where(rows, "order_moves")
    keep_months(shop.ctx())
    third = date(this.year + 3, this.month, 1)
    assert third not in have("order_moves"), "what lies in the rest stays there"
    assert have("order_moves")[-1] > third
    assert check_books(shop.ctx(), waiting=False) == []


@pytest.mark.parametrize("change", ["update {part} set why = ''", "delete from {part}", "truncate {part}"])
def test_a_month_is_only_added_to_like_the_whole(shop: Shop, this: date, at: Callable, change: str) -> None:
    at(middle(this))
    keep_months(shop.ctx())
    for part in ("order_moves_rest", f"order_moves_{ahead(this)[-1]:%Y_%m}"):
        with (write_engine().connect() as connection, pytest.raises(sa.exc.IntegrityError, match="append-only"),
              connection.begin()):
            connection.exec_driver_sql(change.format(part=part))
        with write_engine().begin() as connection:
            connection.exec_driver_sql(f"drop trigger order_moves_append_only on {part}")
        assert [(fault.check, fault.ids["table_name"]) for fault in check_books(shop.ctx(), only=["I03"])] == [
            ("I03.append-only", part)]
        with write_engine().begin() as connection:
            connection.exec_driver_sql(f"drop table {part}")


def journal(shop: Shop, cause: str, **more: Any) -> None:
    """One line of the journal, written past all code."""
    with transaction(shop.ctx()) as tx:
        row = {"id": new_id("stm", tx.now), "sku_id": "sku_1", "location_id": "loc_1", "kind": "reserve", "cause": cause,
               "on_hand_change": 0, "reserved_change": 1, "actor": "system", "at": tx.now} | more
        tx.execute(sa.insert(METADATA.tables["stock_moves"]), row)


def test_one_cause_moves_a_level_once_in_all_months(shop: Shop, this: date, at: Callable, rows: Callable) -> None:
    at(middle(this))
    keep_months(shop.ctx())
    cause = new_id("oli", middle(this))
    journal(shop, cause)
    for moment in (middle(this), middle(next_month(this)), middle(this) + timedelta(days=366 * 3)):
        at(moment)
        with pytest.raises(sa.exc.IntegrityError, match="uq_stock_moves_cause_kind_sku_id_location_id|cause_kind_sku_id"):
            journal(shop, cause)
        journal(shop, new_id("oli", moment))
        journal(shop, cause, kind="release", reserved_change=-1, sku_id=f"sku_{moment:%Y%m}")
    assert len(where(rows, "stock_moves")) == 3
    with write_engine().begin() as connection:
        connection.exec_driver_sql("drop trigger stock_moves_once on stock_moves")
    journal(shop, cause)
    assert [fault.check for fault in check_books(shop.ctx(), only=["I18.once"])] == ["I18.once"]


def test_a_month_of_the_outbox_goes_whole_and_what_has_not_ended_stays(
        shop: Shop, this: date, at: Callable, rows: Callable) -> None:
    at(middle(this))
    keep_months(shop.ctx())
    shop.paid(shop.shopper(), (shop.goods(), 1))
    with transaction(shop.ctx()) as tx:
        outbox.fan_out(tx.connection, NAMES)
        tx.connection.exec_driver_sql("update deliveries set dead_at = '2026-01-01', attempt = 8")
    kept = [row["event_id"] for row in rows("select event_id from deliveries")]
    events = rows("select * from outbox_events where name = 'OrderPaymentDue'")
    assert len(kept) == len(events) == 1
    at(day_start(next_month(this)) + timedelta(days=29))
    assert keep_months(shop.ctx())["dropped"] == 0
    assert where(rows, "outbox_events") == {EVENTS.name(this)}
    assert forget_old(shop.ctx())["events"] == 0, "not row by row"
    at(day_start(next_month(this)) + timedelta(days=31))
    assert keep_months(shop.ctx())["dropped"] == 1
    assert rows("select * from outbox_events where emitted_at < :at", at=day_start(next_month(this))) == events
    assert where(rows, "deliveries") == {"deliveries_rest"}
    assert this not in have("outbox_events") + have("deliveries")
    assert this in have("order_moves"), "history is kept"
    with transaction(shop.ctx()) as tx:
        assert outbox.revive(tx.connection, kept[0], "close_order")
        tx.connection.exec_driver_sql("update deliveries set done_at = '2026-01-01', attempt = 9")
    assert forget_old(shop.ctx())["events"] == 1
    assert rows("select * from deliveries") == []


def test_a_month_with_too_much_left_undone_stays(
        shop: Shop, this: date, at: Callable, rows: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "SURVIVORS", 2)
    at(middle(this))
    shop.paid(shop.shopper(), (shop.goods(), 1))
    at(day_start(next_month(this)) + timedelta(days=31))
    before = rows("select * from outbox_events order by id")
    assert keep_months(shop.ctx())["dropped"] == 0
    assert rows("select * from outbox_events order by id") == before
    assert len(before) == 3


def test_a_table_that_is_in_use_waits_for_tomorrow(shop: Shop, this: date, at: Callable) -> None:
    at(day_start(next_month(this)) + timedelta(days=31))
    assert keep_months(shop.ctx())["made"] > 0
    at(day_start(next_month(next_month(this))) + timedelta(days=31))
    with write_engine().connect() as other, other.begin():
        other.exec_driver_sql("lock table outbox_events in access share mode")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(partitions, "AHEAD", -1)
            patch.setattr(partitions, "analyse", lambda _: None)
            assert keep_months(shop.ctx()) == {"made": 0, "dropped": 0}
    assert keep_months(shop.ctx())["dropped"] == 1


def test_reading_one_order_or_event_reads_one_month(shop: Shop, this: date, at: Callable) -> None:
    at(middle(this))
    keep_months(shop.ctx())
    coming = next_month(this)
    for each, query in ((EVENTS, "select * from outbox_events where id = '{}'"),
                        (DELIVERIES, "update deliveries set done_at = null where event_id = '{}' and reaction = 'x'"),
                        (PARTED[2], "select * from order_moves where order_id = '{}' order by seq")):
        key = first_id(each.prefix, middle(coming)) + "0" * 16
        with write_engine().connect() as connection:
            plan = connection.exec_driver_sql("explain " + query.format(key)).scalars().all()
        parts = (each.name(this), each.name(coming), f"{each.table}_rest")
        assert [part for part in parts if part in "\n".join(plan)] == [each.name(coming)]


def test_who_does_not_own_the_tables_makes_nothing(shop: Shop, this: date, at: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    at(middle(this) + timedelta(days=300))
    monkeypatch.setattr(partitions, "owned", lambda _: False)
    assert keep_months(shop.ctx()) == {"made": 0, "dropped": 0}
