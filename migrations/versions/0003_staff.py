"""The merchant's people: staff, their roles, their scope, their log-ins.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('login_tries',
    sa.Column('who', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('locks', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('tries >= 0 and locks >= 0', name=op.f('ck_login_tries_counts')),
    sa.PrimaryKeyConstraint('who', name=op.f('pk_login_tries'))
    )
    with op.batch_alter_table('login_tries') as batch_op:
        batch_op.create_index(batch_op.f('ix_login_tries_since'), ['since'], unique=False)
    op.create_table('regions',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regions')),
    sa.UniqueConstraint('name', name=op.f('uq_regions_name'))
    )
    op.create_table('staff',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('login', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('roles', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('is_owner', sa.Boolean(), nullable=False),
    sa.Column('scope', sa.String(length=16), nullable=False),
    sa.Column('scope_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('password_hash', sa.String(length=128), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('totp_secret', sa.Text(), nullable=True),
    sa.Column('totp_on', sa.Boolean(), nullable=False),
    sa.Column('totp_step', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(scope = 'head_office') = (scope_id is null)", name=op.f('ck_staff_scope_id')),
    sa.CheckConstraint("scope in ('head_office', 'region', 'dealer', 'store')", name=op.f('ck_staff_scope')),
    sa.CheckConstraint("state in ('active', 'disabled')", name=op.f('ck_staff_state')),
    sa.CheckConstraint('not totp_on or totp_secret is not null', name=op.f('ck_staff_totp')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('login', name=op.f('uq_staff_login'))
    )
    op.create_table('dealers',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('region_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_dealers_region_id_regions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dealers')),
    sa.UniqueConstraint('name', name=op.f('uq_dealers_name'))
    )
    with op.batch_alter_table('dealers') as batch_op:
        batch_op.create_index(batch_op.f('ix_dealers_region_id'), ['region_id'], unique=False)
    op.create_table('password_resets',
    sa.Column('token_hash', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('staff_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('made_by', sa.String(length=48), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_password_resets_staff_id_staff')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_password_resets'))
    )
    with op.batch_alter_table('password_resets') as batch_op:
        batch_op.create_index(batch_op.f('ix_password_resets_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_password_resets_staff_id'), ['staff_id'], unique=False)
    op.create_table('staff_sessions',
    sa.Column('token_hash', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('staff_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('awaits_code', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_sessions_staff_id_staff')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_staff_sessions'))
    )
    with op.batch_alter_table('staff_sessions') as batch_op:
        batch_op.create_index(batch_op.f('ix_staff_sessions_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_staff_sessions_staff_id'), ['staff_id'], unique=False)
    with op.batch_alter_table('stores') as batch_op:
        batch_op.add_column(sa.Column('region_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True))
        batch_op.add_column(sa.Column('dealer_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True))
        batch_op.create_index(batch_op.f('ix_stores_dealer_id'), ['dealer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stores_region_id'), ['region_id'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_stores_name'), ['name'])
        batch_op.create_foreign_key(batch_op.f('fk_stores_region_id_regions'), 'regions', ['region_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_stores_dealer_id_dealers'), 'dealers', ['dealer_id'], ['id'])
    op.create_index(op.f('ix_audit_log_actor_at'), 'audit_log', ['actor', 'at'])
    op.create_index(op.f('ix_audit_log_action_at'), 'audit_log', ['action', 'at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_audit_log_action_at'), 'audit_log')
    op.drop_index(op.f('ix_audit_log_actor_at'), 'audit_log')
    with op.batch_alter_table('stores') as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_stores_dealer_id_dealers'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_stores_region_id_regions'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_stores_name'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_stores_region_id'))
        batch_op.drop_index(batch_op.f('ix_stores_dealer_id'))
        batch_op.drop_column('dealer_id')
        batch_op.drop_column('region_id')
    with op.batch_alter_table('staff_sessions') as batch_op:
        batch_op.drop_index(batch_op.f('ix_staff_sessions_staff_id'))
        batch_op.drop_index(batch_op.f('ix_staff_sessions_expires_at'))
    op.drop_table('staff_sessions')
    with op.batch_alter_table('password_resets') as batch_op:
        batch_op.drop_index(batch_op.f('ix_password_resets_staff_id'))
        batch_op.drop_index(batch_op.f('ix_password_resets_expires_at'))
    op.drop_table('password_resets')
    with op.batch_alter_table('dealers') as batch_op:
        batch_op.drop_index(batch_op.f('ix_dealers_region_id'))
    op.drop_table('dealers')
    op.drop_table('staff')
    op.drop_table('regions')
    with op.batch_alter_table('login_tries') as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_tries_since'))
    op.drop_table('login_tries')
