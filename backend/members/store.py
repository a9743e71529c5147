"""Members in the database: people, their WeChat accounts, sessions, addresses and consents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.infra.uow import Reading, Transaction
from backend.kernel.ids import new_id
from backend.members.models import Address, Consent, Member, Session, WechatAccount
from backend.members.refusals import ADDRESS_NOT_FOUND
from backend.members.rules import Destination

_MEMBERS, _ACCOUNTS, _SESSIONS = Member.__table__, WechatAccount.__table__, Session.__table__
_ADDRESSES, _CONSENTS = Address.__table__, Consent.__table__
_MINE = (_ADDRESSES.c.member_id == bindparam("owner")) & _ADDRESSES.c.deleted_at.is_(None)


@dataclass(frozen=True, slots=True)
class Account:
    """A member as a WeChat app knows them."""

    member_id: str
    state: str


# --- people and accounts ---

_FIND_ACCOUNT = (
    select(_ACCOUNTS.c.member_id, _MEMBERS.c.state)
    .join(_MEMBERS, _MEMBERS.c.id == _ACCOUNTS.c.member_id)
    .where(_ACCOUNTS.c.appid == bindparam("appid"), _ACCOUNTS.c.openid_index == bindparam("openid_index"))
)
_FIND_OPENID = select(_ACCOUNTS.c.openid).where(
    _ACCOUNTS.c.member_id == bindparam("member_id"), _ACCOUNTS.c.appid == bindparam("appid")
)
_CLAIM_ACCOUNT = {
    "sqlite": sqlite_insert(_ACCOUNTS).on_conflict_do_nothing(index_elements=["appid", "openid_index"]),
    "postgresql": postgresql_insert(_ACCOUNTS).on_conflict_do_nothing(index_elements=["appid", "openid_index"]),
}
_LOCK_MEMBER = select(_MEMBERS.c.id).where(_MEMBERS.c.id == bindparam("member_id")).with_for_update(key_share=True)


def find_account(rd: Reading, appid: str, openid_index: str) -> Account | None:
    """Who this WeChat user is here, or None."""
    row = rd.execute(_FIND_ACCOUNT, {"appid": appid, "openid_index": openid_index}).first()
    return Account(row.member_id, row.state) if row else None


def claim_account(
    tx: Transaction, *, appid: str, openid: str, openid_index: str, unionid_index: str | None, nickname: str
) -> Account | None:
    """A new member for a new WeChat user; None (and nothing written) when a rival log-in has made theirs first."""
    member_id = new_id("mem", tx.now)
    tx.execute(insert(_MEMBERS), {"id": member_id, "nickname": nickname, "state": "active", "created_at": tx.now})
    claimed = tx.execute(
        _CLAIM_ACCOUNT[tx.dialect],
        {
            "appid": appid,
            "openid_index": openid_index,
            "openid": openid,
            "unionid_index": unionid_index,
            "member_id": member_id,
            "created_at": tx.now,
        },
    )
    if claimed.rowcount == 1:
        return Account(member_id, "active")
    tx.execute(delete(_MEMBERS).where(_MEMBERS.c.id == member_id))
    return None


def find_member(rd: Reading, member_id: str) -> Row[Any] | None:
    """A member with their phone in clear, or None."""
    return rd.execute(select(_MEMBERS).where(_MEMBERS.c.id == member_id)).one_or_none()


def find_openid(rd: Reading, member_id: str, appid: str) -> str | None:
    """The member's openid in that app, decrypted; None if they never logged in there."""
    return rd.execute(_FIND_OPENID, {"member_id": member_id, "appid": appid}).scalar()


def lock_member(tx: Transaction, member_id: str) -> None:
    """Lock the member's own row, so that "at most n of mine" holds; it ranks with the cart, before all else."""
    tx.locking("member")
    tx.execute(_LOCK_MEMBER, {"member_id": member_id})


def find_profile(rd: Reading, member_id: str) -> tuple[str, str | None]:
    """(nickname, avatar) of a member as they are shown to others."""
    row = rd.execute(select(_MEMBERS.c.nickname, _MEMBERS.c.avatar_key).where(_MEMBERS.c.id == member_id)).one()
    return row.nickname, row.avatar_key


