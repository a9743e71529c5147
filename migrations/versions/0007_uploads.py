"""Uploaded pictures and sheets, exports and imports.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('exports',
        sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('format', sa.String(length=8), nullable=False),
        sa.Column('language', sa.String(length=2), nullable=False),
        sa.Column('filters', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
        sa.Column('store_ids', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
        sa.Column('reveal', sa.Boolean(), nullable=False),
        sa.Column('asked_by', sa.String(length=48), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seat', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('slices', sa.Integer(), nullable=False),
        sa.Column('cursor', sa.String(length=160).with_variant(sa.String(length=160, collation='C'), 'postgresql'), nullable=True),
        sa.Column('rows', sa.BigInteger(), nullable=False),
        sa.Column('estimate', sa.BigInteger(), nullable=True),
        sa.Column('file_key', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=True),
        sa.Column('file_bytes', sa.BigInteger(), nullable=True),
        sa.Column('problem', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('downloads', sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'done') = (file_key is not null)", name=op.f('ck_exports_file')),
        sa.CheckConstraint("(state in ('done', 'expired')) = (expires_at is not null)", name=op.f('ck_exports_expires')),
        sa.CheckConstraint("state in ('asked', 'running', 'done', 'expired', 'failed', 'cancelled')", name=op.f('ck_exports_state')),
        sa.CheckConstraint('seat between 1 and 3', name=op.f('ck_exports_seat')),
        sa.CheckConstraint('slices >= 0 and rows >= 0 and downloads >= 0', name=op.f('ck_exports_counts')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_exports'))
    )
    op.create_index(op.f('ix_exports_asked_by_id'), 'exports', ['asked_by', 'id'], unique=False)
    op.create_index('uq_exports_seat', 'exports', ['asked_by', 'seat'], unique=True, sqlite_where=sa.text("state in ('asked', 'running')"), postgresql_where=sa.text("state in ('asked', 'running')"))
    op.create_table('imports',
        sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('file_name', sa.String(length=120), nullable=False),
        sa.Column('file_key', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=False),
        sa.Column('file_bytes', sa.BigInteger(), nullable=False),
        sa.Column('options', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
        sa.Column('asked_by', sa.String(length=48), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seat', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('step', sa.Integer(), nullable=False),
        sa.Column('columns', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
        sa.Column('work_key', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=True),
        sa.Column('lines', sa.BigInteger(), nullable=True),
        sa.Column('place', sa.BigInteger(), nullable=False),
        sa.Column('seen', sa.BigInteger(), nullable=False),
        sa.Column('bad', sa.BigInteger(), nullable=False),
        sa.Column('tally', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
        sa.Column('confirmed_by', sa.String(length=48), nullable=True),
        sa.Column('problem', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('received', 'checking', 'checked', 'running', 'done', 'failed', 'cancelled')", name=op.f('ck_imports_state')),
        sa.CheckConstraint('seat between 1 and 2', name=op.f('ck_imports_seat')),
        sa.CheckConstraint('step >= 0 and place >= 0 and seen >= 0 and bad >= 0', name=op.f('ck_imports_counts')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_imports'))
    )
    op.create_index(op.f('ix_imports_kind_id'), 'imports', ['kind', 'id'], unique=False)
    op.create_index('uq_imports_seat', 'imports', ['asked_by', 'seat'], unique=True, sqlite_where=sa.text("state in ('received', 'checking', 'checked', 'running')"), postgresql_where=sa.text("state in ('received', 'checking', 'checked', 'running')"))
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
    op.create_table('export_parts',
        sa.Column('key', sa.String(length=48).with_variant(sa.String(length=48, collation='C'), 'postgresql'), nullable=False),
        sa.Column('export_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
        sa.Column('slice', sa.Integer(), nullable=False),
        sa.Column('kept', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['export_id'], ['exports.id'], name=op.f('fk_export_parts_export_id_exports')),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_export_parts'))
    )
    op.create_index(op.f('ix_export_parts_export_id'), 'export_parts', ['export_id'], unique=False)
    op.create_index('uq_export_parts_kept', 'export_parts', ['export_id', 'slice'], unique=True, sqlite_where=sa.text('kept = 1'), postgresql_where=sa.text('kept'))
    op.create_table('import_faults',
        sa.Column('import_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=48), nullable=False),
        sa.Column('zh', sa.String(length=300), nullable=False),
        sa.Column('en', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_import_faults_import_id_imports')),
        sa.PrimaryKeyConstraint('import_id', 'line', 'number', name=op.f('pk_import_faults'))
    )


def downgrade() -> None:
    op.drop_table('import_faults')
    op.drop_index('uq_export_parts_kept', table_name='export_parts', sqlite_where=sa.text('kept = 1'), postgresql_where=sa.text('kept'))
    op.drop_index(op.f('ix_export_parts_export_id'), table_name='export_parts')
    op.drop_table('export_parts')
    op.drop_index('ix_uploads_unclaimed', table_name='uploads', sqlite_where=sa.text('claimed_by is null'), postgresql_where=sa.text('claimed_by is null'))
    op.drop_index(op.f('ix_uploads_claimed_by'), table_name='uploads')
    op.drop_table('uploads')
    op.drop_table('upload_days')
    op.drop_index('uq_imports_seat', table_name='imports', sqlite_where=sa.text("state in ('received', 'checking', 'checked', 'running')"), postgresql_where=sa.text("state in ('received', 'checking', 'checked', 'running')"))
    op.drop_index(op.f('ix_imports_kind_id'), table_name='imports')
    op.drop_table('imports')
    op.drop_index('uq_exports_seat', table_name='exports', sqlite_where=sa.text("state in ('asked', 'running')"), postgresql_where=sa.text("state in ('asked', 'running')"))
    op.drop_index(op.f('ix_exports_asked_by_id'), table_name='exports')
    op.drop_table('exports')
