"""Pick-up points, and orders that are picked up.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('pickup_points',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('store_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('region_code', sa.String(length=6), nullable=False),
    sa.Column('detail', sa.String(length=128), nullable=False),
    sa.Column('phone', sa.String(length=32), nullable=False),
    sa.Column('longitude_e6', sa.Integer(), nullable=False),
    sa.Column('latitude_e6', sa.Integer(), nullable=False),
    sa.Column('hours', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('closed_on', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('guide', sa.String(length=512), nullable=False),
    sa.Column('picture', sa.String(length=128), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind in ('store', 'community')", name=op.f('ck_pickup_points_kind')),
    sa.CheckConstraint('longitude_e6 between -180000000 and 180000000 and latitude_e6 between -90000000 and 90000000', name=op.f('ck_pickup_points_place')),
    sa.CheckConstraint('position between 0 and 9999', name=op.f('ck_pickup_points_position')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_pickup_points_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pickup_points'))
    )
    with op.batch_alter_table('pickup_points', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pickup_points_store_id'), ['store_id'], unique=False)

    op.create_table('pickup_point_staff',
    sa.Column('point_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('staff_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('bound_by', sa.String(length=48), nullable=False),
    sa.Column('bound_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['point_id'], ['pickup_points.id'], name=op.f('fk_pickup_point_staff_point_id_pickup_points')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_pickup_point_staff_staff_id_staff')),
    sa.PrimaryKeyConstraint('point_id', 'staff_id', name=op.f('pk_pickup_point_staff'))
    )
    with op.batch_alter_table('pickup_point_staff', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pickup_point_staff_staff_id'), ['staff_id'], unique=False)

    op.create_table('pickups',
    sa.Column('order_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('point_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('rotations', sa.Integer(), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ready_by', sa.String(length=48), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_by', sa.String(length=48), nullable=True),
    sa.Column('with_code', sa.Boolean(), nullable=True),
    sa.Column('used_code_index', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=True),
    sa.CheckConstraint('(handed_over_at is null) = (handed_over_by is null) and (handed_over_at is null) = (with_code is null)', name=op.f('ck_pickups_handed_over')),
    sa.CheckConstraint('(ready_at is null) = (ready_by is null)', name=op.f('ck_pickups_ready')),
    sa.CheckConstraint('rotations between 0 and 20', name=op.f('ck_pickups_rotations')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_pickups_order_id_orders')),
    sa.ForeignKeyConstraint(['point_id'], ['pickup_points.id'], name=op.f('fk_pickups_point_id_pickup_points')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_pickups'))
    )
    with op.batch_alter_table('pickups', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pickups_point_id_handed_over_at'), ['point_id', 'handed_over_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_pickups_used_code_index'), ['used_code_index'], unique=False)

    op.create_table('pickup_codes',
    sa.Column('code_index', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('order_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('point_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_pickup_codes_order_id_orders')),
    sa.ForeignKeyConstraint(['point_id'], ['pickup_points.id'], name=op.f('fk_pickup_codes_point_id_pickup_points')),
    sa.PrimaryKeyConstraint('code_index', name=op.f('pk_pickup_codes')),
    sa.UniqueConstraint('order_id', name=op.f('uq_pickup_codes_order_id'))
    )
    with op.batch_alter_table('pickup_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pickup_codes_point_id_order_id'), ['point_id', 'order_id'], unique=False)

    op.create_table('pickup_tries',
    sa.Column('staff_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('misses', sa.Integer(), nullable=False),
    sa.CheckConstraint('tries between 0 and 10', name=op.f('ck_pickup_tries_tries')),
    sa.PrimaryKeyConstraint('staff_id', name=op.f('pk_pickup_tries'))
    )


def downgrade() -> None:
    for table in ('pickup_tries', 'pickup_codes', 'pickups', 'pickup_point_staff', 'pickup_points'):
        op.drop_table(table)
