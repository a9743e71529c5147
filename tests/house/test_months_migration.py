"""Migration 0014 on PostgreSQL with rows in the tables: all of them are there afterwards, whichever way, under the same rights."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic import command

from backend.infra.clock import real_now
from backend.kernel.ids import new_id
from tests.conftest import named
from tests.house.test_migrations import alembic, connected

AT = "'2026-03-02 04:00:00+00'"
TABLES = ("outbox_events", "deliveries", "order_moves", "stock_moves")
ROLE = "tuanma_reader"
ORDER = {"id": "", "number": "", "state": "'unpaid'", "placed_at": AT, "pay_before": AT, "explanation": "'[]'", "delivery": "'x'"}
ORDER |= dict.fromkeys(("member_id", "store_id", "location_id", "ship_to", "region_code", "remark"), "'x'")
ORDER |= dict.fromkeys(("moves", "line_count", "goods_fen", "discount_fen", "freight_fen", "total_fen", "paid_fen",
                        "refunded_fen", "freight_refund_fen"), "0")
"""What an order needs."""


@pytest.fixture
def before(postgres_server: str) -> Iterator[str]:
    """A database as 0013 leaves it, with rows of long ago, of now, of later, and with ids that tell no time."""
    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql("drop database if exists tuanma_months with (force)")
        connection.exec_driver_sql("create database tuanma_months")
        connection.exec_driver_sql(f"drop role if exists {ROLE}")
        connection.exec_driver_sql(f"create role {ROLE}")
    url = named(postgres_server, "tuanma_months")
    command.upgrade(alembic(url), "0013")
    now = real_now()
    with connected(url).begin() as connection:
        connection.exec_driver_sql("set local session_replication_role = replica")
        for days in (-900, 0, 31, 900):
            event, order, move = (new_id(prefix, now + timedelta(days=days)) for prefix in ("evt", "ord", "stm"))
            write(connection, event, order, move, f"oli_{days}")
        write(connection, "1", "1", "1", "1")
        connection.exec_driver_sql(f"grant select, insert on order_moves to {ROLE}")
    yield url
    with server.connect() as connection:
        connection.exec_driver_sql("drop database tuanma_months with (force)")
        connection.exec_driver_sql(f"drop role {ROLE}")


def write(connection: sa.Connection, event: str, order: str, move: str, cause: str) -> None:
    for row in (f"orders ({', '.join(ORDER)}) values ('{order}', '{order[-16:]}', {', '.join(list(ORDER.values())[2:])})",
                f"outbox_events values ('{event}', 'OrderPaid', '{{}}', {AT}, {AT}, true)",
                f"deliveries values ('{event}', 'pay', {AT}, null, null, 1, {AT}, null, null, 0)",
                f"order_moves values ('{order}', 1, null, 'unpaid', 'system', '', {AT})",
                f"stock_moves values ('{move}', 'sku_1', 'loc_1', 'reserve', '{cause}', 0, 1, 'system', '', {AT})"):
        connection.exec_driver_sql(f"insert into {row}")


def held(url: str) -> dict[str, list[tuple]]:
    with connected(url).connect() as connection:
        return {table: connection.exec_driver_sql(f"select * from {table} order by 1").all() for table in TABLES}


def lying(url: str, table: str) -> list[int]:
    """How many rows lie in each part, from the fullest to the emptiest."""
    with connected(url).connect() as connection:
        return list(connection.exec_driver_sql(f"select count(*) from {table} group by tableoid order by 1 desc").scalars())


def refused(url: str, statement: str, match: str) -> None:
    with connected(url).connect() as connection, pytest.raises(sa.exc.IntegrityError, match=match), connection.begin():
        connection.exec_driver_sql(statement)


def granted(url: str) -> set[str]:
    with connected(url).connect() as connection:
        return set(connection.exec_driver_sql("select privilege_type from information_schema.role_table_grants"
                                              f" where grantee = '{ROLE}' and table_name = 'order_moves'").scalars())


AGAIN = f"insert into stock_moves values ('2', 'sku_1', 'loc_1', 'reserve', 'oli_900', 0, 1, 'system', '', {AT})"


def test_all_rows_are_there_after_it_and_after_going_back(before: str) -> None:
    rows = held(before)
    assert [len(rows[table]) for table in TABLES] == [5] * len(TABLES)
    command.upgrade(alembic(before), "0014")
    assert held(before) == rows
    assert [lying(before, table) for table in TABLES] == [[3, 1, 1]] * len(TABLES), "until now; next month; the rest"
    assert granted(before) == {"SELECT", "INSERT"}
    refused(before, "delete from order_moves", "append-only")
    refused(before, AGAIN, "uq_stock_moves_cause_kind_sku_id_location_id")
    command.downgrade(alembic(before), "0013")
    assert held(before) == rows
    assert [lying(before, table) for table in TABLES] == [[5]] * len(TABLES)
    assert granted(before) == {"SELECT", "INSERT"}
    refused(before, "delete from order_moves", "append-only")
    refused(before, AGAIN, "uq_stock_moves_cause_kind_sku_id_location_id")
    refused(before, f"insert into deliveries values ('none', 'pay', {AT}, null, null, 1, null, null, null, 0)",
            "fk_deliveries_event_id_outbox_events")
