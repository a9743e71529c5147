"""Runs of the books' checks and what they found.

Revision ID: 0016
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0016'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('books_runs',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('asked_by', sa.String(length=48), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('again', sa.Boolean(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checks', sa.Integer(), nullable=False),
    sa.Column('unjudged', sa.Integer(), nullable=False),
    sa.Column('failing', sa.Integer(), nullable=False),
    sa.Column('faults', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'running') = (ended_at is null)", name=op.f('ck_books_runs_ended')),
    sa.CheckConstraint("state in ('running', 'done', 'given_up')", name=op.f('ck_books_runs_state')),
    sa.CheckConstraint('step >= 0 and checks >= 0 and unjudged >= 0 and failing >= 0 and faults >= failing', name=op.f('ck_books_runs_counts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_books_runs'))
    )
    op.create_index(op.f('ix_books_runs_started_at'), 'books_runs', ['started_at'])
    op.create_index('uq_books_runs_running', 'books_runs', ['state'], unique=True, sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))
    op.create_table('books_results',
    sa.Column('run_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('check_id', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=False),
    sa.Column('faults', sa.BigInteger(), nullable=False),
    sa.Column('judged', sa.Boolean(), nullable=False),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.CheckConstraint('faults >= 0 and milliseconds >= 0 and (judged or faults = 0)', name=op.f('ck_books_results_counts')),
    sa.ForeignKeyConstraint(['run_id'], ['books_runs.id'], name=op.f('fk_books_results_run_id_books_runs')),
    sa.PrimaryKeyConstraint('run_id', 'check_id', name=op.f('pk_books_results'))
    )
    op.create_table('books_faults',
    sa.Column('run_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('check_id', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('ids', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('found', sa.Text(), nullable=False),
    sa.Column('expected', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['books_runs.id'], name=op.f('fk_books_faults_run_id_books_runs')),
    sa.PrimaryKeyConstraint('run_id', 'check_id', 'number', name=op.f('pk_books_faults'))
    )


def downgrade() -> None:
    op.drop_table('books_faults')
    op.drop_table('books_results')
    op.drop_table('books_runs')
