"""A member for the console: masked, with what they ordered where the actor may look, their consents and log-ins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, true

from backend.context import Context
from backend.infra.crypto import mask_address, mask_name, mask_phone
from backend.infra.uow import reading
from backend.kernel.errors import NOT_FOUND
from backend.members.models import Address, Consent, Member, Session
from backend.orders import store as orders
from backend.orders.models import Order
from backend.queries.regions import names_of

MEMBERS, ADDRESSES, CONSENTS, SESSIONS, ORDERS = (
    Member.__table__, Address.__table__, Consent.__table__, Session.__table__, Order.__table__)
LATEST = 20
SHOWN_ORDERS = 10

_MEMBER = select(MEMBERS).where(MEMBERS.c.id == bindparam("member_id"))
_ADDRESSES = select(ADDRESSES).where(ADDRESSES.c.member_id == bindparam("member_id"), ADDRESSES.c.deleted_at.is_(None)).order_by(
    ADDRESSES.c.is_default.desc(), ADDRESSES.c.created_at.desc(), ADDRESSES.c.id.desc())
_CONSENTS = select(CONSENTS.c.kind, CONSENTS.c.version, CONSENTS.c.granted, CONSENTS.c.at).where(
    CONSENTS.c.member_id == bindparam("member_id")).order_by(CONSENTS.c.id.desc()).limit(LATEST)
_SESSIONS = select(SESSIONS.c.created_at, SESSIONS.c.expires_at).where(
    SESSIONS.c.member_id == bindparam("member_id"), SESSIONS.c.revoked_at.is_(None), SESSIONS.c.expires_at > bindparam("now"),
).order_by(SESSIONS.c.created_at.desc()).limit(LATEST)
_ORDERS = select(ORDERS.c.id, ORDERS.c.number, ORDERS.c.state, ORDERS.c.delivery, ORDERS.c.line_count, ORDERS.c.total_fen,
                 ORDERS.c.refunded_fen, ORDERS.c.placed_at).where(ORDERS.c.member_id == bindparam("member_id"))
_SUMS = select(func.count(), func.coalesce(func.sum(ORDERS.c.paid_fen), 0), func.coalesce(func.sum(ORDERS.c.refunded_fen), 0),
               func.max(ORDERS.c.placed_at)).where(ORDERS.c.member_id == bindparam("member_id"), ORDERS.c.paid_at.is_not(None))


@dataclass(frozen=True, slots=True)
class MaskedAddress:
    """An address as a list may show it."""

    id: str
    name: str
    phone: str
    region: str
    detail: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class MemberPage:
    """`phone` is masked, None when there is none; orders and sums are those of the stores that the actor sees."""

    id: str
    nickname: str
    avatar_key: str | None
    gender: str | None
    state: str
    phone: str | None
    created_at: datetime
    addresses: Sequence[MaskedAddress]
    consents: Sequence[Row[Any]]
    sessions: Sequence[Row[Any]]
    orders: Sequence[Row[Any]]
    paid_orders: int
    paid_fen: int
    refunded_fen: int
    last_paid_order_at: datetime | None


def member_page(ctx: Context, *, member_id: str) -> MemberPage:
    """One member; seven statements at most. Refuses (not_found) the absent, and whoever never ordered where the actor may look."""
    ctx.actor.must("members.view")
    asked = {"member_id": member_id}
    stores = ctx.actor.store_ids
    mine = true() if stores is None else ORDERS.c.store_id.in_(sorted(stores))
    with reading(ctx) as rd:
        member = rd.execute(_MEMBER, asked).one_or_none()
        if member is None or not orders.ordered_in(rd, member_id, stores):
            raise NOT_FOUND()
        count, paid_fen, refunded_fen, last = rd.execute(_SUMS.where(mine), asked).one()
        return MemberPage(
            member.id, member.nickname, member.avatar_key, member.gender, member.state,
            mask_phone(member.phone) if member.phone else None, member.created_at,
            [MaskedAddress(row.id, mask_name(row.name), mask_phone(row.phone), " ".join(names_of(row.region_code)),
                           mask_address(row.detail), row.is_default) for row in rd.execute(_ADDRESSES, asked)],
            list(rd.execute(_CONSENTS, asked)), list(rd.execute(_SESSIONS, asked | {"now": ctx.now})),
            list(rd.execute(_ORDERS.where(mine).order_by(ORDERS.c.id.desc()).limit(SHOWN_ORDERS), asked)),
            count, int(paid_fen), int(refunded_fen), last)
