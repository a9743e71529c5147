"""An order goes on after it is paid: shipped, completed; lines know what has left the shelf.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

OLD = "state in ('unpaid', 'closing', 'closed', 'paid', 'refunded')"
NEW = "state in ('unpaid', 'closing', 'closed', 'paid', 'shipped', 'completed', 'refunded')"
OLD_PAID = "(state in ('paid', 'refunded')) = (paid_at is not null)"
NEW_PAID = "(state in ('paid', 'shipped', 'completed', 'refunded')) = (paid_at is not null)"
OLD_RELEASED = "released_qty between 0 and quantity"
NEW_RELEASED = "released_qty >= 0 and shipped_qty >= 0 and released_qty + shipped_qty <= quantity"


def checks(batch_op, **texts: str) -> None:
    """Replace the named checks of a table."""
    for name, text in texts.items():
        batch_op.drop_constraint(batch_op.f(name), type_='check')
        batch_op.create_check_constraint(batch_op.f(name), text)


def upgrade() -> None:
    with op.batch_alter_table('orders') as batch_op:
        batch_op.add_column(sa.Column('shipped_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True))
        checks(batch_op, ck_orders_state=NEW, ck_orders_paid_state=NEW_PAID)
    with op.batch_alter_table('order_lines') as batch_op:
        batch_op.add_column(sa.Column('shipped_qty', sa.BigInteger(), server_default='0', nullable=False))
        checks(batch_op, ck_order_lines_released=NEW_RELEASED)


def downgrade() -> None:
    with op.batch_alter_table('order_lines') as batch_op:
        checks(batch_op, ck_order_lines_released=OLD_RELEASED)
        batch_op.drop_column('shipped_qty')
    with op.batch_alter_table('orders') as batch_op:
        checks(batch_op, ck_orders_state=OLD, ck_orders_paid_state=OLD_PAID)
        batch_op.drop_column('completed_at')
        batch_op.drop_column('shipped_at')
