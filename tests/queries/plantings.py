"""One planted fault, at least, for every check of the books: raw SQL that goes round every guard."""

from dataclasses import dataclass

import sqlalchemy as sa

FRESH = "'2026-03-02 04:00:00.000000'"
PAST = "'2026-01-01 00:00:00.000000'"


@dataclass(frozen=True)
class Plant:
    """`statements` make the fault that `check` must find. `loosened` names tables whose keys are in the way."""

    check: str
    name: str
    statements: tuple[str, ...]
    loosened: tuple[str, ...] = ()
    only: str = ""

    def apply(self, connection: sa.Connection) -> None:
        """Make the fault; AssertionError if a statement changed nothing."""
        if not self.only:
            drop_triggers(connection)
        drop_checks(connection)
        for table in self.loosened:
            loosen(connection, table)
        for statement in self.statements:
            done = connection.execute(sa.text(statement))
            assert done.rowcount != 0, f"changed nothing: {statement}"


def drop_triggers(connection: sa.Connection) -> None:
    """Rows that are only ever added can be changed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("set local session_replication_role = replica")
        return
    for name in connection.exec_driver_sql("select name from sqlite_master where type = 'trigger'").scalars().all():
        connection.exec_driver_sql(f"drop trigger {name}")


def drop_checks(connection: sa.Connection) -> None:
    """No CHECK says no (SQLite has been told so by a pragma)."""
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(
            "select conrelid::regclass::text, conname from pg_constraint where contype = 'c'"
            " and connamespace = 'public'::regnamespace order by coninhcount").all()
        for table, name in found:  # a whole before its months, of which some have checks of their own
            connection.exec_driver_sql(f"alter table {table} drop constraint if exists {name}")


def loosen(connection: sa.Connection, table: str) -> None:
    """Put a copy without any key, index or NOT NULL in place of the table."""
    cascade = "cascade" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"create table loose as select * from {table}")
    connection.exec_driver_sql(f"drop table {table} {cascade}")
    connection.exec_driver_sql(f"alter table loose rename to {table}")


def _plant(check: str, name: str, *statements: str, loosened: tuple[str, ...] = (), only: str = "") -> Plant:
    return Plant(check, name, statements, loosened, only)


def _one(table: str, where: str = "1 = 1", column: str = "id") -> str:
    """The first row of `table` that fits, as a scalar subquery."""
    return f"(select {column} from {table} where {where} order by {column} limit 1)"


PAID, CLOSED, UNPAID = (_one("orders", f"state = '{state}'") for state in ("paid", "closed", "unpaid"))
SHIPPED = _one("orders", "state = 'shipped'")
PAYMENT, SURPLUS = _one("payments", "state = 'succeeded'"), _one("payments", "state = 'surplus'")
REFUND = _one("refunds", "kind = 'order' and state = 'succeeded' and id in (select refund_id from refund_lines)")
POSTED = _one("ledger_transactions", "kind = 'payment'")
FETCHED, HANDED = (_one("pickups", f"handed_over_at is {each} null", "order_id") for each in ("", "not"))
HELD_REVIEW = _one("reviews", "state = 'held'")
SHOWN_REVIEW = _one("reviews", "state = 'shown' and picture_count > 0")
PAID_LINE = _one("order_lines", f"order_id = {PAID}")
CASE = _one("aftersales", "state = 'refunded' and refund_id is not null")
TICKET = _one("tickets", "state = 'closed'")

PLANTINGS: list[Plant] = [
    _plant("I01.balanced", "no transfer",
           f"delete from ledger_transfers where transaction_id = {_one('ledger_transactions')}"),
    _plant("I01.balanced", "to itself", "update ledger_transfers set credit = debit where position = 0"),
    _plant("I01.balanced", "nothing moved", "update ledger_transfers set amount_fen = 0 where position = 0"),
    _plant("I02.accounts", "unknown account",
           "update ledger_transfers set credit = 'sales:other' where credit = 'sales:goods'"),
    _plant("I03.append-only", "trigger gone", "drop trigger order_moves_no_update", only="sqlite"),
    _plant("I03.append-only", "trigger gone",
           "drop trigger order_moves_append_only on order_moves", only="postgresql"),
    _plant("I03.append-only", "trigger asleep",
           "alter table audit_log disable trigger audit_log_append_only", only="postgresql"),
    _plant("I04.once", "posted twice", "insert into ledger_transactions select * from ledger_transactions limit 1",
           loosened=("ledger_transactions",)),
    _plant("I04.postings", "amount",
           "update ledger_transfers set amount_fen = amount_fen + 1 where credit = 'sales:goods'"),
    _plant("I04.postings", "not posted",
           f"delete from ledger_transfers where transaction_id = {POSTED}",
           f"delete from ledger_transactions where id = {POSTED}"),
    _plant("I04.postings", "posted without cause",
           "update ledger_transactions set event_id = 'pay_none' where kind = 'surplus'"),
    _plant("I04.postings", "freight as goods",
           "update ledger_transfers set credit = 'sales:goods' where credit = 'sales:freight'"),
    _plant("I05.surplus", "owed too much",
           "update ledger_transfers set amount_fen = amount_fen + 1 where credit = 'owed:surplus'"),
    _plant("I05.surplus", "paid back twice",
           "update ledger_transfers set amount_fen = amount_fen * 2 where debit = 'owed:surplus'"),
    _plant("I05.wechat", "too much money",
           "update ledger_transfers set amount_fen = amount_fen + 1 where debit = 'wechat'"),
    _plant("I05.wechat", "a payment too few", "update payments set state = 'closed' where state = 'succeeded'"),
    _plant("I06.whole", "negative", f"update order_lines set amount_fen = -1 where id = {PAID_LINE}"),
    _plant("I06.whole", "beyond the limit", f"update payments set amount_fen = 1000000000001 where id = {PAYMENT}"),
    _plant("I06.carts", "nothing of it", "update cart_lines set quantity = 0"),
    _plant("I06.carts", "too many lines",
           "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1001)"
           " insert into cart_lines (member_id, sku_id, quantity, selected, added_at)"
           f" select {_one('carts', column='member_id')}, 'sku_' || i, 1, (1 = 1), {FRESH} from n"),
    _plant("I08.gapless", "a row lost", f"delete from order_moves where order_id = {PAID} and seq = 1"),
    _plant("I08.gapless", "no history", f"delete from order_moves where order_id = {PAID}"),
    _plant("I08.gapless", "count", f"update orders set moves = moves + 1 where id = {PAID}"),
    _plant("I08.last", "state without move", f"update orders set state = 'closed' where id = {PAID}"),
    _plant("I08.last", "no last move", f"update order_moves set seq = seq + 5 where order_id = {PAID}"),
    _plant("I08.chain", "jump", f"update order_moves set from_state = 'closing' where order_id = {PAID} and seq = 2"),
    _plant("I08.chain", "born paid", f"update order_moves set to_state = 'paid' where order_id = {PAID} and seq = 1"),
    _plant("I08.graph", "back to life",
           f"update order_moves set from_state = 'closed' where order_id = {PAID} and seq = 2"),
    _plant("I08.times", "closed and not", f"update orders set closed_at = null where id = {CLOSED}"),
    _plant("I08.times", "paid without time", f"update orders set paid_at = null where id = {PAID}"),
    _plant("I08.goods", "shipped without a time", f"update orders set shipped_at = null where id = {SHIPPED}"),
    _plant("I08.goods", "shipped and held", f"update order_lines set shipped_qty = shipped_qty - 1 where order_id = {SHIPPED}"),
    _plant("I08.goods", "completed without a time", "update orders set completed_at = null where state = 'completed'"),
    _plant("I08.goods", "paid and shipped", f"update orders set shipped_at = {FRESH} where id = {PAID}"),
    _plant("I08.goods", "left unpaid", f"update order_lines set shipped_qty = 1 where order_id = {UNPAID}"),
    _plant("I08.categories", "three levels",
           "insert into categories (id, parent_id, name, position, created_at) select 'cat_2', id, 'two', 0, created_at"
           " from categories limit 1",
           "insert into categories (id, parent_id, name, position, created_at) select 'cat_3', 'cat_2', 'three', 0,"
           " created_at from categories limit 1"),
    _plant("I09.one-payment", "paid by nothing", f"update payments set state = 'closed' where order_id = {PAID}"),
    _plant("I09.one-payment", "paid twice",
           f"update payments set state = 'succeeded', order_id = {PAID} where id = {SURPLUS}",
           loosened=("payments",)),
    _plant("I09.one-payment", "paid unpaid", f"update orders set paid_fen = total_fen where id = {UNPAID}"),
    _plant("I09.surplus", "no refund", "delete from refunds where kind = 'surplus'"),
    _plant("I09.surplus", "part of it", "update refunds set amount_fen = amount_fen - 1 where kind = 'surplus'"),
    _plant("I09.surplus", "of a good payment", f"update refunds set kind = 'surplus' where id = {REFUND}"),
    _plant("I09.one-open", "two",
           f"update payments set state = 'open', order_id = {UNPAID} where state <> 'succeeded'",
           loosened=("payments",)),
    _plant("I10.amount", "too little", f"update payments set amount_fen = amount_fen - 1 where id = {PAYMENT}"),
    _plant("I10.amount", "somebody else's", f"update payments set member_id = 'mem_other' where id = {PAYMENT}"),
    _plant("I11.transaction", "counted twice",
           f"update payments set transaction_id = (select transaction_id from payments p where p.id = {PAYMENT})"
           " where state in ('succeeded', 'surplus')", loosened=("payments",)),
    _plant("I11.transaction", "paid without number",
           f"update payments set transaction_id = null where id = {PAYMENT}"),
    _plant("I11.transaction", "paid without time", f"update payments set paid_at = null where id = {PAYMENT}"),
    _plant("I12.shipped", "closed and shipped",
           "insert into stock_moves (id, sku_id, location_id, kind, cause, on_hand_change, reserved_change,"
           " actor, reason, at) select 'stm_x', sku_id, 'loc_main', 'ship', id, -1, -1, 'system', '',"
           f" {FRESH} from order_lines"
           f" where order_id = {CLOSED}"),
    _plant("I12.parcels", "more than left", "update parcel_lines set quantity = quantity + 1"),
    _plant("I12.parcels", "of another order", f"update parcels set order_id = {UNPAID} where seq = 1 and order_id = {SHIPPED}"),
    _plant("I12.journal", "left unnoticed", "delete from stock_moves where kind = 'ship'"),
    _plant("I12.journal", "less than that", "update parcel_lines set quantity = quantity + 1"),
    _plant("I12.numbered", "a gap", "update parcels set seq = seq + 1"),
    _plant("I13.closed-first", "still open", f"update payments set state = 'open' where id = {SURPLUS}"),
    _plant("I13.released", "before its end", f"update orders set state = 'closing' where id = {CLOSED}"),
    _plant("I14.lines", "goods", f"update orders set goods_fen = goods_fen + 1 where id = {PAID}"),
    _plant("I14.lines", "count", f"update orders set line_count = line_count + 1 where id = {PAID}"),
    _plant("I14.lines", "no lines", f"delete from order_lines where order_id = {UNPAID}"),
    _plant("I14.lines", "positions", f"update order_lines set position = position + 1 where order_id = {PAID}"),
    _plant("I14.lines", "discount", f"update order_lines set discount_fen = 1 where id = {PAID_LINE}"),
    _plant("I14.payable", "total", f"update orders set total_fen = total_fen - 1 where id = {UNPAID}"),
    _plant("I14.payable", "line", f"update order_lines set payable_fen = payable_fen - 1 where id = {PAID_LINE}"),
    _plant("I14.payable", "price", f"update order_lines set price_fen = price_fen - 1 where id = {PAID_LINE}"),
    _plant("I14.roll-up", "price", "update products set price_fen = price_fen + 1"),
    _plant("I14.roll-up", "count", "update products set sku_count = 2"),
    _plant("I14.roll-up", "sole", "update products set sole_sku_id = null"),
    _plant("I17.unpaid", "overdue", f"update orders set pay_before = {PAST} where state = 'unpaid'"),
    _plant("I17.closing", "never closed", f"update order_moves set at = {PAST} where to_state = 'closing'"),
    _plant("I17.attempts", "not asked", f"update payments set next_query_at = {PAST} where state = 'open'"),
    _plant("I17.attempts", "never asked", "update payments set next_query_at = null where state = 'open'"),
    _plant("I17.attempts", "superseded",
           f"update orders set state = 'paid', paid_at = {PAST} where state = 'unpaid'"),
    _plant("I17.refunds", "not sent", f"update refunds set state = 'asked', send_at = {PAST} where state = 'sent'"),
    _plant("I17.refunds", "not asked", f"update refunds set next_query_at = {PAST} where state = 'sent'"),
    _plant("I17.refunds", "never asked", "update refunds set next_query_at = null where state = 'sent'"),
    _plant("I17.shipping", "nothing left to leave", f"update order_lines set released_qty = quantity where order_id = {PAID}"),
    _plant("I17.receipt", "nobody will look", "delete from deliveries where reaction = 'complete_order'",
           "delete from outbox_events where name = 'OrderReceiptDue'"),
    _plant("I17.uploads", "not planned", "delete from shipping_uploads"),
    _plant("I17.uploads", "late", f"update shipping_uploads set state = 'due', next_at = {PAST} where state = 'sent'"),
    _plant("I18.conserved", "on hand", "update stock_levels set on_hand = on_hand + 1"),
    _plant("I18.conserved", "reserved", "update stock_levels set reserved = reserved + 1"),
    _plant("I18.conserved", "level lost",
           f"delete from stock_levels where sku_id = {_one('stock_levels', column='sku_id')}"),
    _plant("I18.conserved", "move lost", "delete from stock_moves where kind = 'adjust'"),
    _plant("I18.kinds", "reserve on hand", "update stock_moves set on_hand_change = 1 where kind = 'reserve'"),
    _plant("I18.kinds", "unknown kind", "update stock_moves set kind = 'vanish' where kind = 'adjust'"),
    _plant("I18.once", "twice", "insert into stock_moves select * from stock_moves where kind = 'release'",
           loosened=("stock_moves",)),
    _plant("I19.never-oversold", "oversold", "update stock_levels set reserved = on_hand + 1"),
    _plant("I19.never-oversold", "negative", "update stock_levels set reserved = -1"),
    _plant("I20.holds", "leak",
           f"update stock_levels set reserved = reserved + 1 where sku_id = {_one('stock_levels', column='sku_id')}"),
    _plant("I20.holds", "not held",
           f"delete from stock_levels where sku_id = {_one('order_lines', f'order_id = {UNPAID}', 'sku_id')}"),
    _plant("I20.line", "never reserved", f"delete from stock_moves where kind = 'reserve' and cause = {PAID_LINE}"),
    _plant("I20.line", "released more",
           f"update order_lines set released_qty = released_qty + 1 where order_id = {UNPAID}"),
    _plant("I20.line", "shipped more", f"update order_lines set shipped_qty = shipped_qty + 1 where order_id = {SHIPPED}"),
    _plant("I20.line", "back without a journal", "update order_lines set restocked_qty = 0 where restocked_qty > 0"),
    _plant("I20.cause", "of nothing",
           "update stock_moves set cause = 'oli_none' where kind = 'reserve'", loosened=("stock_moves",)),
    _plant("I20.cause", "of another SKU", "update stock_moves set sku_id = 'sku_other' where kind = 'release'"),
    _plant("I20.ended", "held for ever", f"update order_lines set released_qty = 0 where order_id = {CLOSED}"),
    _plant("I20.ended", "returned and held", "update order_lines set released_qty = 0 where refund_qty = quantity"),
    _plant("I20.ended", "let go without a refund",
           "update order_lines set released_qty = quantity where refund_qty = 0"),
    _plant("I20.ended", "held although it is shipped",
           f"update order_lines set shipped_qty = shipped_qty - 1 where order_id = {SHIPPED}"),
    _plant("I20.ended", "let go too early",
           f"update order_lines set released_qty = quantity where order_id = {UNPAID}"),
    _plant("I27.sold", "too many", "update products set sold = sold + 1"),
    _plant("I29.sum", "uncounted", "update payments set refund_fen = refund_fen - 1 where refund_fen > 0"),
    _plant("I29.sum", "more than paid", "update refunds set amount_fen = 100000000 where state = 'sent'"),
    _plant("I30.lines", "pieces", "update order_lines set refund_qty = refund_qty - 1 where refund_qty > 0"),
    _plant("I30.lines", "fen", "update order_lines set refund_fen = refund_fen + 1 where refund_qty > 0"),
    _plant("I30.freight", "uncounted",
           "update orders set freight_refund_fen = freight_refund_fen - 1 where freight_refund_fen > 0"),
    _plant("I30.freight", "too much",
           "update orders set freight_refund_fen = freight_fen + 1 where freight_refund_fen > 0"),
    _plant("I30.goods", "had left", "update order_lines set refund_shipped_qty = 0 where refund_shipped_qty > 0"),
    _plant("I30.goods", "not back", "update order_lines set returned_qty = returned_qty + 1 where refund_shipped_qty > 0"),
    _plant("I30.exact", "a fen off",
           "update order_lines set refund_fen = refund_fen - 1 where refund_qty > 0 and refund_fen > 0"),
    _plant("I30.parts", "sum", f"update refunds set amount_fen = amount_fen + 1 where id = {REFUND}"),
    _plant("I30.parts", "lines", f"update refund_lines set amount_fen = amount_fen + 1 where refund_id = {REFUND}"),
    _plant("I30.parts", "of another order", f"update refunds set order_id = {UNPAID} where id = {REFUND}"),
    _plant("I31.fifty", "uncounted", "update payments set refunds = refunds - 1 where refunds > 0"),
    _plant("I31.fifty", "fifty-one", "update payments set refunds = 51 where refunds > 0"),
    _plant("I31.ended", "no end", f"update refunds set ended_at = null where id = {REFUND}"),
    _plant("I31.ended", "no number", f"update refunds set wechat_refund_id = null where id = {REFUND}"),
    _plant("I32.restock", "more than returned", "update stock_moves set reserved_change = reserved_change - 1"
           " where kind = 'release' and cause like '%/%'"),
    _plant("I32.restock", "did not come back", "update refund_lines set returned_qty = 0 where returned_qty > 0"),
    _plant("I32.restock", "more back than was given back",
           "update stock_moves set on_hand_change = on_hand_change + 2 where kind = 'restock'"),
    _plant("I33.refunded", "too early", f"update orders set state = 'refunded' where id = {PAID}"),
    _plant("I33.refunded", "uncounted", "update orders set refunded_fen = refunded_fen - 1 where refunded_fen > 0"),
    _plant("I08.cases", "a row lost", f"delete from aftersale_moves where seq = 1 and aftersale_id = {CASE}"),
    _plant("I08.cases", "state without move", "update aftersales set state = 'refused' where state = 'cancelled'"),
    _plant("I08.cases", "back to life", "update aftersale_moves set from_state = 'refused' where to_state = 'refunded'"),
    _plant("I08.tickets", "a row lost", f"delete from ticket_moves where seq = 1 and ticket_id = {TICKET}"),
    _plant("I08.tickets", "a message lost", f"delete from ticket_messages where seq = 1 and ticket_id = {TICKET}"),
    _plant("I08.tickets", "state without move", "update tickets set state = 'waiting' where state = 'closed'"),
    _plant("I08.tickets", "a step that is none", "update ticket_moves set from_state = 'waiting' where to_state = 'open'"),
    _plant("I30.one-case", "two", "update aftersale_lines set is_open = (1 = 1)", loosened=("aftersale_lines",)),
    _plant("I30.one-case", "free while open", "update aftersale_lines set is_open = (1 = 0) where is_open"),
    _plant("I30.case-units", "more than bought",
           "update aftersale_lines set quantity = quantity + 9 where is_open"),
    _plant("I30.case-units", "of another order",
           f"update aftersales set order_id = {UNPAID} where state = 'asked'"),
    _plant("I30.case-sums", "asked", f"update aftersales set asked_fen = asked_fen + 1 where id = {CASE}"),
    _plant("I30.case-sums", "given", f"update aftersale_lines set given_fen = 0 where aftersale_id = {CASE}"),
    _plant("I31.case-refund", "before WeChat's word",
           f"update refunds set state = 'sent' where id in (select refund_id from aftersales where id = {CASE})"),
    _plant("I31.case-refund", "without a refund", f"update aftersales set refund_id = null where id = {CASE}"),
    _plant("I31.case-refund", "refused and paid",
           f"update aftersales set state = 'refused' where id = {CASE}"),
    _plant("I29.case-refund", "more than agreed",
           "update aftersale_lines set given_fen = given_fen - 1 where given_fen > 1"),
    _plant("I29.case-refund", "more goods than agreed, and money is left",
           "update refund_lines set quantity = quantity + 1 where refund_id in (select refund_id from aftersales)",
           "update payments set amount_fen = amount_fen + 1", "update orders set paid_fen = paid_fen + 1 where paid_fen > 0"),
    _plant("I29.case-refund", "more goods that had left than agreed",
           "update refund_lines set quantity = quantity + 1, shipped_qty = quantity + 1"
           " where refund_id in (select refund_id from aftersales)"),
    _plant("I29.case-refund", "freight",
           "update refunds set freight_fen = freight_fen + 1 where id in (select refund_id from aftersales)"),
    _plant("I30.lines", "waived", "update order_lines set waived_fen = 0 where waived_fen > 0"),
    _plant("I30.exact", "waived twice", "update order_lines set waived_fen = waived_fen + 1 where refund_qty = quantity"),
    _plant("I17.cases", "no answer", f"update aftersales set due_at = {PAST} where state = 'asked'"),
    _plant("I17.cases", "arrived and not told",
           "update aftersales set state = 'refunding' where state = 'refunded' and refund_id is not null"),
    _plant("I17.cases", "failed and not told", "update aftersales set state = 'refunding' where state = 'refund_failed'",
           f"update aftersale_moves set at = {PAST}"),
    _plant("I17.tickets", "not marked", f"update tickets set due_at = {PAST} where state = 'open'"),
    _plant("I12.told", "never complete", "update shipping_uploads set completions = 0"),
    _plant("I48.parcels", "no trace", "delete from audit_log where action = 'ship_order'"),
    _plant("I48.parcels", "corrected secretly", f"update parcels set corrected_at = {FRESH}"),
    _plant("I48.stock", "no trace", "delete from audit_log where action = 'adjust_stock'"),
    _plant("I48.prices", "no trace", "delete from audit_log where action = 'change_order_price'"),
    _plant("I48.tickets", "no trace", "delete from audit_log where action = 'answer_ticket'"),
    _plant("I47.private", "public evidence", "update uploads set private = (1 = 0) where purpose = 'ticket'"),
    _plant("I47.private", "private review", "update uploads set private = (1 = 1) where purpose = 'review'"),
    _plant("I47.evidence", "unbound", "update uploads set claimed_by = null, claimed_at = null where purpose = 'ticket'"),
    _plant("I47.evidence", "of another store", "update uploads set store_id = 'sto_x' where purpose = 'aftersale'"),
    _plant("I47.evidence", "somebody else's", "update uploads set owner = 'shopper:mem_x' where purpose = 'aftersale'"),
    _plant("I47.evidence", "of nothing", "update uploads set claimed_by = 'aft_none' where purpose = 'aftersale'"),
    _plant("I47.evidence", "a picture more", "update aftersales set pictures = '[\"x\", \"y\"]'"),
    _plant("I17.exports", "nobody goes on", "delete from deliveries where reaction = 'run_export'",
           "delete from outbox_events where name like 'Export%'"),
    _plant("I17.imports", "nobody goes on", "delete from outbox_events where name like 'Import%'"),
    _plant("I43.export-files", "a piece lost", "update exports set slices = slices + 1 where state = 'asked'"),
    _plant("I43.export-files", "no file", "delete from export_parts"),
    _plant("I43.import-lines", "a line lost", "update imports set seen = seen - 1 where state = 'done'"),
    _plant("I43.import-lines", "not ended", "update imports set ended_at = null where state = 'done'"),
    _plant("I43.import-lines", "over before its end", f"update imports set ended_at = {FRESH} where state = 'received'"),
    _plant("I48.exports", "asked secretly", "delete from audit_log where action = 'ask_export'"),
    _plant("I48.exports", "fetched secretly", "update exports set downloads = downloads + 1"),
    _plant("I48.imports", "taken secretly", "delete from audit_log where action = 'take_import'"),
    _plant("I48.imports", "nobody said yes", "update imports set confirmed_by = null where state = 'done'"),
    _plant("I49.effects", "parcel gone", "delete from parcels"),
    _plant("I49.effects", "case gone", "delete from aftersales"),
    _plant("I49.effects", "complaint gone", "delete from tickets"),
    _plant("I49.effects", "review gone", "delete from reviews"),
    _plant("I48.cases", "no trace", "delete from audit_log where action like '%aftersale'"),
    _plant("I43.dead", "given up",
           f"update deliveries set dead_at = {PAST}, done_at = null where done_at is not null"),
    _plant("I43.fanned", "not fanned",
           "update outbox_events set fanned = (1 = 0) where id in (select event_id from deliveries)"),
    _plant("I43.fanned", "no event", f"delete from outbox_events where id = {_one('deliveries', column='event_id')}"),
    _plant("I43.unfanned", "forgotten", f"update outbox_events set fanned = (1 = 0), emitted_at = {PAST}"),
    _plant("I43.late", "not done", f"update deliveries set due_at = {PAST}, done_at = null"),
    _plant("I43.lost", "lease ran out", f"update deliveries set lease_until = {PAST}, done_at = null"),
    _plant("I43.lost", "not retried", f"update deliveries set lease_until = null, retry_at = {PAST}, done_at = null"),
    _plant("I45.ends", "two ends", "update deliveries set dead_at = done_at where done_at is not null"),
    _plant("I45.ends", "too many tries", "update deliveries set attempt = 9 where done_at is not null"),
    _plant("I45.ends", "leased for ever", f"update deliveries set lease_until = {FRESH} where done_at is not null"),
    _plant("I45.ends", "done untried", "update deliveries set attempt = 0 where done_at is not null"),
    _plant("I48.refunds", "no trace", "delete from audit_log where action = 'refund_order'"),
    _plant("I49.effects", "order gone",
           "delete from orders where id in (select id from orders where state = 'closed')"),
    _plant("I49.effects", "refund gone", "delete from refunds where kind = 'order'"),
    _plant("I51.encrypted", "in clear", "update addresses set phone = '13800138000'"),
    _plant("I51.encrypted", "json in clear",
           """update orders set ship_to = '{"name": "李雷", "phone": "13800138000", "detail": "建国路 1.5 号"}'"""),
    _plant("I56.default-address", "two", "insert into addresses select * from addresses", loosened=("addresses",)),
    _plant("I07.bills", "open difference",
           "insert into bill_differences (day, kind, number, problem, ours_fen, theirs_fen, state)"
           " values ('2026-03-01', 'payment', 'pay_x', 'missing_here', null, 100, 'open')"),
    _plant("I12.pickup", "no point", f"delete from pickups where order_id = {FETCHED}"),
    _plant("I12.pickup", "by courier after all", f"update orders set delivery = 'courier' where id = {FETCHED}"),
    _plant("I12.live-code", "no code", "delete from pickup_codes"),
    _plant("I12.live-code", "paid back", "update orders set state = 'refunded' where id in (select order_id from pickup_codes)"),
    _plant("I12.live-code", "elsewhere", "update pickup_codes set point_id = 'ppt_none'"),
    _plant("I12.one-code", "alike", "update pickup_codes set code_index = 'x'", loosened=("pickup_codes",)),
    _plant("I12.one-code", "two", "insert into pickup_codes select 'x', order_id, point_id, code, made_at from pickup_codes",
           loosened=("pickup_codes",)),
    _plant("I12.handed-over", "goods here", f"update order_lines set shipped_qty = 0 where order_id = {HANDED}"),
    _plant("I12.handed-over", "not handed over",
           f"update pickups set handed_over_at = null where order_id = {HANDED}"),
    _plant("I12.handed-over", "another time", f"update pickups set handed_over_at = {PAST} where order_id = {HANDED}"),
    _plant("I12.handed-over", "on its way", f"update orders set state = 'shipped' where id = {FETCHED}"),
    _plant("I12.by-staff", "by nobody known", f"update pickups set handed_over_by = 'system' where order_id = {HANDED}"),
    _plant("I12.by-staff", "no trace", "delete from audit_log where action = 'hand_over'"),
    _plant("I27.days", "more than was paid", "update sales_days set paid_fen = paid_fen + 1"),
    _plant("I27.days", "fewer refunds", "update sales_days set refunded_fen = 1"),
    _plant("I48.settled", "without a note", "update payment_exceptions set note = null where state = 'closed'"),
    _plant("I48.settled", "by nobody", "update payment_exceptions set state = 'closed' where state = 'open'"),
    _plant("I48.rules", "past the console", "update shop_settings set version = version + 1"),
    _plant("I48.rules", "no trace", "delete from audit_log where action = 'change_shop_rules'"),
    _plant("I61.unchecked", "no verdict", f"update screenings set state = 'unjudged' where subject = {SHOWN_REVIEW}"),
    _plant("I61.unchecked", "never asked", f"delete from screenings where subject = {SHOWN_REVIEW} and part = 'text'"),
    _plant("I61.unchecked", "a picture more", f"delete from screenings where subject = {SHOWN_REVIEW} and part <> 'text'"),
    _plant("I61.unchecked", "an older revision", f"update reviews set revision = revision + 1 where id = {SHOWN_REVIEW}"),
    _plant("I61.unchecked", "nobody decided", "update review_notes set decided_by = null where kind = 'follow_up'"),
    _plant("I61.bought", "somebody else's", f"update reviews set member_id = 'mem_none' where id = {SHOWN_REVIEW}"),
    _plant("I61.bought", "not received", f"update orders set completed_at = null where id = {_one('reviews', column='order_id')}"),
    _plant("I61.once", "twice", "insert into reviews select * from reviews", loosened=("reviews",)),
    _plant("I61.moves", "a row lost", f"delete from review_moves where subject = {SHOWN_REVIEW} and seq = 1"),
    _plant("I61.moves", "moved aside", "update reviews set state = 'held' where state = 'rejected'"),
    _plant("I61.hidden", "secretly", "delete from audit_log where action = 'hide_review'"),
    _plant("I61.pictures", "unbound", "update uploads set claimed_by = null, claimed_at = null"),
    _plant("I61.reuse", "without consent", "update reviews set reuse_version = '9' where reuse_version is null"),
    _plant("I61.reuse", "another text", "update reviews set reuse_version = '9' where reuse_version = '2'"),
    _plant("I61.reuse", "with a name", "update reviews set reuse_credit = (1 = 1) where reuse_version = '2'"),
    _plant("I61.ratings", "a star more", "update product_ratings set stars_5 = stars_5 + 1"),
    _plant("I61.ratings", "not counted", f"update reviews set state = 'shown' where id = {HELD_REVIEW}"),
    _plant("I61.timer", "no timer", "delete from deliveries where reaction = 'give_up_screening'",
           "delete from outbox_events where name = 'ScreeningOverdue'"),
    _plant("I62.balance", "one too many", "update message_balances set balance = balance + 1"),
    _plant("I62.balance", "no balance",
           f"delete from message_balances where member_id = {_one('message_balances', column='member_id')}"),
    _plant("I62.allowed", "never allowed", "update consent_moves set kind = 'rejected', change = 0 where kind = 'accepted'"),
    _plant("I62.cost", "free of charge", "delete from consent_moves where kind = 'spent'"),
    _plant("I62.cost", "sent and given back", "update messages set state = 'sent' where state = 'failed'"),
    _plant("I62.cost", "for nothing", "update consent_moves set message_id = 'msg_none' where kind = 'spent'",
           loosened=("consent_moves",)),
    _plant("I62.forgotten", "no delivery", "delete from deliveries where reaction = 'send_message'",
           "delete from outbox_events where name = 'MessageAsked'"),
]