def change_profile(tx: Transaction, member_id: str, changes: dict[str, Any]) -> None:
    """Write the given columns; nothing given, nothing written."""
    if changes:
        tx.execute(update(_MEMBERS).where(_MEMBERS.c.id == member_id).values(**changes))


# --- sessions ---

_FORGET_OLD = delete(_SESSIONS).where(
    _SESSIONS.c.member_id == bindparam("owner"), _SESSIONS.c.expires_at <= bindparam("moment")
)
_REVOKE = (
    update(_SESSIONS)
    .where(
        _SESSIONS.c.token_hash == bindparam("hash"),
        _SESSIONS.c.member_id == bindparam("owner"),
        _SESSIONS.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("moment"))
)


def forget_expired_sessions(tx: Transaction, before: datetime, limit: int = 5000) -> int:
    """Delete sessions that expired by then, the oldest first and at most `limit`; returns how many."""
    oldest = select(_SESSIONS.c.token_hash).where(_SESSIONS.c.expires_at <= before)
    oldest = oldest.order_by(_SESSIONS.c.expires_at).limit(limit)
    return tx.execute(delete(_SESSIONS).where(_SESSIONS.c.token_hash.in_(oldest))).rowcount


def open_session(tx: Transaction, member_id: str, token_hash: str, expires_at: datetime) -> None:
    """Keep the hash of a new token, and drop this member's expired ones."""
    tx.execute(_FORGET_OLD, {"owner": member_id, "moment": tx.now})
    tx.execute(
        insert(_SESSIONS),
        {"token_hash": token_hash, "member_id": member_id, "created_at": tx.now, "expires_at": expires_at},
    )


def open_sessions(tx: Transaction, owners: Mapping[str, str], expires_at: datetime) -> None:
    """Keep the hashes of many new tokens {hash: member id}; one statement, and nothing of older sessions is dropped."""
    if owners:
        tx.execute(insert(_SESSIONS), [{"token_hash": token_hash, "member_id": member_id, "created_at": tx.now,
                                        "expires_at": expires_at} for token_hash, member_id in owners.items()])


def revoke_all_sessions(tx: Transaction, member_id: str) -> int:
    """End every session of a member that is not over; returns how many."""
    live = (_SESSIONS.c.member_id == member_id, _SESSIONS.c.revoked_at.is_(None), _SESSIONS.c.expires_at > tx.now)
    return tx.execute(update(_SESSIONS).where(*live).values(revoked_at=tx.now)).rowcount


def revoke_session(tx: Transaction, member_id: str, token_hash: str) -> None:
    """End a session at once; ended or unknown ones stay as they are."""
    tx.execute(_REVOKE, {"hash": token_hash, "owner": member_id, "moment": tx.now})


# --- addresses ---

_COUNT = select(func.count()).select_from(_ADDRESSES).where(_MINE)
_SAID = (_ADDRESSES.c.name, _ADDRESSES.c.phone, _ADDRESSES.c.region_code, _ADDRESSES.c.detail)
_GET = select(*_SAID).where(_MINE, _ADDRESSES.c.id == bindparam("address_id"))
ADDRESS = tuple(_GET.with_only_columns(each) for each in _SAID)
"""The values of an address (`of_address`), for a statement that asks more of a member than this; `found_address` takes them."""
_IS_DEFAULT = _GET.with_only_columns(_ADDRESSES.c.is_default)
_NO_DEFAULT = update(_ADDRESSES).where(_MINE, _ADDRESSES.c.is_default).values(is_default=False)
_NEWEST = select(_ADDRESSES.c.id).where(_MINE).order_by(_ADDRESSES.c.created_at.desc(), _ADDRESSES.c.id.desc()).limit(1)
_ERASED: dict[str, Any] = {"name": "", "phone": "", "phone_index": "", "detail": "", "is_default": False}


def get_address(rd: Reading, member_id: str, address_id: str) -> Destination:
    """The address in clear; refused (`address_not_found`) when it is absent, removed or somebody else's."""
    return found_address(rd.execute(_GET, of_address(member_id, address_id)).first())


def of_address(member_id: str, address_id: str | None) -> dict[str, str]:
    """The parameters of ADDRESS."""
    return {"owner": member_id, "address_id": address_id or ""}


