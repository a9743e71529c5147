"""Tables of the members: people, their WeChat accounts, sessions, addresses and consents. Personal fields are encrypted."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Encrypted, Id, Utc


class Member(Base):
    """A shopper."""

    __tablename__ = "members"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    nickname: Mapped[str] = mapped_column(Id(64))
    avatar_key: Mapped[str | None] = mapped_column(String(128))
    gender: Mapped[str | None] = mapped_column(String(8))
    birthday: Mapped[date | None] = mapped_column(Date)
    phone: Mapped[str | None] = mapped_column(Encrypted("members.phone"))
    phone_index: Mapped[str | None] = mapped_column(Id(64))
    state: Mapped[str] = mapped_column(String(16), default="active")
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        CheckConstraint("state in ('active', 'closed')", name="state"),
        CheckConstraint("gender is null or gender in ('female', 'male')", name="gender"),
        Index(None, "phone_index"), Index(None, "created_at"), Index(None, "nickname", "id"), Index(None, "state", "id"),
    )


class WechatAccount(Base):
    """A member as one WeChat app knows them; the openid is found by its blind index."""

    __tablename__ = "wechat_accounts"
    appid: Mapped[str] = mapped_column(Id(32), primary_key=True)
    openid_index: Mapped[str] = mapped_column(Id(64), primary_key=True)
    openid: Mapped[str] = mapped_column(Encrypted("wechat_accounts.openid"))
    unionid_index: Mapped[str | None] = mapped_column(Id(64))
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("appid", "member_id"), Index(None, "unionid_index"))


class Session(Base):
    """A log-in; only the hash of its token is kept."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(Id(64), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (Index(None, "member_id"), Index(None, "expires_at"))


class Address(Base):
    """Where a member receives goods; at most one is the default."""

    __tablename__ = "addresses"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    name: Mapped[str] = mapped_column(Encrypted("addresses.name"))
    phone: Mapped[str] = mapped_column(Encrypted("addresses.phone"))
    phone_index: Mapped[str] = mapped_column(Id(64))
    region_code: Mapped[str] = mapped_column(String(6))
    detail: Mapped[str] = mapped_column(Encrypted("addresses.detail"))
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Utc)
    deleted_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        Index(None, "member_id", "created_at"),
        Index("uq_addresses_default", "member_id", unique=True, sqlite_where=text("is_default = 1 and deleted_at is null"),
              postgresql_where=text("is_default and deleted_at is null")),
    )


class Consent(Base):
    """A yes or no of a member to a text in one version; rows are only added, the newest counts."""

    __tablename__ = "consents"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    member_id: Mapped[str] = mapped_column(Id(), ForeignKey("members.id"))
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(32))
    granted: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (Index(None, "member_id", "kind", "id"),)
