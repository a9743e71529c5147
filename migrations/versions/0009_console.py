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


def downgrade() -> None:
    op.drop_table('shop_settings')
