"""Products say how they may reach a shopper; staff answer after-sales with pictures.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('products') as batch_op:
        batch_op.add_column(sa.Column('by_courier', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column('by_pickup', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.create_check_constraint(batch_op.f('ck_products_deliveries'), 'by_courier or by_pickup')
    op.add_column('aftersales', sa.Column(
        'answer_pictures', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), server_default='[]',
        nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('aftersales') as batch_op:
        batch_op.drop_column('answer_pictures')
    with op.batch_alter_table('products') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_products_deliveries'), type_='check')
        batch_op.drop_column('by_pickup')
        batch_op.drop_column('by_courier')
