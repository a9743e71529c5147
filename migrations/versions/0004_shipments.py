"""Parcels, and what WeChat was told of them; notes on orders, saved filters, and how much of a refund had left before.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

APPEND_ONLY = ("parcel_traces", "order_notes")
REFUND_SHIPPED = "refund_shipped_qty between 0 and shipped_qty and refund_qty - refund_shipped_qty between 0 and quantity - shipped_qty"
RESTOCKED = "returned_qty between 0 and refund_shipped_qty and returned_qty <= restocked_qty and restocked_qty <= shipped_qty"
LISTED = "state in ('failed', 'gave_up')"


def Id(length: int = 32) -> sa.String:
    return sa.String(length=length).with_variant(sa.String(length=length, collation='C'), 'postgresql')


def protect(table: str) -> None:
    """Refuse UPDATE and DELETE on `table`."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"""create function {table}_append_only() returns trigger language plpgsql as
            $$ begin raise exception '{table} is append-only' using errcode = 'integrity_constraint_violation'; end $$""")
        op.execute(f"""create trigger {table}_append_only before update or delete or truncate on {table}
            for each statement execute function {table}_append_only()""")
        return
    for verb in ("update", "delete"):
        op.execute(f"""create trigger {table}_no_{verb} before {verb} on {table}
            begin select raise(abort, '{table} is append-only'); end""")


def unprotect(table: str) -> None:
    """Take the protection away, so that the table can be dropped."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"drop trigger {table}_append_only on {table}")
        op.execute(f"drop function {table}_append_only()")
        return
    for verb in ("update", "delete"):
        op.execute(f"drop trigger {table}_no_{verb}")


