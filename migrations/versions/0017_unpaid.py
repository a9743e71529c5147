"""The index over unpaid orders is found by whoever asks for it, however few were unpaid when the plan was made.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def _instead(before: str, after: str) -> None:
    op.drop_index('ix_orders_unpaid', table_name='orders', sqlite_where=sa.text(before), postgresql_where=sa.text(before))
    op.create_index('ix_orders_unpaid', 'orders', ['member_id'], unique=False, sqlite_where=sa.text(after), postgresql_where=sa.text(after))


def upgrade() -> None:
    _instead("state = 'unpaid'", "(state = 'unpaid') is true")


def downgrade() -> None:
    _instead("(state = 'unpaid') is true", "state = 'unpaid'")
