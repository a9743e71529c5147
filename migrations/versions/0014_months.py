"""On PostgreSQL what only grows is divided by months: outbox, order history, stock journal.

What is there becomes the first month as it stands: no row is copied, whatever its size; each table is read once and locked
meanwhile (some seconds for ten million rows). Everything of one table happens or nothing.

Revision ID: 0014
Revises: 0013
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from backend.infra.clock import real_now
from backend.kernel.calendar import business_day, day_start
from backend.kernel.ids import first_id

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

PARTED = {"outbox_events": ("id", "evt"), "deliveries": ("event_id", "evt"), "order_moves": ("order_id", "ord"),
          "stock_moves": ("id", "stm")}
"""Table → the column it is divided by, and the prefix of the ids therein: what follows is the time, in letters that sort."""
PROTECTED = ("order_moves", "stock_moves")
ONCE = "uq_stock_moves_cause_kind_sku_id_location_id"
LINK = "fk_deliveries_event_id_outbox_events"


def upgrade() -> None:
    with op.batch_alter_table('deliveries') as batch_op:
        batch_op.drop_constraint(batch_op.f(LINK), type_='foreignkey')
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("set local statement_timeout = 0")
    this = business_day(real_now()).replace(day=1)
    following = (this + timedelta(days=31)).replace(day=1)
    after = (following + timedelta(days=31)).replace(day=1)
    for table, (key, prefix) in PARTED.items():
        first, bound, end = f"{table}_{this:%Y_%m}", *(first_id(prefix, day_start(each)) for each in (following, after))
        keys, indexes = taken_aside(table, first, f"_{this:%Y_%m}")
        op.execute(f"create table {table} (like {first} including defaults including constraints) partition by range ({key})")
        made_again(table, {name: text for name, text in keys.items() if name != ONCE}, indexes)
        granted_again(first, table)
        for part in (f"{table}_rest", f"{table}_{following:%Y_%m}"):
            op.execute(f"create table {part} (like {first} including all)")
        op.execute(f"alter table {table} attach partition {table}_rest default")
        op.execute(f"alter table {table} attach partition {table}_{following:%Y_%m} for values from ('{bound}') to ('{end}')")
        op.execute(f"with later as (delete from {first} where {key} >= '{bound}' returning *) insert into {table} table later")
        op.execute(f"alter table {table} attach partition {first} for values from (minvalue) to ('{bound}')")
        for part in parts(table):
            protect(table, part)
    op.execute(f"""create function stock_moves_once() returns trigger language plpgsql as $$ begin
        perform from stock_moves where id >= 'stm_' || least(substr(new.cause, 5, 10), substr(new.id, 5, 10))
            and cause = new.cause and kind = new.kind and sku_id = new.sku_id and location_id = new.location_id;
        if found then
            raise exception 'duplicate key value violates unique constraint "{ONCE}"' using
                errcode = 'unique_violation', constraint = '{ONCE}', table = 'stock_moves';
        end if;
        return new; end $$""")
    op.execute("""create trigger stock_moves_once before insert on stock_moves for each row
        when (substr(new.cause, 5, 10) <> substr(new.id, 5, 10)) execute function stock_moves_once()""")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("set local statement_timeout = 0")
        op.execute("drop trigger stock_moves_once on stock_moves")
        op.execute("drop function stock_moves_once()")
        for table in PARTED:
            keys, indexes = taken_aside(table, f"{table}_parted", "_parted")
            op.execute(f"create table {table} (like {table}_parted including defaults including constraints)")
            op.execute(f"insert into {table} table {table}_parted")
            if table == "stock_moves":
                keys[ONCE] = "unique (cause, kind, sku_id, location_id)"
            made_again(table, keys, indexes)
            granted_again(f"{table}_parted", table)
            op.execute(f"drop table {table}_parted")
            protect(table, table)
    with op.batch_alter_table('deliveries') as batch_op:
        batch_op.create_foreign_key(batch_op.f(LINK), 'outbox_events', ['event_id'], ['id'])


def taken_aside(table: str, aside: str, suffix: str) -> tuple[dict[str, str], list[str]]:
    """Give a table and its indexes another name; returns its keys by name, and the CREATE of its other indexes, as they were."""
    connection = op.get_bind()
    if table in PROTECTED:
        op.execute(f"drop trigger {table}_append_only on {table}")
    keys = dict(connection.execute(sa.text(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = cast(:table as regclass)"
        " and contype in ('p', 'u', 'f')"), {"table": table}).all())
    found = connection.execute(sa.text(
        "select cast(indexrelid as regclass)::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = cast(:table as regclass)"), {"table": table}).all()
    op.execute(f"alter table {table} rename to {aside}")
    for name, _ in found:
        op.execute(f"alter index {name} rename to {name}{suffix}")
    return keys, [text.replace(" ON ONLY ", " ON ") for name, text in found if name not in keys]


def made_again(table: str, keys: dict[str, str], indexes: list[str]) -> None:
    """Make them on the table that has the name now."""
    for name, text in keys.items():
        op.execute(f"alter table {table} add constraint {name} {text}")
    for text in indexes:
        op.execute(text)


def granted_again(old: str, new: str) -> None:
    """Who may do what with one table may do it with the other."""
    op.execute(f"""do $$ declare line text; begin
        for line in select format('grant %s on {new} to %s', privilege_type,
                                  case grantee when 0 then 'public' else grantee::regrole::text end)
            from pg_class, aclexplode(relacl) where oid = '{old}'::regclass and grantee <> relowner
        loop execute line; end loop; end $$""")


def parts(table: str) -> list[str]:
    """The table and its parts."""
    return list(op.get_bind().execute(sa.text("select cast(relid as text) from pg_partition_tree(cast(:table as regclass))"), {
        "table": table}).scalars())


def protect(table: str, part: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on a part, as on the whole."""
    if table in PROTECTED:
        op.execute(f"""create trigger {table}_append_only before update or delete or truncate on {part}
            for each statement execute function {table}_append_only()""")