def upgrade() -> None:
    op.create_table('order_filters',
    sa.Column('id', Id(), nullable=False),
    sa.Column('staff_id', Id(), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('query', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_filters')),
    sa.UniqueConstraint('staff_id', 'name', name=op.f('uq_order_filters_staff_id_name'))
    )
    op.create_table('order_notes',
    sa.Column('id', Id(), nullable=False),
    sa.Column('order_id', Id(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('actor', sa.String(length=48), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_notes_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_notes'))
    )
    with op.batch_alter_table('order_notes') as batch_op:
        batch_op.create_index(batch_op.f('ix_order_notes_order_id_id'), ['order_id', 'id'], unique=False)

    op.create_table('parcels',
    sa.Column('id', Id(), nullable=False),
    sa.Column('order_id', Id(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('courier', sa.String(length=16), nullable=False),
    sa.Column('tracking_number', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('shipped_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('shipped_by', sa.String(length=48), nullable=False),
    sa.Column('corrected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'underway') = (ended_at is null)", name=op.f('ck_parcels_ended')),
    sa.CheckConstraint("state in ('underway', 'delivered', 'returned')", name=op.f('ck_parcels_state')),
    sa.CheckConstraint('seq between 1 and 15', name=op.f('ck_parcels_most')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_parcels_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parcels')),
    sa.UniqueConstraint('order_id', 'seq', name=op.f('uq_parcels_order_id_seq')),
    sa.UniqueConstraint('order_id', 'tracking_number', name=op.f('uq_parcels_order_id_tracking_number'))
    )
    with op.batch_alter_table('parcels') as batch_op:
        batch_op.create_index(batch_op.f('ix_parcels_shipped_at'), ['shipped_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_parcels_tracking_number'), ['tracking_number'], unique=False)

    op.create_table('shipping_uploads',
    sa.Column('order_id', Id(), nullable=False),
    sa.Column('logistics_type', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('wanted', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('completions', sa.Integer(), nullable=False),
    sa.Column('unsure', sa.Boolean(), nullable=False),
    sa.Column('caller', sa.String(length=32), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=200), nullable=True),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'due') = (next_at is not null)", name=op.f('ck_shipping_uploads_next')),
    sa.CheckConstraint("state in ('due', 'sent', 'failed', 'gave_up')", name=op.f('ck_shipping_uploads_state')),
    sa.CheckConstraint('completions between 0 and 2 and attempts >= 0 and wanted >= 1', name=op.f('ck_shipping_uploads_counts')),
    sa.CheckConstraint('logistics_type in (1, 4)', name=op.f('ck_shipping_uploads_logistics_type')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_shipping_uploads_order_id_orders')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_shipping_uploads'))
    )
    with op.batch_alter_table('shipping_uploads') as batch_op:
        batch_op.create_index('ix_shipping_uploads_due', ['next_at'], unique=False, sqlite_where=sa.text("state = 'due'"), postgresql_where=sa.text("state = 'due'"))
        batch_op.create_index('ix_shipping_uploads_listed', ['state', 'order_id'], unique=False, sqlite_where=sa.text(LISTED), postgresql_where=sa.text(LISTED))

    op.create_table('parcel_lines',
    sa.Column('parcel_id', Id(), nullable=False),
    sa.Column('order_line_id', Id(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_parcel_lines_quantity')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_parcel_lines_order_line_id_order_lines')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcels.id'], name=op.f('fk_parcel_lines_parcel_id_parcels')),
    sa.PrimaryKeyConstraint('parcel_id', 'order_line_id', name=op.f('pk_parcel_lines'))
    )
    with op.batch_alter_table('parcel_lines') as batch_op:
        batch_op.create_index(batch_op.f('ix_parcel_lines_order_line_id'), ['order_line_id'], unique=False)

    op.create_table('parcel_traces',
    sa.Column('id', Id(), nullable=False),
    sa.Column('parcel_id', Id(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('noted_by', sa.String(length=48), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("source in ('staff', 'courier')", name=op.f('ck_parcel_traces_source')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcels.id'], name=op.f('fk_parcel_traces_parcel_id_parcels')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parcel_traces')),
    sa.UniqueConstraint('parcel_id', 'at', 'text', name=op.f('uq_parcel_traces_parcel_id_at_text'))
    )
    for table in APPEND_ONLY:
        protect(table)

    with op.batch_alter_table('order_lines') as batch_op:
        batch_op.add_column(sa.Column('refund_shipped_qty', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('returned_qty', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('restocked_qty', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.create_check_constraint(batch_op.f('ck_order_lines_refund_shipped'), REFUND_SHIPPED)
        batch_op.create_check_constraint(batch_op.f('ck_order_lines_restocked'), RESTOCKED)
        batch_op.create_index(batch_op.f('ix_order_lines_product_id_order_id'), ['product_id', 'order_id'], unique=False)
    with op.batch_alter_table('orders') as batch_op:
        batch_op.add_column(sa.Column('phone_index', Id(64), nullable=True))
        batch_op.create_index(batch_op.f('ix_orders_phone_index_id'), ['phone_index', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_orders_store_id_id'), ['store_id', 'id'], unique=False)
    with op.batch_alter_table('refund_lines') as batch_op:
        batch_op.add_column(sa.Column('shipped_qty', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('returned_qty', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.create_check_constraint(batch_op.f('ck_refund_lines_shipped'), 'shipped_qty between 0 and quantity and returned_qty between 0 and shipped_qty')


def downgrade() -> None:
    with op.batch_alter_table('refund_lines') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_refund_lines_shipped'), type_='check')
        batch_op.drop_column('returned_qty')
        batch_op.drop_column('shipped_qty')
    with op.batch_alter_table('orders') as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_store_id_id'))
        batch_op.drop_index(batch_op.f('ix_orders_phone_index_id'))
        batch_op.drop_column('phone_index')
    with op.batch_alter_table('order_lines') as batch_op:
        batch_op.drop_index(batch_op.f('ix_order_lines_product_id_order_id'))
        batch_op.drop_constraint(batch_op.f('ck_order_lines_restocked'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_order_lines_refund_shipped'), type_='check')
        batch_op.drop_column('restocked_qty')
        batch_op.drop_column('returned_qty')
        batch_op.drop_column('refund_shipped_qty')
    for table in APPEND_ONLY:
        unprotect(table)
    for table in ('parcel_traces', 'parcel_lines', 'shipping_uploads', 'parcels', 'order_notes', 'order_filters'):
        op.drop_table(table)
