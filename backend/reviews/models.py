"""Tables of the reviews."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Json, Utc

_STATES = "state in ('checking', 'shown', 'held', 'rejected', 'hidden')"


class Review(Base):
    """What a shopper says about one line of a completed order.

    `revision` counts its versions, `moves` its history. `decided_by` is the person who let it pass where WeChat did not say.
    `reason` is what its author is told about a review that is rejected or hidden. `reuse_version` is the text to which the
    author agreed when others may use the review elsewhere (None: they may not), `reuse_credit` whether with their name.
    """

    __tablename__ = "reviews"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    order_line_id: Mapped[str] = mapped_column(Id(), ForeignKey("order_lines.id"), unique=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    product_id: Mapped[str] = mapped_column(Id(), ForeignKey("products.id"))
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"))
    stars: Mapped[int] = mapped_column(Integer)
    service_stars: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    pictures: Mapped[list[str]] = mapped_column(Json)
    picture_count: Mapped[int] = mapped_column(Integer)
    anonymous: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    moves: Mapped[int] = mapped_column(Integer, default=1)
    decided_by: Mapped[str | None] = mapped_column(String(48))
    reason: Mapped[str | None] = mapped_column(String(200))
    reuse_version: Mapped[str | None] = mapped_column(String(32))
    reuse_credit: Mapped[bool] = mapped_column(Boolean, default=False)
    written_at: Mapped[datetime] = mapped_column(Utc)
    edited_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint(_STATES, name="state"),
        CheckConstraint("stars between 1 and 5 and service_stars between 1 and 5", name="stars"),
        CheckConstraint("picture_count between 0 and 9", name="pictures"),
        CheckConstraint("revision >= 1 and moves >= 1", name="counts"),
        CheckConstraint("state not in ('hidden', 'rejected') or reason is not null", name="reason"),
        CheckConstraint("reuse_version is not null or not reuse_credit", name="credit"),
        Index(None, "product_id", "state", "id"), Index(None, "member_id", "id"), Index(None, "state", "id"),
        Index(None, "order_id"),
    )


class ReviewNote(Base):
    """What was said later: the author's `follow_up`, or the merchant's `reply`; at most one of each."""

    __tablename__ = "review_notes"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    review_id: Mapped[str] = mapped_column(Id(), ForeignKey("reviews.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    pictures: Mapped[list[str]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    moves: Mapped[int] = mapped_column(Integer, default=1)
    decided_by: Mapped[str | None] = mapped_column(String(48))
    reason: Mapped[str | None] = mapped_column(String(200))
    written_by: Mapped[str] = mapped_column(String(48))
    written_at: Mapped[datetime] = mapped_column(Utc)
    edited_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("review_id", "kind"),
        CheckConstraint("kind in ('follow_up', 'reply')", name="kind"),
        CheckConstraint(_STATES, name="state"),
        CheckConstraint("revision >= 1 and moves >= 1", name="counts"),
        CheckConstraint("state not in ('hidden', 'rejected') or reason is not null", name="reason"),
        Index(None, "state", "id"),
    )


class ReviewMove(Base):
    """A step in the life of a review or a note (`subject`): from, to, who, when, why. Numbered without gaps."""

    __tablename__ = "review_moves"
    subject: Mapped[str] = mapped_column(Id(), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(48))
    why: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Utc)


class ReuseWord(Base):
    """A yes or no of an author to the use of their review elsewhere; rows are only added, the newest counts."""

    __tablename__ = "reuse_words"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    review_id: Mapped[str] = mapped_column(Id(), ForeignKey("reviews.id"))
    version: Mapped[str] = mapped_column(String(32))
    granted: Mapped[bool] = mapped_column(Boolean)
    credit: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (CheckConstraint("granted or not credit", name="credit"), Index(None, "review_id", "id"))


class ProductRating(Base):
    """How many shown reviews of a product have how many stars, and how many have pictures; counted, never added up."""

    __tablename__ = "product_ratings"
    product_id: Mapped[str] = mapped_column(Id(), ForeignKey("products.id"), primary_key=True)
    stars_1: Mapped[int] = mapped_column(Integer, default=0)
    stars_2: Mapped[int] = mapped_column(Integer, default=0)
    stars_3: Mapped[int] = mapped_column(Integer, default=0)
    stars_4: Mapped[int] = mapped_column(Integer, default=0)
    stars_5: Mapped[int] = mapped_column(Integer, default=0)
    with_pictures: Mapped[int] = mapped_column(Integer, default=0)
    counted_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("stars_1 >= 0 and stars_2 >= 0 and stars_3 >= 0 and stars_4 >= 0 and stars_5 >= 0", name="stars"),
        CheckConstraint("with_pictures between 0 and stars_1 + stars_2 + stars_3 + stars_4 + stars_5", name="pictures"),
    )
