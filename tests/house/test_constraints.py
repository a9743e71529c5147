"""What must never be so is refused by the database itself, whoever writes (I56): one key or CHECK after another, by rows that
go round all code."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from backend.infra.db import write_engine
from backend.tables import METADATA
from tests.conftest import NOON


@dataclass(frozen=True)
class Rule:
    """`row` is taken by `table`, and so is nothing that is as `row` with `change` after it; `name` is what says no."""

    name: str
    table: str
    row: dict[str, Any]
    change: dict[str, Any]
    columns: str = ""
    """What SQLite calls a key by."""


def never_twice(name: str, table: str, columns: str, row: dict[str, Any], other: dict[str, Any]) -> Rule:
    """No second row with these columns; `other` makes it another row in everything else that counts."""
    return Rule(name, table, row, other, ", ".join(f"{table}.{each}" for each in columns.split()))


PAID = {"state": "paid", "paid_at": NOON, "goods_fen": 10, "freight_fen": 2, "total_fen": 12, "paid_fen": 12}
LINE = {"quantity": 2, "price_fen": 5, "amount_fen": 10, "payable_fen": 10}
PAYMENT = {"state": "succeeded", "transaction_id": "t1", "amount_fen": 10}
REFUND = {"kind": "surplus", "state": "asked", "amount_fen": 1, "goods_fen": 1, "freight_fen": 0}

RULES = (
    # I04, I11, I09: one event, one transaction, one payment
    never_twice("uq_ledger_transactions_kind_event_id", "ledger_transactions", "kind event_id", {}, {"id": "2"}),
    never_twice("uq_payments_transaction_id", "payments", "transaction_id", PAYMENT, {"id": "2", "order_id": "2"}),
    never_twice("uq_payments_succeeded", "payments", "order_id", PAYMENT, {"id": "2", "transaction_id": "t2"}),
    never_twice("uq_payments_open", "payments", "order_id", {"state": "open", "amount_fen": 1}, {"id": "2", "state": "asked"}),
    never_twice("uq_orders_number", "orders", "number", PAID, {"id": "2"}),
    Rule("ck_ledger_transfers_amount", "ledger_transfers", {"debit": "a", "credit": "b"}, {"position": 2, "amount_fen": 0}),
    Rule("ck_ledger_transfers_two_accounts", "ledger_transfers", {"debit": "a", "credit": "b"}, {"position": 2, "credit": "a"}),
    Rule("ck_payments_paid", "payments", PAYMENT, {"id": "2", "order_id": "2", "state": "open"}),
    Rule("ck_orders_paid_state", "orders", PAID, {"id": "2", "number": "2", "state": "unpaid"}),
    Rule("ck_orders_paid", "orders", PAID, {"id": "2", "number": "2", "paid_fen": 11}),
    # I14: sums
    Rule("ck_orders_total", "orders", PAID, {"id": "2", "number": "2", "total_fen": 11, "paid_fen": 11}),
    Rule("ck_orders_amounts", "orders", PAID, {"id": "2", "number": "2", "discount_fen": 11, "total_fen": 1, "paid_fen": 1}),
    Rule("ck_order_lines_amount", "order_lines", LINE, {"id": "2", "sku_id": "2", "amount_fen": 9, "payable_fen": 9}),
    Rule("ck_order_lines_payable", "order_lines", LINE, {"id": "2", "sku_id": "2", "payable_fen": 9}),
    Rule("ck_order_lines_quantity", "order_lines", LINE, {
        "id": "2", "sku_id": "2", "quantity": 0, "amount_fen": 0, "payable_fen": 0}),
    never_twice("uq_order_lines_order_id_sku_id", "order_lines", "order_id sku_id", LINE, {"id": "2"}),
    # I18–I20: stock
    Rule("ck_stock_levels_never_oversold", "stock_levels", {"on_hand": 1, "reserved": 1}, {"sku_id": "2", "reserved": 2}),
    Rule("ck_stock_levels_never_oversold", "stock_levels", {"on_hand": 1, "reserved": 1}, {"sku_id": "2", "reserved": -1}),
    never_twice("uq_stock_moves_cause_kind_sku_id_location_id", "stock_moves", "cause kind sku_id location_id",
                {"kind": "ship", "on_hand_change": -1, "reserved_change": -1}, {"id": "2"}),
    Rule("ck_order_lines_released", "order_lines", LINE, {"id": "2", "sku_id": "2", "released_qty": 1, "shipped_qty": 2}),
    # I29–I32: refunds
    Rule("ck_orders_refunded", "orders", PAID, {"id": "2", "number": "2", "refunded_fen": 13}),
    Rule("ck_orders_freight_refund", "orders", PAID, {"id": "2", "number": "2", "freight_refund_fen": 3}),
    Rule("ck_payments_refund", "payments", PAYMENT, {"id": "2", "order_id": "2", "transaction_id": "t2", "refund_fen": 11}),
    Rule("ck_payments_refunds", "payments", PAYMENT, {"id": "2", "order_id": "2", "transaction_id": "t2", "refunds": 51}),
    Rule("ck_order_lines_refund", "order_lines", LINE, {
        "id": "2", "sku_id": "2", "refund_qty": 1, "refund_fen": 6, "waived_fen": 5}),
    Rule("ck_order_lines_refund_shipped", "order_lines", LINE, {"id": "2", "sku_id": "2", "shipped_qty": 1, "refund_qty": 2}),
    Rule("ck_order_lines_restocked", "order_lines", LINE, {
        "id": "2", "sku_id": "2", "shipped_qty": 1, "refund_qty": 1, "refund_shipped_qty": 1, "restocked_qty": 2}),
    Rule("ck_refunds_amounts", "refunds", REFUND, {"id": "2", "payment_id": "2", "amount_fen": 2}),
    never_twice("uq_refunds_surplus", "refunds", "payment_id", REFUND, {"id": "2"}),
    never_twice("uq_aftersale_lines_open", "aftersale_lines", "order_line_id", {"is_open": True}, {"aftersale_id": "2"}),
    # what people do once
    never_twice("pk_client_keys", "client_keys", "actor use_case key", {}, {"fingerprint": "2"}),
    never_twice("pk_cron_slots", "cron_slots", "name slot", {}, {}),
    never_twice("pk_order_moves", "order_moves", "order_id seq", {}, {"to_state": "2"}),
    never_twice("uq_parcels_order_id_tracking_number", "parcels", "order_id tracking_number", {"state": "underway"},
                {"id": "2", "seq": 2}),
    Rule("ck_parcels_most", "parcels", {"state": "underway"}, {"id": "2", "tracking_number": "2", "seq": 16}),
    never_twice("pk_pickup_codes", "pickup_codes", "code_index", {}, {"order_id": "2"}),
    never_twice("uq_pickup_codes_order_id", "pickup_codes", "order_id", {}, {"code_index": "2"}),
    never_twice("uq_reviews_order_line_id", "reviews", "order_line_id", {"state": "shown"}, {"id": "2"}),
    never_twice("uq_messages_member_id_template_about", "messages", "member_id template about", {"state": "waiting"}, {"id": "2"}),
    Rule("ck_message_balances_balance", "message_balances", {"balance": 0}, {"member_id": "2", "balance": -1}),
    never_twice("uq_consent_moves_message_id_kind", "consent_moves", "message_id kind",
                {"kind": "spent", "change": -1, "message_id": "1"}, {"id": "2"}),
    never_twice("uq_exports_seat", "exports", "asked_by seat", {"state": "asked"}, {"id": "2"}),
    never_twice("uq_imports_seat", "imports", "asked_by seat", {"state": "received"}, {"id": "2"}),
    never_twice("uq_uploads_key", "uploads", "key", {}, {"id": "2"}),
    never_twice("uq_addresses_default", "addresses", "member_id", {"is_default": True}, {"id": "2"}),
)


VALUES = {"String": "1", "Text": "1", "Encrypted": "1", "Integer": 1, "BigInteger": 1, "Boolean": False, "JSON": {}, "Utc": NOON,
          "Date": NOON.date()}


def whole(table: sa.Table, given: dict[str, Any]) -> dict[str, Any]:
    """`given` with something in every column that must have a value and that the rule does not speak of."""
    needed = [each for each in table.columns if not each.nullable and each.default is None and each.server_default is None]
    return {each.name: VALUES[type(each.type).__name__] for each in needed} | given


def refusal(connection: sa.Connection, rule: Rule) -> str:
    """What the database says to the row that must not be, after it has taken the other; rolled back."""
    table = METADATA.tables[rule.table]
    row = whole(table, rule.row)
    with connection.begin() as opened:
        if connection.dialect.name == "postgresql":  # rows without their parents
            connection.exec_driver_sql("set local session_replication_role = replica")
        connection.execute(sa.insert(table), row)
        try:
            connection.execute(sa.insert(table), row | rule.change)
        except sa.exc.IntegrityError as no:
            return str(no.orig)
        finally:
            opened.rollback()
    return "nobody said no"


def test_the_database_itself_refuses(app: Flask) -> None:
    with write_engine().connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.driver_connection.execute("pragma foreign_keys = off")
        said = [(rule, refusal(connection, rule)) for rule in RULES]
        if sqlite:
            connection.connection.driver_connection.execute("pragma foreign_keys = on")
    assert [(rule.name, no) for rule, no in said if (sqlite and rule.columns or rule.name) not in no] == []
