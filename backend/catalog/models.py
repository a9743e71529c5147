"""Tables of the catalogue: categories, products, SKUs, and the terms by which products are found."""

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Fen, Id, Json, Utc


class Category(Base):
    """A shelf of the shop; two levels at most."""

    __tablename__ = "categories"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("categories.id"))
    name: Mapped[str] = mapped_column(String(64))
    picture: Mapped[str | None] = mapped_column(String(128))
    position: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        Index(
            "uq_categories_root_name",
            "name",
            unique=True,
            sqlite_where=text("parent_id is null"),
            postgresql_where=text("parent_id is null"),
        ),
        UniqueConstraint("parent_id", "name"),
    )


class Product(Base):
    """What a shopper looks at. `by_courier` and `by_pickup` say how it may reach them: one way at least.

    `price_fen`, `market_price_fen`, `sku_count` and `sole_sku_*` are roll-ups of its active SKUs.
    """

    __tablename__ = "products"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    category_id: Mapped[str] = mapped_column(Id(), ForeignKey("categories.id"))
    title: Mapped[str] = mapped_column(String(128))
    selling_point: Mapped[str] = mapped_column(String(128), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    pictures: Mapped[list[str]] = mapped_column(Json)
    on_shelf: Mapped[bool] = mapped_column(Boolean, default=True)
    publish_at: Mapped[datetime] = mapped_column(Utc)
    position: Mapped[int] = mapped_column(Integer, default=0)
    folded_title: Mapped[str] = mapped_column(String(300))
    price_fen: Mapped[int] = mapped_column(Fen)
    market_price_fen: Mapped[int | None] = mapped_column(Fen)
    sku_count: Mapped[int] = mapped_column(Integer)
    sole_sku_id: Mapped[str | None] = mapped_column(Id())
    sole_sku_code: Mapped[str | None] = mapped_column(String(64))
    sold: Mapped[int] = mapped_column(Fen, default=0)
    by_courier: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    by_pickup: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("price_fen >= 0 and sold >= 0 and sku_count >= 0", name="amounts"),
        CheckConstraint("by_courier or by_pickup", name="deliveries"),
        Index(None, "category_id", "position"),
        Index(None, "publish_at", "id"),
        Index(None, "price_fen", "id"),
        Index(None, "sold", "id"),
        Index(
            "ix_products_off_shelf", "publish_at", "id", sqlite_where=text("on_shelf = 0"), postgresql_where=text("not on_shelf")
        ),
    )


class Sku(Base):
    """What a shopper buys: a product in one combination of option values. `cost_fen` is never public.

    `options` is JSON as text on both databases, because the merchant's order of the option names is kept. The
    `option_key` of an inactive SKU is its id, so that its combination can be sold under another code.
    """

    __tablename__ = "skus"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    product_id: Mapped[str] = mapped_column(Id(), ForeignKey("products.id"))
    code: Mapped[str] = mapped_column(String(64), unique=True)
    options: Mapped[dict[str, str]] = mapped_column(JSON)
    option_key: Mapped[str] = mapped_column(String(255))
    picture: Mapped[str | None] = mapped_column(String(128))
    price_fen: Mapped[int] = mapped_column(Fen)
    market_price_fen: Mapped[int | None] = mapped_column(Fen)
    cost_fen: Mapped[int | None] = mapped_column(Fen)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (
        UniqueConstraint("product_id", "option_key"),
        CheckConstraint("price_fen between 0 and 1000000000000", name="price"),
        CheckConstraint("market_price_fen is null or market_price_fen >= price_fen", name="market_price"),
        CheckConstraint("cost_fen is null or cost_fen >= 0", name="cost"),
    )


class ProductTerm(Base):
    """A term under which a product is found: a pair of letters of its folded title, or the last letter of a word."""

    __tablename__ = "product_terms"
    term: Mapped[str] = mapped_column(Id(32), primary_key=True)
    product_id: Mapped[str] = mapped_column(Id(), ForeignKey("products.id"), primary_key=True)
    __table_args__ = (Index(None, "product_id"),)


class DealDay(Base):
    """What a SKU was really sold for on one Chinese day: lowest and highest price of a unit, and units."""

    __tablename__ = "deal_days"
    sku_id: Mapped[str] = mapped_column(Id(), ForeignKey("skus.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    lowest_fen: Mapped[int] = mapped_column(Fen)
    highest_fen: Mapped[int] = mapped_column(Fen)
    quantity: Mapped[int] = mapped_column(Fen)
    __table_args__ = (
        CheckConstraint("lowest_fen between 0 and highest_fen and quantity >= 1", name="deal"),
        Index(None, "day"),
    )
