"""Uploaded pictures and sheets, exports and imports.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('upload_days',
        sa.Column('owner', sa.String(length=48), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('pictures', sa.Integer(), nullable=False),
        sa.Column('bytes', sa.BigInteger(), nullable=False),
        sa.CheckConstraint('pictures >= 0 and bytes >= 0', name=op.f('ck_upload_days_counts')),
        sa.PrimaryKeyConstraint('owner', 'day', name=op.f('pk_upload_days'))
    )
    op.create_table('uploads',
        sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
        sa.Column('key', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=False),
        sa.Column('owner', sa.String(length=48), nullable=False),
        sa.Column('purpose', sa.String(length=16), nullable=False),
        sa.Column('private', sa.Boolean(), nullable=False),
        sa.Column('bytes', sa.BigInteger(), nullable=False),
        sa.Column('width', sa.Integer(), nullable=False),
        sa.Column('height', sa.Integer(), nullable=False),
        sa.Column('claimed_by', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
        sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('store_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('swept_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('(claimed_by is null) = (claimed_at is null)', name=op.f('ck_uploads_claim')),
        sa.CheckConstraint('bytes > 0 and width > 0 and height > 0', name=op.f('ck_uploads_size')),
        sa.CheckConstraint('claimed_by is null or swept_at is null', name=op.f('ck_uploads_swept_unclaimed')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads')),
        sa.UniqueConstraint('key', name=op.f('uq_uploads_key'))
    )
    op.create_index(op.f('ix_uploads_claimed_by'), 'uploads', ['claimed_by'], unique=False)
    op.create_index('ix_uploads_unclaimed', 'uploads', ['at'], unique=False, sqlite_where=sa.text('claimed_by is null'), postgresql_where=sa.text('claimed_by is null'))


def downgrade() -> None:
    op.drop_index('ix_uploads_unclaimed', table_name='uploads', sqlite_where=sa.text('claimed_by is null'), postgresql_where=sa.text('claimed_by is null'))
    op.drop_index(op.f('ix_uploads_claimed_by'), table_name='uploads')
    op.drop_table('uploads')
    op.drop_table('upload_days')
