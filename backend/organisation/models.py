"""Tables of the organisation."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Encrypted, Id, Json, Utc


class Region(Base):
    """An area of the merchant's own making (华东, say): it holds dealers and stores."""

    __tablename__ = "regions"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("name"),)


class Dealer(Base):
    """A business that runs stores of a region."""

    __tablename__ = "dealers"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    region_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("regions.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("name"), Index(None, "region_id"))


class Store(Base):
    """A place that sells: orders and stock locations belong to one. A dealer's store lies in the dealer's region."""

    __tablename__ = "stores"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    region_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("regions.id"))
    dealer_id: Mapped[str | None] = mapped_column(Id(), ForeignKey("dealers.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("name"), Index(None, "region_id"), Index(None, "dealer_id"))


class Staff(Base):
    """Somebody who works for the merchant. `roles` and `is_owner` are written together; an empty hash opens nothing."""

    __tablename__ = "staff"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    login: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    roles: Mapped[list[str]] = mapped_column(Json)
    is_owner: Mapped[bool] = mapped_column(Boolean)
    scope: Mapped[str] = mapped_column(String(16))
    scope_id: Mapped[str | None] = mapped_column(Id())
    password_hash: Mapped[str] = mapped_column(String(128))
    must_change_password: Mapped[bool] = mapped_column(Boolean)
    totp_secret: Mapped[str | None] = mapped_column(Encrypted("staff.totp_secret"))
    totp_on: Mapped[bool] = mapped_column(Boolean)
    totp_step: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Utc)
    last_login_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("login"),
        CheckConstraint("state in ('active', 'disabled')", name="state"),
        CheckConstraint("scope in ('head_office', 'region', 'dealer', 'store')", name="scope"),
        CheckConstraint("(scope = 'head_office') = (scope_id is null)", name="scope_id"),
        CheckConstraint("not totp_on or totp_secret is not null", name="totp"),
    )


class StaffSession(Base):
    """A log-in of staff; only the hash of its token is kept. `awaits_code`: the second step is still to come."""

    __tablename__ = "staff_sessions"
    token_hash: Mapped[str] = mapped_column(Id(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id(), ForeignKey("staff.id"))
    awaits_code: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Utc)
    seen_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (Index(None, "staff_id"), Index(None, "expires_at"))


class PasswordReset(Base):
    """A link with which staff set a password, once and within a day; a new one ends the older ones."""

    __tablename__ = "password_resets"
    token_hash: Mapped[str] = mapped_column(Id(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id(), ForeignKey("staff.id"))
    made_by: Mapped[str] = mapped_column(String(48))
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (Index(None, "staff_id"), Index(None, "expires_at"))


class LoginTries(Base):
    """Failed log-ins in a row of one account name or one address (`who` is a hash: names of nobody are counted too)."""

    __tablename__ = "login_tries"
    who: Mapped[str] = mapped_column(Id(64), primary_key=True)
    tries: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(Utc)
    locks: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (CheckConstraint("tries >= 0 and locks >= 0", name="counts"), Index(None, "since"))
