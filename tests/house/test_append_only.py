"""Journal, ledger, history and audit log stay as they were written: the database refuses to change them (I03)."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from backend.infra.db import write_engine

APPEND_ONLY = ("ledger_transactions", "ledger_transfers", "stock_moves", "order_moves", "audit_log", "parcel_traces",
               "order_notes", "aftersale_moves", "ticket_messages", "ticket_moves")
AT = "'2026-03-02 04:00:00.000000'"
ROWS = {
    "ledger_transactions": f"('ltx_1', 'payment', 'pay_1', {AT})",
    "ledger_transfers": "('ltx_1', 1, 'wechat', 'sales:goods', 100)",
    "stock_moves": f"('stm_1', 'sku_1', 'loc_main', 'opening', 'sku_1', 5, 0, 'system', '', {AT})",
    "order_moves": f"('ord_1', 1, null, 'unpaid', 'system', '', {AT})",
    "aftersale_moves": f"('aft_1', 1, null, 'asked', 'system', '', {AT})",
    "ticket_messages": f"('tkm_1', 'tkt_1', 1, 'member', 'shopper:mem_1', '你好', '[]', {AT})",
    "ticket_moves": f"('tkt_1', 1, 'opened', null, 'open', 'system', '', {AT})",
    "audit_log": f"('aud_1', {AT}, 'staff:stf_1', 'change_price', 'sku_1', null, null)",
    "parcel_traces": f"('trc_1', 'shp_1', {AT}, '已揽收', 'courier', 'system', {AT})",
    "order_notes": f"('not_1', 'ord_1', 'k1.x', 'staff:stf_1', {AT})",
}


@pytest.fixture
def written(app: Flask) -> Callable[[str], str]:
    """`written(table)` puts a row without its parents into an append-only table; returns a column to change."""

    def put(table: str) -> str:
        with write_engine().connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("pragma foreign_keys = off")
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("set local session_replication_role = replica")
                connection.exec_driver_sql(f"insert into {table} values {ROWS[table]}")
            if connection.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("pragma foreign_keys = on")
        return sa.inspect(write_engine()).get_pk_constraint(table)["constrained_columns"][0]

    return put


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", [
    "update {table} set {column} = {column}", "delete from {table}", "truncate table {table} cascade"])
def test_the_database_refuses_to_change_it(
        written: Callable[[str], str], rows: Callable[..., list[dict]], table: str, change: str) -> None:
    if change.startswith("truncate") and write_engine().dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    column = written(table)
    before = rows(f"select * from {table}")
    assert len(before) == 1
    refused = pytest.raises(sa.exc.DBAPIError, match="append-only")
    with write_engine().connect() as connection, refused, connection.begin():
        connection.exec_driver_sql(change.format(table=table, column=column))
    assert rows(f"select * from {table}") == before


def test_without_its_triggers_a_table_could_be_changed(
        written: Callable[[str], str], rows: Callable[..., list[dict]]) -> None:
    written("stock_moves")
    drops = {"sqlite": ["drop trigger stock_moves_no_update"],
             "postgresql": ["drop trigger stock_moves_append_only on stock_moves"]}
    with write_engine().begin() as connection:
        for statement in drops[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("update stock_moves set reason = 'changed'")
    assert rows("select reason from stock_moves") == [{"reason": "changed"}]
