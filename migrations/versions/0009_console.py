"""What the admin console keeps: the shop's settings, daily sales figures, what became of exceptions.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('shop_settings',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('value', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by', sa.String(length=48), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_shop_settings'))
    )
    low_stock_lines()


def downgrade() -> None:
    without_low_stock_lines()
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
