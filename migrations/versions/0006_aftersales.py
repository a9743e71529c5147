"""After-sales requests and complaint tickets; a refund may give less than its units are worth, or keep the goods.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

APPEND_ONLY = ('aftersale_moves', 'ticket_messages', 'ticket_moves')
OLD_LINE = 'refund_qty between 0 and quantity and refund_fen between 0 and payable_fen'
NEW_LINE = ('refund_qty between 0 and quantity and refund_fen >= 0 and waived_fen >= 0'
            ' and refund_fen + waived_fen <= payable_fen')
OLD_PART = 'quantity >= 1 and amount_fen >= 0'
NEW_PART = 'quantity >= 0 and amount_fen >= 0 and quantity + amount_fen > 0 and waived_fen >= 0'


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


def check(table: str, batch_op, name: str, text: str) -> None:
    """Replace a named check of a table."""
    batch_op.drop_constraint(batch_op.f(f'ck_{table}_{name}'), type_='check')
    batch_op.create_check_constraint(batch_op.f(f'ck_{table}_{name}'), text)


def upgrade() -> None:
    op.create_table('tickets',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('number', sa.String(length=16).with_variant(sa.String(length=16, collation='C'), 'postgresql'), nullable=False),
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('store_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('order_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('order_line_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('category', sa.String(length=24), nullable=False),
    sa.Column('heard_in', sa.String(length=100), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('moves', sa.Integer(), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('opened_by', sa.String(length=48), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=24), nullable=True),
    sa.Column('outcome_words', sa.String(length=200), nullable=False),
    sa.CheckConstraint("(state = 'closed') = (closed_at is not null) and (state <> 'closed' or outcome is not null)", name=op.f('ck_tickets_closed')),
    sa.CheckConstraint("(state in ('open', 'waiting')) = (due_at is not null)", name=op.f('ck_tickets_due')),
    sa.CheckConstraint("state in ('open', 'answered', 'waiting', 'closed')", name=op.f('ck_tickets_state')),
    sa.CheckConstraint('order_line_id is null or order_id is not null', name=op.f('ck_tickets_about')),
    sa.CheckConstraint('overdue_at is null or due_at is not null', name=op.f('ck_tickets_overdue')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_tickets_member_id_members')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_tickets_order_id_orders')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_tickets_order_line_id_order_lines')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_tickets_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('number', name=op.f('uq_tickets_number'))
    )
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.create_index('ix_tickets_due', ['due_at'], unique=False, sqlite_where=sa.text('due_at is not null'), postgresql_where=sa.text('due_at is not null'))
        batch_op.create_index(batch_op.f('ix_tickets_member_id_id'), ['member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tickets_order_id'), ['order_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tickets_owner_state'), ['owner', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_tickets_state_id'), ['state', 'id'], unique=False)

    op.create_table('aftersales',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('number', sa.String(length=16).with_variant(sa.String(length=16, collation='C'), 'postgresql'), nullable=False),
    sa.Column('order_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('store_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('moves', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=False),
    sa.Column('words', sa.String(length=500), nullable=False),
    sa.Column('pictures', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('asked_fen', sa.BigInteger(), nullable=False),
    sa.Column('given_fen', sa.BigInteger(), nullable=True),
    sa.Column('freight_fen', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.String(length=200), nullable=False),
    sa.Column('return_to', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
    sa.Column('courier', sa.String(length=32), nullable=True),
    sa.Column('tracking_number', sa.String(length=40), nullable=True),
    sa.Column('refund_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state in ('asked', 'approved', 'returning')) = (due_at is not null)", name=op.f('ck_aftersales_due')),
    sa.CheckConstraint("(state in ('refunded', 'refused', 'cancelled', 'lapsed')) = (ended_at is not null)", name=op.f('ck_aftersales_ended')),
    sa.CheckConstraint("kind = 'return_and_refund' or state not in ('approved', 'returning', 'lapsed')", name=op.f('ck_aftersales_kind_state')),
    sa.CheckConstraint("kind in ('refund_only', 'return_and_refund')", name=op.f('ck_aftersales_kind')),
    sa.CheckConstraint("state <> 'returning' or (courier is not null and tracking_number is not null)", name=op.f('ck_aftersales_parcel')),
    sa.CheckConstraint("state in ('asked', 'approved', 'returning', 'refunding', 'refund_failed', 'refunded', 'refused', 'cancelled', 'lapsed')", name=op.f('ck_aftersales_state')),
    sa.CheckConstraint("state not in ('refunding', 'refund_failed') or refund_id is not null", name=op.f('ck_aftersales_refund')),
    sa.CheckConstraint('asked_fen >= 0 and freight_fen >= 0 and (given_fen is null or given_fen between 0 and asked_fen)', name=op.f('ck_aftersales_amounts')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_aftersales_member_id_members')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_aftersales_order_id_orders')),
    sa.ForeignKeyConstraint(['refund_id'], ['refunds.id'], name=op.f('fk_aftersales_refund_id_refunds')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_aftersales_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_aftersales')),
    sa.UniqueConstraint('number', name=op.f('uq_aftersales_number')),
    sa.UniqueConstraint('refund_id', name=op.f('uq_aftersales_refund_id'))
    )
    with op.batch_alter_table('aftersales', schema=None) as batch_op:
        batch_op.create_index('ix_aftersales_due', ['due_at'], unique=False, sqlite_where=sa.text('due_at is not null'), postgresql_where=sa.text('due_at is not null'))
        batch_op.create_index(batch_op.f('ix_aftersales_member_id_id'), ['member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_aftersales_order_id'), ['order_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_aftersales_state_id'), ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_aftersales_store_id_state_id'), ['store_id', 'state', 'id'], unique=False)

    op.create_table('ticket_messages',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('ticket_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=8), nullable=False),
    sa.Column('actor', sa.String(length=48), nullable=False),
    sa.Column('words', sa.String(length=1000), nullable=False),
    sa.Column('pictures', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("side in ('member', 'staff', 'note')", name=op.f('ck_ticket_messages_side')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_messages_ticket_id_tickets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_messages')),
    sa.UniqueConstraint('ticket_id', 'seq', name=op.f('uq_ticket_messages_ticket_id_seq'))
    )
    op.create_table('ticket_moves',
    sa.Column('ticket_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=16), nullable=False),
    sa.Column('from_state', sa.String(length=16), nullable=True),
    sa.Column('to_state', sa.String(length=16), nullable=False),
    sa.Column('actor', sa.String(length=48), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("what in ('opened', 'answered', 'written', 'assigned', 'overdue', 'closed', 'reopened')", name=op.f('ck_ticket_moves_what')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_moves_ticket_id_tickets')),
    sa.PrimaryKeyConstraint('ticket_id', 'seq', name=op.f('pk_ticket_moves'))
    )
    op.create_table('aftersale_lines',
    sa.Column('aftersale_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('order_line_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('held_qty', sa.BigInteger(), nullable=False),
    sa.Column('asked_fen', sa.BigInteger(), nullable=False),
    sa.Column('given_fen', sa.BigInteger(), nullable=True),
    sa.Column('restocked_qty', sa.BigInteger(), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.CheckConstraint('asked_fen >= 0 and (given_fen is null or given_fen between 0 and asked_fen)', name=op.f('ck_aftersale_lines_amounts')),
    sa.CheckConstraint('quantity >= 1 and held_qty between 0 and quantity and restocked_qty between 0 and quantity', name=op.f('ck_aftersale_lines_quantity')),
    sa.ForeignKeyConstraint(['aftersale_id'], ['aftersales.id'], name=op.f('fk_aftersale_lines_aftersale_id_aftersales')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_aftersale_lines_order_line_id_order_lines')),
    sa.PrimaryKeyConstraint('aftersale_id', 'order_line_id', name=op.f('pk_aftersale_lines'))
    )
    with op.batch_alter_table('aftersale_lines', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_aftersale_lines_order_line_id'), ['order_line_id'], unique=False)
        batch_op.create_index('uq_aftersale_lines_open', ['order_line_id'], unique=True, sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))

    op.create_table('aftersale_moves',
    sa.Column('aftersale_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('from_state', sa.String(length=16), nullable=True),
    sa.Column('to_state', sa.String(length=16), nullable=False),
    sa.Column('actor', sa.String(length=48), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['aftersale_id'], ['aftersales.id'], name=op.f('fk_aftersale_moves_aftersale_id_aftersales')),
    sa.PrimaryKeyConstraint('aftersale_id', 'seq', name=op.f('pk_aftersale_moves'))
    )
    with op.batch_alter_table('order_lines') as batch_op:
        batch_op.add_column(sa.Column('waived_fen', sa.BigInteger(), server_default='0', nullable=False))
        check('order_lines', batch_op, 'refund', NEW_LINE)
    with op.batch_alter_table('refund_lines') as batch_op:
        batch_op.add_column(sa.Column('waived_fen', sa.BigInteger(), server_default='0', nullable=False))
        check('refund_lines', batch_op, 'amounts', NEW_PART)
    for table in APPEND_ONLY:
        protect(table)


def downgrade() -> None:
    for table in APPEND_ONLY:
        unprotect(table)
    with op.batch_alter_table('refund_lines') as batch_op:
        check('refund_lines', batch_op, 'amounts', OLD_PART)
        batch_op.drop_column('waived_fen')
    with op.batch_alter_table('order_lines') as batch_op:
        check('order_lines', batch_op, 'refund', OLD_LINE)
        batch_op.drop_column('waived_fen')
    for table in ('aftersale_moves', 'aftersale_lines', 'aftersales', 'ticket_moves', 'ticket_messages', 'tickets'):
        op.drop_table(table)
