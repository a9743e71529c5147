"""Tables of the organisation."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.infra.db import Base, Id, Utc


class Store(Base):
    """A place that sells: orders and stock locations belong to one."""

    __tablename__ = "stores"
    id: Mapped[str] = mapped_column(Id(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Utc)
