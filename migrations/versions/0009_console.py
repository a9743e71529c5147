"""What the admin console keeps: the shop's settings, daily sales, what became of exceptions; indexes for its lists.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

SETTLED = ('payment_exceptions', 'bill_differences')


def upgrade() -> None:
    op.create_table('shop_settings',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('value', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by', sa.String(length=48), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_shop_settings'))
    )
    op.create_table('sales_days',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('store_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('placed', sa.Integer(), nullable=False),
    sa.Column('paid', sa.Integer(), nullable=False),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunds', sa.Integer(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('placed >= 0 and paid >= 0 and paid_fen >= 0 and refunds >= 0 and refunded_fen >= 0', name=op.f('ck_sales_days_figures')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sales_days_store_id_stores')),
    sa.PrimaryKeyConstraint('day', 'store_id', name=op.f('pk_sales_days'))
    )
    op.create_index(op.f('ix_sales_days_store_id_day'), 'sales_days', ['store_id', 'day'])

    for table in SETTLED:
        op.add_column(table, sa.Column('note', sa.String(length=200), nullable=True))
        op.add_column(table, sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column('settled_by', sa.String(length=48), nullable=True))
    op.create_index('ix_bill_differences_open', 'bill_differences', ['day'], sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.drop_index(op.f('ix_ledger_transactions_at'), table_name='ledger_transactions')
    op.create_index(op.f('ix_ledger_transactions_kind_at'), 'ledger_transactions', ['kind', 'at'])
    op.drop_index(op.f('ix_orders_placed_at'), table_name='orders')
    op.create_index(op.f('ix_orders_placed_at_store_id'), 'orders', ['placed_at', 'store_id'])
    op.create_index('ix_orders_to_do', 'orders', ['delivery', 'store_id'], sqlite_where=sa.text("state = 'paid'"), postgresql_where=sa.text("state = 'paid'"))
    op.create_index(op.f('ix_orders_store_id_member_id'), 'orders', ['store_id', 'member_id'])
    op.create_index(op.f('ix_orders_paid_at_store_id_paid_fen'), 'orders', ['paid_at', 'store_id', 'paid_fen'])
    op.create_index(op.f('ix_payments_paid_at'), 'payments', ['paid_at'])
    op.create_index('ix_payments_surplus', 'payments', ['id'], sqlite_where=sa.text("state = 'surplus'"), postgresql_where=sa.text("state = 'surplus'"))
    op.create_index(op.f('ix_refunds_sent_at'), 'refunds', ['sent_at'])
    op.create_index('ix_deliveries_dead', 'deliveries', ['dead_at'], sqlite_where=sa.text('dead_at is not null'), postgresql_where=sa.text('dead_at is not null'))

    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column('members', 'nickname', type_=sa.String(length=64, collation='C'), existing_nullable=False)
    op.create_index(op.f('ix_members_nickname_id'), 'members', ['nickname', 'id'])
    low_stock_lines()
    off_shelf_index()


def downgrade() -> None:
    op.drop_index('ix_products_off_shelf', table_name='products')
    without_low_stock_lines()
    op.drop_index(op.f('ix_members_nickname_id'), table_name='members')
    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column('members', 'nickname', type_=sa.String(length=64, collation='default'), existing_nullable=False)

    op.drop_index('ix_deliveries_dead', table_name='deliveries')
    op.drop_index(op.f('ix_refunds_sent_at'), table_name='refunds')
    op.drop_index('ix_payments_surplus', table_name='payments')
    op.drop_index(op.f('ix_payments_paid_at'), table_name='payments')
    op.drop_index(op.f('ix_orders_paid_at_store_id_paid_fen'), table_name='orders')
    op.drop_index(op.f('ix_orders_store_id_member_id'), table_name='orders')
    op.drop_index('ix_orders_to_do', table_name='orders')
    op.drop_index(op.f('ix_orders_placed_at_store_id'), table_name='orders')
    op.create_index(op.f('ix_orders_placed_at'), 'orders', ['placed_at'])
    op.drop_index(op.f('ix_ledger_transactions_kind_at'), table_name='ledger_transactions')
    op.create_index(op.f('ix_ledger_transactions_at'), 'ledger_transactions', ['at'])

    op.drop_index('ix_bill_differences_open', table_name='bill_differences')
    for table in SETTLED:
        for column in ('settled_by', 'settled_at', 'note'):
            op.drop_column(table, column)

    op.drop_table('sales_days')
    op.drop_table('shop_settings')


# --- stock: from how few on a SKU runs low -------------------------------------------------------


def low_stock_lines() -> None:
    with op.batch_alter_table('stock_levels') as batch_op:
        batch_op.add_column(sa.Column('low_at', sa.Integer(), nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_stock_levels_low_at'), 'low_at is null or low_at between 0 and 1000000')


def without_low_stock_lines() -> None:
    with op.batch_alter_table('stock_levels') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_stock_levels_low_at'), type_='check')
        batch_op.drop_column('low_at')


def off_shelf_index() -> None:
    op.create_index('ix_products_off_shelf', 'products', ['publish_at', 'id'], sqlite_where=sa.text('on_shelf = 0'), postgresql_where=sa.text('not on_shelf'))
