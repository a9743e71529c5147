"""I56, G19: raw SQL in the role of the application – rows of a living shop, its own connection – cannot make the books wrong.

On PostgreSQL the role may only read and write rows (`GRANTS`, as docs/invariants.md tells); the tables belong to another.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from backend.checks.check_books import check_books
from backend.infra.db import write_engine
from backend.usecases.send_refund import send_refund
from tests.given_orders import Shop
from tests.house.sources import ROOT
from tests.house.test_append_only import APPEND_ONLY

ROLE = "tuanma_app"
GRANTS = (
    f"grant usage on schema public to {ROLE}",
    f"grant select, insert, update, delete on all tables in schema public to {ROLE}",
)


@pytest.fixture
def database_url(database_url: str) -> str:
    """The same database, in the role of the application."""
    if database_url.startswith("sqlite"):
        return database_url
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as owner:
        owner.exec_driver_sql(f"do $$ begin create role {ROLE} login password 'of-a-test'; "
                              "exception when duplicate_object then null; end $$")
        for grant in GRANTS:
            owner.exec_driver_sql(grant)
    return sa.make_url(database_url).set(username=ROLE, password="of-a-test").render_as_string(hide_password=False)


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """A shop with two paid orders, of which one was refunded in part; made in the role of the application."""
    apples = shop.goods("A1", 5000, 10)
    order_id, _ = shop.paid(shop.shopper(), (apples, 2))
    shop.paid(shop.shopper("wang"), (apples, 1))
    refund = shop.refund(order_id, [(shop.lines(order_id)[0], 1)])
    send_refund(shop.ctx(), refund_id=refund["refund_id"])
    assert check_books(shop.ctx(), waiting=False) == []
    return shop


def copied(table: str, **change: str) -> str:
    """INSERT of one row of `table` once more, with `change` (SQL by column)."""
    columns = list(sa.inspect(write_engine()).get_columns(table))
    values = ", ".join(change.get(each["name"], each["name"]) for each in columns)
    return f"insert into {table} select {values} from {table} limit 1"


ATTACKS: dict[str, tuple[Callable[[], str] | str, ...]] = {
    "I04": (lambda: copied("ledger_transactions", id="'ltx_again'"),),
    "I05": ("insert into ledger_transfers select id, 9, 'a', 'b', -5 from ledger_transactions limit 1",
            "insert into ledger_transfers select id, 9, 'wechat', 'wechat', 5 from ledger_transactions limit 1"),
    "I09": ("update payments set order_id = (select min(order_id) from payments)",
            lambda: copied("payments", id="'pay_again'", transaction_id="'another'")),
    "I11": ("update payments set transaction_id = (select min(transaction_id) from payments)",
            lambda: copied("payments", order_id="'ord_other'", transaction_id="'another'")),
    "I14": ("update orders set total_fen = total_fen + 1", "update order_lines set payable_fen = -1",
            "update order_lines set discount_fen = discount_fen + 1"),
    "I19": ("update stock_levels set reserved = on_hand + 1", "update stock_levels set reserved = -1",
            "update stock_levels set on_hand = reserved - 1"),
    "I20": (lambda: copied("stock_moves", id="'stm_again'"), "update order_lines set released_qty = quantity + 1",
            "update order_lines set released_qty = 1, shipped_qty = quantity", "update order_lines set released_qty = -1"),
    "I29": ("update payments set refund_fen = amount_fen + 1", "update payments set refund_fen = -1",
            "update orders set refunded_fen = paid_fen + 1"),
    "I30": ("update order_lines set refund_qty = quantity + 1", "update order_lines set refund_fen = payable_fen + 1",
            "update order_lines set refund_fen = payable_fen, waived_fen = 1",
            "update orders set freight_refund_fen = freight_fen + 1"),
    "I31": (lambda: copied("refunds"), "update payments set refunds = 51", "update refunds set amount_fen = amount_fen + 1",
            "update refunds set amount_fen = 0, goods_fen = 0, freight_fen = 0"),
    "I49": (lambda: copied("client_keys", fingerprint="'other'"),),
}
"""Invariant → statements that would break it; each must be refused, and change nothing."""


def test_i56_raw_sql_cannot_break_what_a_constraint_holds(sold: Shop, snapshot: Callable[[], Any]) -> None:
    with write_engine().connect() as connection, connection.begin():
        connection.exec_driver_sql("insert into client_keys values ('a', 'u', 'k', 'f', '{}', '2026-03-02 04:00:00')")
    before = snapshot()
    passed = []
    for invariant, attacks in ATTACKS.items():
        for attack in attacks:
            sql = attack if isinstance(attack, str) else attack()
            try:
                with write_engine().connect() as connection, connection.begin():
                    connection.exec_driver_sql(sql)
                passed.append(f"{invariant}: {sql}")
            except sa.exc.IntegrityError:
                continue
    assert passed == [] and snapshot() == before


def test_the_same_rows_can_be_written_where_nothing_is_wrong(sold: Shop) -> None:
    """What refuses is the constraint, not the role: the nearest harmless statement is taken."""
    for sql in ("update stock_levels set reserved = on_hand", "update payments set refund_fen = amount_fen",
                "update order_lines set released_qty = quantity"):
        with write_engine().connect() as connection, connection.begin():
            assert connection.exec_driver_sql(sql).rowcount > 0


def forbidden() -> Iterator[str]:
    for table in APPEND_ONLY:
        yield f"update {table} set {sa.inspect(write_engine()).get_pk_constraint(table)['constrained_columns'][0]} = 'x'"
        yield f"delete from {table}"


def test_i03_what_is_only_added_to_stays(sold: Shop, snapshot: Callable[[], Any]) -> None:
    before = snapshot()
    filled = [table for table in APPEND_ONLY if before[table]]
    assert {"ledger_transactions", "ledger_transfers", "stock_moves", "order_moves", "audit_log"} <= set(filled)
    for sql in forbidden():
        with write_engine().connect() as connection, connection.begin():
            try:
                changed = connection.exec_driver_sql(sql).rowcount
            except sa.exc.DBAPIError as no:
                assert "append-only" in str(no)
                continue
        assert changed == 0 and not any(table in sql.split() for table in filled), sql
    assert snapshot() == before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("sql", [
    "alter table ledger_transactions disable trigger all", "drop trigger stock_moves_append_only on stock_moves",
    "truncate table ledger_transfers", "set session_replication_role = replica",
    "alter table payments drop constraint ck_payments_refund",
    "drop table audit_log", "create table elsewhere (a int)",
])
def test_i03_the_role_cannot_take_the_guards_away(sold: Shop, sql: str) -> None:
    with write_engine().connect() as connection, connection.begin(), pytest.raises(sa.exc.ProgrammingError) as no:
        connection.exec_driver_sql(sql)
    assert type(no.value.orig).__name__ == "InsufficientPrivilege"


def test_the_docs_say_what_is_granted() -> None:
    told = (ROOT / "docs" / "invariants.md").read_text("utf-8")
    assert [grant for grant in GRANTS if grant not in told] == []
