"""Reviews with their notes, checks of content, subscribe messages with the consents for them.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('picture_verdicts',
    sa.Column('trace_id', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('suggest', sa.String(length=16), nullable=False),
    sa.Column('label', sa.Integer(), nullable=False),
    sa.Column('problem', sa.String(length=64), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("suggest in ('pass', 'review', 'risky', 'unjudged')", name=op.f('ck_picture_verdicts_suggest')),
    sa.PrimaryKeyConstraint('trace_id', name=op.f('pk_picture_verdicts'))
    )
    op.create_table('review_moves',
    sa.Column('subject', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('from_state', sa.String(length=16), nullable=True),
    sa.Column('to_state', sa.String(length=16), nullable=False),
    sa.Column('actor', sa.String(length=48), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('subject', 'seq', name=op.f('pk_review_moves'))
    )
    op.create_table('consent_moves',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('template_id', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('change', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind in ('accepted', 'returned') and change = 1) or (kind = 'spent' and change = -1) or (kind = 'rejected' and change = 0) or (kind = 'voided' and change < 0)", name=op.f('ck_consent_moves_change')),
    sa.CheckConstraint("(kind in ('spent', 'returned')) = (message_id is not null)", name=op.f('ck_consent_moves_message')),
    sa.CheckConstraint("kind in ('accepted', 'rejected', 'spent', 'returned', 'voided')", name=op.f('ck_consent_moves_kind')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_consent_moves_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_moves')),
    sa.UniqueConstraint('message_id', 'kind', name=op.f('uq_consent_moves_message_id_kind'))
    )
    with op.batch_alter_table('consent_moves', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consent_moves_member_id_template_id_id'), ['member_id', 'template_id', 'id'], unique=False)

    op.create_table('message_balances',
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('template_id', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('balance', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('balance >= 0', name=op.f('ck_message_balances_balance')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_message_balances_member_id_members')),
    sa.PrimaryKeyConstraint('member_id', 'template_id', name=op.f('pk_message_balances'))
    )
    op.create_table('messages',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('template', sa.String(length=16), nullable=False),
    sa.Column('template_id', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('about', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('page', sa.String(length=128), nullable=False),
    sa.Column('fields', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('problem', sa.String(length=200), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state in ('waiting', 'sending')) = (ended_at is null)", name=op.f('ck_messages_ended')),
    sa.CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed', 'unknown', 'skipped')", name=op.f('ck_messages_state')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_messages_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('member_id', 'template', 'about', name=op.f('uq_messages_member_id_template_about'))
    )
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.create_index('ix_messages_open', ['asked_at'], unique=False, sqlite_where=sa.text('ended_at is null'), postgresql_where=sa.text('ended_at is null'))
        batch_op.create_index(batch_op.f('ix_messages_state_id'), ['state', 'id'], unique=False)

    op.create_table('screenings',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('subject', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=48), nullable=False),
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('trace_id', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=True),
    sa.Column('label', sa.Integer(), nullable=True),
    sa.Column('problem', sa.String(length=64), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state in ('open', 'sent')) = (ended_at is null)", name=op.f('ck_screenings_ended')),
    sa.CheckConstraint("state <> 'sent' or trace_id is not null", name=op.f('ck_screenings_sent')),
    sa.CheckConstraint("state in ('open', 'sent', 'passed', 'doubtful', 'risky', 'unjudged', 'dropped')", name=op.f('ck_screenings_state')),
    sa.CheckConstraint('revision >= 1', name=op.f('ck_screenings_revision')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_screenings_member_id_members')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_screenings')),
    sa.UniqueConstraint('subject', 'revision', 'part', name=op.f('uq_screenings_subject_revision_part')),
    sa.UniqueConstraint('trace_id', name=op.f('uq_screenings_trace_id'))
    )
    with op.batch_alter_table('screenings', schema=None) as batch_op:
        batch_op.create_index('ix_screenings_waiting', ['asked_at'], unique=False, sqlite_where=sa.text("state in ('open', 'sent')"), postgresql_where=sa.text("state in ('open', 'sent')"))

    op.create_table('product_ratings',
    sa.Column('product_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('stars_1', sa.Integer(), nullable=False),
    sa.Column('stars_2', sa.Integer(), nullable=False),
    sa.Column('stars_3', sa.Integer(), nullable=False),
    sa.Column('stars_4', sa.Integer(), nullable=False),
    sa.Column('stars_5', sa.Integer(), nullable=False),
    sa.Column('with_pictures', sa.Integer(), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('stars_1 >= 0 and stars_2 >= 0 and stars_3 >= 0 and stars_4 >= 0 and stars_5 >= 0', name=op.f('ck_product_ratings_stars')),
    sa.CheckConstraint('with_pictures between 0 and stars_1 + stars_2 + stars_3 + stars_4 + stars_5', name=op.f('ck_product_ratings_pictures')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_product_ratings_product_id_products')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_product_ratings'))
    )
    op.create_table('reviews',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('order_line_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('order_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('member_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('product_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('store_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('stars', sa.Integer(), nullable=False),
    sa.Column('service_stars', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('pictures', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('picture_count', sa.Integer(), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('moves', sa.Integer(), nullable=False),
    sa.Column('decided_by', sa.String(length=48), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('reuse_version', sa.String(length=32), nullable=True),
    sa.Column('reuse_credit', sa.Boolean(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('checking', 'shown', 'held', 'rejected', 'hidden')", name=op.f('ck_reviews_state')),
    sa.CheckConstraint("state not in ('hidden', 'rejected') or reason is not null", name=op.f('ck_reviews_reason')),
    sa.CheckConstraint('picture_count between 0 and 9', name=op.f('ck_reviews_pictures')),
    sa.CheckConstraint('reuse_version is not null or not reuse_credit', name=op.f('ck_reviews_credit')),
    sa.CheckConstraint('revision >= 1 and moves >= 1', name=op.f('ck_reviews_counts')),
    sa.CheckConstraint('stars between 1 and 5 and service_stars between 1 and 5', name=op.f('ck_reviews_stars')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_reviews_member_id_members')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_reviews_order_id_orders')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_reviews_order_line_id_order_lines')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_reviews_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_reviews_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviews')),
    sa.UniqueConstraint('order_line_id', name=op.f('uq_reviews_order_line_id'))
    )
    with op.batch_alter_table('reviews', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reviews_member_id_id'), ['member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reviews_order_id'), ['order_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reviews_product_id_state_id'), ['product_id', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reviews_state_id'), ['state', 'id'], unique=False)

    op.create_table('reuse_words',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('review_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('version', sa.String(length=32), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('credit', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('granted or not credit', name=op.f('ck_reuse_words_credit')),
    sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_reuse_words_review_id_reviews')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reuse_words'))
    )
    with op.batch_alter_table('reuse_words', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reuse_words_review_id_id'), ['review_id', 'id'], unique=False)

    op.create_table('review_notes',
    sa.Column('id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('review_id', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('pictures', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('moves', sa.Integer(), nullable=False),
    sa.Column('decided_by', sa.String(length=48), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('written_by', sa.String(length=48), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind in ('follow_up', 'reply')", name=op.f('ck_review_notes_kind')),
    sa.CheckConstraint("state in ('checking', 'shown', 'held', 'rejected', 'hidden')", name=op.f('ck_review_notes_state')),
    sa.CheckConstraint("state not in ('hidden', 'rejected') or reason is not null", name=op.f('ck_review_notes_reason')),
    sa.CheckConstraint('revision >= 1 and moves >= 1', name=op.f('ck_review_notes_counts')),
    sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_review_notes_review_id_reviews')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_notes')),
    sa.UniqueConstraint('review_id', 'kind', name=op.f('uq_review_notes_review_id_kind'))
    )
    with op.batch_alter_table('review_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_notes_state_id'), ['state', 'id'], unique=False)



def downgrade() -> None:
    for table in (
            'review_notes', 'reuse_words', 'reviews', 'product_ratings', 'screenings', 'messages',
            'message_balances', 'consent_moves', 'review_moves', 'picture_verdicts'):
        op.drop_table(table)
