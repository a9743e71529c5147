"""Who a staff member's token belongs to, with rights and scope as they are now: asked once by every request of the console."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra.passwords import token_hash
from backend.infra.uow import Reading, reading
from backend.kernel.actors import Actor, staff
from backend.organisation.models import Dealer, Region, Staff, StaffSession, Store
from backend.organisation.rules import ROLES, SCOPES, SEEN_EVERY, is_alive, permissions_of

_SESSIONS, _STAFF, _STORES = StaffSession.__table__, Staff.__table__, Store.__table__
_PLACES = {"region": Region.__table__, "dealer": Dealer.__table__, "store": _STORES}

_FIND = (select(_SESSIONS.c.awaits_code, _SESSIONS.c.seen_at, _SESSIONS.c.expires_at, _SESSIONS.c.revoked_at, _STAFF.c.id,
                _STAFF.c.login, _STAFF.c.name, _STAFF.c.state, _STAFF.c.roles, _STAFF.c.scope, _STAFF.c.scope_id,
                _STAFF.c.must_change_password, _STAFF.c.totp_on)
         .join(_STAFF, _STAFF.c.id == _SESSIONS.c.staff_id).where(_SESSIONS.c.token_hash == bindparam("token_hash")))
_STORES_OF = {"store": select(_STORES.c.id).where(_STORES.c.id == bindparam("place")),
              "dealer": select(_STORES.c.id).where(_STORES.c.dealer_id == bindparam("place")),
              "region": select(_STORES.c.id).where(_STORES.c.region_id == bindparam("place"))}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the staff who is logged in, and what the top line says of them."""

    actor: Actor
    login: str
    name: str
    roles: tuple[tuple[str, str], ...]
    scope: tuple[str, str]
    awaits_code: bool
    must_change_password: bool
    totp_on: bool
    unseen: bool


def find_staff(ctx: Context, token: str) -> Member | None:
    """Who holds this token, or None when it is unknown, ended, idle, old, or its owner disabled.

    The actor's permissions are those of the roles, the stores those of the scope, both of this moment. `unseen`: the use
    of the session ought to be noted. A session that awaits its code gives no permission.
    """
    with reading(ctx) as rd:
        row = rd.execute(_FIND, {"token_hash": token_hash(token)}).first()
        if row is None or row.state != "active" or not is_alive(
                ctx.now, seen_at=row.seen_at, expires_at=row.expires_at, revoked_at=row.revoked_at):
            return None
        stores, scope = _reach(rd, row.scope, row.scope_id)
    permissions = frozenset() if row.awaits_code else permissions_of(row.roles, everywhere=stores is None)
    return Member(staff(row.id, permissions, stores), row.login, row.name,
                  tuple(ROLES[role][:2] for role in row.roles if role in ROLES), scope, row.awaits_code,
                  row.must_change_password, row.totp_on, ctx.now - row.seen_at >= SEEN_EVERY)


def _reach(rd: Reading, scope: str, scope_id: str | None) -> tuple[frozenset[str] | None, tuple[str, str]]:
    """(stores, name of the scope in two languages)"""
    if scope == "head_office":
        return None, SCOPES[scope]
    place = {"place": scope_id}
    table = _PLACES[scope]
    name = rd.execute(select(table.c.name).where(table.c.id == bindparam("place")), place).scalar() or "?"
    return frozenset(rd.execute(_STORES_OF[scope], place).scalars()), (name, name)
