"""Indexes for the console's lists: what is rare is found without reading what is common.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

PAID, PICKUP = sa.text("state = 'paid'"), sa.text("delivery = 'pickup'")


def upgrade() -> None:
    op.create_index(op.f('ix_members_state_id'), 'members', ['state', 'id'])
    op.create_index(op.f('ix_payments_state_id'), 'payments', ['state', 'id'])
    op.create_index('ix_orders_pickup', 'orders', ['id'], sqlite_where=PICKUP, postgresql_where=PICKUP)
    op.drop_index('ix_orders_to_do', table_name='orders')
    op.create_index('ix_orders_to_do', 'orders', ['delivery', 'id', 'store_id'], sqlite_where=PAID, postgresql_where=PAID)


def downgrade() -> None:
    op.drop_index('ix_orders_to_do', table_name='orders')
    op.create_index('ix_orders_to_do', 'orders', ['delivery', 'store_id'], sqlite_where=PAID, postgresql_where=PAID)
    op.drop_index('ix_orders_pickup', table_name='orders')
    op.drop_index(op.f('ix_payments_state_id'), table_name='payments')
    op.drop_index(op.f('ix_members_state_id'), table_name='members')
