"""Tables of the orders. Prices, titles and addresses are frozen when the order is placed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Encrypted, Fen, Id, Json, Utc


class Order(Base):
    """What a shopper ordered. `refund_*_fen` count refunds asked for and not failed, so that no two can overlap."""

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    number: Mapped[str] = mapped_column(Id(16), unique=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(Id(), ForeignKey("stores.id"))
    location_id: Mapped[str] = mapped_column(Id(), ForeignKey("locations.id"))
    state: Mapped[str] = mapped_column(String(16))
    moves: Mapped[int] = mapped_column(Integer, default=1)
    line_count: Mapped[int] = mapped_column(Integer)
    goods_fen: Mapped[int] = mapped_column(Fen)
    discount_fen: Mapped[int] = mapped_column(Fen, default=0)
    freight_fen: Mapped[int] = mapped_column(Fen)
    total_fen: Mapped[int] = mapped_column(Fen)
    paid_fen: Mapped[int] = mapped_column(Fen, default=0)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0)
    freight_refund_fen: Mapped[int] = mapped_column(Fen, default=0)
    explanation: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    delivery: Mapped[str] = mapped_column(String(16), default="courier")
    ship_to: Mapped[str] = mapped_column(Encrypted("orders.ship_to"))
    region_code: Mapped[str] = mapped_column(String(6))
    phone_index: Mapped[str | None] = mapped_column(Id(64))
    remark: Mapped[str] = mapped_column(String(200), default="")
    placed_at: Mapped[datetime] = mapped_column(Utc)
    pay_before: Mapped[datetime] = mapped_column(Utc)
    paid_at: Mapped[datetime | None] = mapped_column(Utc)
    shipped_at: Mapped[datetime | None] = mapped_column(Utc)
    completed_at: Mapped[datetime | None] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)
    close_reason: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (
        CheckConstraint("state in ('unpaid', 'closing', 'closed', 'paid', 'shipped', 'completed', 'refunded')", name="state"),
        CheckConstraint("goods_fen >= 0 and discount_fen between 0 and goods_fen and freight_fen >= 0", name="amounts"),
        CheckConstraint("total_fen = goods_fen - discount_fen + freight_fen", name="total"),
        CheckConstraint("paid_fen in (0, total_fen) and (paid_at is not null or paid_fen = 0)", name="paid"),
        CheckConstraint("(state in ('paid', 'shipped', 'completed', 'refunded')) = (paid_at is not null)", name="paid_state"),
        CheckConstraint("refunded_fen between 0 and paid_fen", name="refunded"),
        CheckConstraint("freight_refund_fen between 0 and freight_fen", name="freight_refund"),
        Index(None, "member_id", "id"), Index(None, "state", "id"), Index(None, "placed_at", "store_id"),
        Index(None, "store_id", "member_id"), Index(None, "paid_at", "store_id", "paid_fen"),
        Index(None, "store_id", "id"), Index(None, "phone_index", "id"),
        Index("ix_orders_to_do", "delivery", "id", "store_id", sqlite_where=text("state = 'paid'"),
              postgresql_where=text("state = 'paid'")),
        Index("ix_orders_pickup", "id", sqlite_where=text("delivery = 'pickup'"), postgresql_where=text("delivery = 'pickup'")),
        # Not `state = 'unpaid'`: for that one the index over all states will do as well while few are unpaid, and who has planned
        # then reads all unpaid orders of the shop for each new one when a sale begins.
        Index("ix_orders_unpaid", "member_id", sqlite_where=text("(state = 'unpaid') is true"),
              postgresql_where=text("(state = 'unpaid') is true")),
    )


class OrderLine(Base):
    """One SKU of an order; `options` is JSON as text, for the order of their names.

    `released_qty` gave its stock back, `shipped_qty` left the shelf, the rest is still held; `refund_qty` and `refund_fen` count
    refunds not failed; `waived_fen` is what units given back were worth more than was paid for them. `refund_shipped_qty` of the
    refunded units had left, `returned_qty` of these are back; `restocked_qty` were put on the shelf again.
    """

    __tablename__ = "order_lines"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    position: Mapped[int] = mapped_column(Integer)
    product_id: Mapped[str] = mapped_column(Id(), ForeignKey("products.id"))
    sku_id: Mapped[str] = mapped_column(Id(), ForeignKey("skus.id"))
    sku_code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(128))
    options: Mapped[dict[str, str]] = mapped_column(JSON)
    picture: Mapped[str | None] = mapped_column(String(128))
    quantity: Mapped[int] = mapped_column(Fen)
    list_price_fen: Mapped[int] = mapped_column(Fen)
    price_fen: Mapped[int] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen)
    discount_fen: Mapped[int] = mapped_column(Fen, default=0)
    payable_fen: Mapped[int] = mapped_column(Fen)
    cost_fen: Mapped[int | None] = mapped_column(Fen)
    released_qty: Mapped[int] = mapped_column(Fen, default=0)
    shipped_qty: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    refund_qty: Mapped[int] = mapped_column(Fen, default=0)
    refund_fen: Mapped[int] = mapped_column(Fen, default=0)
    waived_fen: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    refund_shipped_qty: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    returned_qty: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    restocked_qty: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    __table_args__ = (
        UniqueConstraint("order_id", "sku_id"),
        CheckConstraint("quantity between 1 and 999999", name="quantity"),
        CheckConstraint("amount_fen = price_fen * quantity and price_fen >= 0", name="amount"),
        CheckConstraint("payable_fen = amount_fen - discount_fen and payable_fen >= 0 and discount_fen >= 0", name="payable"),
        CheckConstraint("released_qty >= 0 and shipped_qty >= 0 and released_qty + shipped_qty <= quantity", name="released"),
        CheckConstraint("refund_qty between 0 and quantity and refund_fen >= 0 and waived_fen >= 0"
                        " and refund_fen + waived_fen <= payable_fen", name="refund"),
        CheckConstraint("refund_shipped_qty between 0 and shipped_qty and refund_qty - refund_shipped_qty between 0 and"
                        " quantity - shipped_qty", name="refund_shipped"),
        CheckConstraint("returned_qty between 0 and refund_shipped_qty and returned_qty <= restocked_qty"
                        " and restocked_qty <= shipped_qty", name="restocked"),
        Index(None, "sku_id", "id"), Index(None, "product_id", "order_id"),
    )


class OrderMove(Base):
    """A step in the life of an order: from, to, who, when, why. Numbered without gaps."""

    __tablename__ = "order_moves"
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(48))
    why: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = ({"postgresql_partition_by": "RANGE (order_id)"},)


class OrderNote(Base):
    """What staff wrote down about an order, for one another; rows are only ever added."""

    __tablename__ = "order_notes"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    order_id: Mapped[str] = mapped_column(Id(), ForeignKey("orders.id"))
    text: Mapped[str] = mapped_column(Encrypted("order_notes.text"))
    actor: Mapped[str] = mapped_column(String(48))
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (Index(None, "order_id", "id"),)


class OrderFilter(Base):
    """A filter of the orders' list that somebody of the staff has saved for themselves."""

    __tablename__ = "order_filters"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id())
    name: Mapped[str] = mapped_column(String(32))
    query: Mapped[dict[str, str]] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("staff_id", "name"),)