def found_address(values: Sequence[str | None] | None) -> Destination:
    """The address that ADDRESS found; refused as `get_address` does."""
    if values is None or values[0] is None:
        raise ADDRESS_NOT_FOUND()
    return Destination(*values)  # type: ignore[arg-type]


def count_addresses(rd: Reading, member_id: str) -> int:
    return rd.execute(_COUNT, {"owner": member_id}).scalar_one()


def insert_address(
    tx: Transaction, address_id: str, member_id: str, to: Destination, phone_index: str, is_default: bool
) -> None:
    """Add an address; a default one takes the place of the old default. Lock the member first."""
    if is_default:
        tx.execute(_NO_DEFAULT, {"owner": member_id})
    tx.execute(
        insert(_ADDRESSES),
        to.as_json()
        | {
            "id": address_id,
            "member_id": member_id,
            "phone_index": phone_index,
            "is_default": is_default,
            "created_at": tx.now,
        },
    )


def change_address(
    tx: Transaction, address_id: str, member_id: str, to: Destination, phone_index: str, is_default: bool
) -> None:
    """Replace all fields; refused (`address_not_found`) like `get_address`. Lock the member first."""
    if is_default:
        tx.execute(_NO_DEFAULT, {"owner": member_id})
    _write(tx, address_id, member_id, to.as_json() | {"phone_index": phone_index, "is_default": is_default})


def remove_address(tx: Transaction, address_id: str, member_id: str) -> None:
    """Take an address away and erase what was personal in it; refused (`address_not_found`) the second time.

    If it was the default, the newest of the others becomes it. Lock the member first.
    """
    was_default = tx.execute(_IS_DEFAULT, of_address(member_id, address_id)).scalar()
    _write(tx, address_id, member_id, _ERASED | {"deleted_at": tx.now})
    if was_default and (newest := tx.execute(_NEWEST, {"owner": member_id}).scalar()):
        _write(tx, newest, member_id, {"is_default": True})


def _write(tx: Transaction, address_id: str, member_id: str, values: dict[str, Any]) -> None:
    statement = update(_ADDRESSES).where(_MINE, _ADDRESSES.c.id == bindparam("address_id")).values(**values)
    if tx.execute(statement, {"owner": member_id, "address_id": address_id}).rowcount != 1:
        raise ADDRESS_NOT_FOUND()


# --- consents ---

_NEWEST_CONSENT = (
    select(_CONSENTS.c.version, _CONSENTS.c.granted)
    .where(_CONSENTS.c.member_id == bindparam("member_id"), _CONSENTS.c.kind == bindparam("kind"))
    .order_by(_CONSENTS.c.id.desc())
    .limit(1)
)


def find_consent(rd: Reading, member_id: str, kind: str) -> tuple[str, bool] | None:
    """(version, granted) of the newest word of a member on `kind`, or None."""
    row = rd.execute(_NEWEST_CONSENT, {"member_id": member_id, "kind": kind}).first()
    return (row.version, row.granted) if row else None


def add_consent(tx: Transaction, member_id: str, kind: str, version: str, granted: bool) -> None:
    """Add a yes or no; earlier ones stay."""
    tx.execute(
        insert(_CONSENTS),
        {
            "id": new_id("con", tx.now),
            "member_id": member_id,
            "kind": kind,
            "version": version,
            "granted": granted,
            "at": tx.now,
        },
    )


_UNINDEXED = select(_MEMBERS.c.id, _MEMBERS.c.phone).where(
    _MEMBERS.c.phone.is_not(None), _MEMBERS.c.phone_index.is_(None)).order_by(_MEMBERS.c.id).limit(bindparam("rows"))
_INDEX = update(_MEMBERS).where(_MEMBERS.c.id == bindparam("of_member"), _MEMBERS.c.phone_index.is_(None)).values(
    phone_index=bindparam("index"))


def unindexed(rd: Reading, limit: int) -> list[Row[Any]]:
    """Members with a phone by which they are not found, the oldest first."""
    return list(rd.execute(_UNINDEXED, {"rows": limit}))


def write_phone_indexes(tx: Transaction, indexes: Mapping[str, str]) -> int:
    """Give members {id: index} the index that they lack (guarded: a new phone has brought its own); returns how many."""
    if not indexes:
        return 0
    return tx.execute(_INDEX, [{"of_member": member_id, "index": index} for member_id, index in indexes.items()]).rowcount
