"""What a shopper sees of themselves: profile, addresses, consents."""

from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from backend.context import Context
from backend.infra.crypto import mask_phone
from backend.infra.uow import reading
from backend.members.models import Address, Consent, Member
from backend.members.rules import CONSENT_KINDS
from backend.queries.regions import names_of

_MEMBERS, _ADDRESSES, _CONSENTS = Member.__table__, Address.__table__, Consent.__table__
_ME: BindParameter[str] = bindparam("me")

_PROFILE = select(
    _MEMBERS.c.id,
    _MEMBERS.c.nickname,
    _MEMBERS.c.avatar_key,
    _MEMBERS.c.gender,
    _MEMBERS.c.birthday,
    _MEMBERS.c.phone,
    _MEMBERS.c.created_at,
).where(_MEMBERS.c.id == _ME)
_BOOK = (
    select(
        _ADDRESSES.c.id,
        _ADDRESSES.c.name,
        _ADDRESSES.c.phone,
        _ADDRESSES.c.region_code,
        _ADDRESSES.c.detail,
        _ADDRESSES.c.is_default,
    )
    .where(_ADDRESSES.c.member_id == _ME, _ADDRESSES.c.deleted_at.is_(None))
    .order_by(_ADDRESSES.c.is_default.desc(), _ADDRESSES.c.created_at.desc(), _ADDRESSES.c.id.desc())
)
_SAID = (
    select(_CONSENTS.c.kind, _CONSENTS.c.version, _CONSENTS.c.granted, _CONSENTS.c.at)
    .where(_CONSENTS.c.member_id == _ME)
    .order_by(_CONSENTS.c.id)
)


def profile(ctx: Context) -> dict[str, Any]:
    """The shopper's own profile, ready for JSON; the phone is masked, the openid never leaves."""
    with reading(ctx) as rd:
        row = rd.execute(_PROFILE, {"me": ctx.actor.member_id}).one()
    return {
        "id": row.id,
        "nickname": row.nickname,
        "avatar_key": row.avatar_key,
        "gender": row.gender,
        "birthday": row.birthday,
        "phone": mask_phone(row.phone) if row.phone else None,
        "joined_at": row.created_at,
    }


def addresses(ctx: Context) -> list[dict[str, Any]]:
    """The shopper's own addresses in clear, the default first, then the newest; `region` holds its three names."""
    with reading(ctx) as rd:
        rows = rd.execute(_BOOK, {"me": ctx.actor.member_id}).mappings().all()
    return [dict(row) | {"region": names_of(row["region_code"])} for row in rows]


def consents(ctx: Context) -> list[dict[str, Any]]:
    """The shopper's newest word on each kind of consent; kinds never asked about have version None."""
    newest: dict[str, dict[str, Any]] = {
        kind: {"kind": kind, "version": None, "granted": False, "at": None} for kind in CONSENT_KINDS
    }
    with reading(ctx) as rd:
        for row in rd.execute(_SAID, {"me": ctx.actor.member_id}).mappings():
            newest[row["kind"]] = dict(row)
    return list(newest.values())
