"""The organisation in the database: places, staff, their log-ins and failed tries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from backend.infra.uow import Reading, Transaction
from backend.organisation.models import Dealer, LoginTries, PasswordReset, Region, Staff, StaffSession, Store
from backend.organisation.refusals import LOGIN_TAKEN, PLACE_NOT_FOUND, PLACE_TAKEN, RESET_OVER, STAFF_NOT_FOUND
from backend.organisation.rules import Tries

_STAFF, _SESSIONS, _RESETS, _TRIES = Staff.__table__, StaffSession.__table__, PasswordReset.__table__, LoginTries.__table__
_PLACES: dict[str, Table] = {"region": Region.__table__, "dealer": Dealer.__table__, "store": Store.__table__}
_INSERT = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


class Person(NamedTuple):
    """A member of staff as use cases need them; `totp_secret` in clear."""

    id: str
    login: str
    name: str
    state: str
    roles: list[str]
    scope: str
    scope_id: str | None
    password_hash: str
    must_change_password: bool
    totp_secret: str | None
    totp_on: bool


_PERSON = select(*(_STAFF.c[name] for name in Person._fields))


# --- staff ---

def find_by_login(rd: Reading, login: str) -> Person | None:
    """The member of staff with this log-in name, or None."""
    row = rd.execute(_PERSON.where(_STAFF.c.login == login)).first()
    return Person(*row) if row else None


def get_staff(rd: Reading, staff_id: str) -> Person:
    """The member of staff; refused (`staff_not_found`) when there is none."""
    row = rd.execute(_PERSON.where(_STAFF.c.id == staff_id)).first()
    if row is None:
        raise STAFF_NOT_FOUND()
    return Person(*row)


def lock_staff(tx: Transaction, staff_id: str) -> tuple[Person, set[str]]:
    """Lock a member of staff and every active owner, in the order of ids: (the person, ids of the active owners).

    Whoever takes rights away holds these locks, so that two owners cannot remove each other.
    """
    tx.locking("staff")
    owners = _STAFF.c.is_owner & (_STAFF.c.state == "active")
    locked = tx.execute(select(_STAFF.c.id, _STAFF.c.is_owner, _STAFF.c.state).where(or_(owners, _STAFF.c.id == staff_id))
                        .order_by(_STAFF.c.id).with_for_update()).all()
    return get_staff(tx, staff_id), {row.id for row in locked if row.is_owner and row.state == "active"}


def insert_staff(tx: Transaction, values: dict[str, Any]) -> None:
    """A new member of staff; refused (`login_taken`) when the log-in name exists."""
    row = {"must_change_password": False, "totp_secret": None, "totp_on": False, "totp_step": 0, "state": "active",
           "is_owner": "owner" in values["roles"], "created_at": tx.now, "last_login_at": None}
    statement = _INSERT[tx.dialect](_STAFF).on_conflict_do_nothing(index_elements=["login"])
    if tx.execute(statement, row | values).rowcount != 1:
        raise LOGIN_TAKEN(login=values["login"])


def change_staff(tx: Transaction, staff_id: str, changes: dict[str, Any]) -> None:
    """Write the given columns; refused (`staff_not_found`) when there is nobody. Lock before you take rights away."""
    if "roles" in changes:
        changes = changes | {"is_owner": "owner" in changes["roles"]}
    if changes and tx.execute(update(_STAFF).where(_STAFF.c.id == staff_id).values(**changes)).rowcount != 1:
        raise STAFF_NOT_FOUND()


def use_code(tx: Transaction, staff_id: str, step: int) -> bool:
    """Use up a time step of the second step (guarded write); False when it, or a later one, was used before."""
    statement = update(_STAFF).where(_STAFF.c.id == staff_id, _STAFF.c.totp_step < step).values(totp_step=step)
    return tx.execute(statement).rowcount == 1


# --- log-ins ---

def open_session(tx: Transaction, staff_id: str, token_hash: str, expires_at: datetime, *, awaits_code: bool) -> None:
    """Keep the hash of a new token."""
    tx.execute(insert(_SESSIONS), {"token_hash": token_hash, "staff_id": staff_id, "awaits_code": awaits_code,
                                   "created_at": tx.now, "seen_at": tx.now, "expires_at": expires_at})


def revoke_session(tx: Transaction, token_hash: str) -> None:
    """End a log-in at once; an ended or unknown one stays as it is."""
    tx.execute(update(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash, _SESSIONS.c.revoked_at.is_(None))
               .values(revoked_at=tx.now))


def revoke_sessions(tx: Transaction, staff_id: str, *, but: str | None = None) -> int:
    """End all log-ins of somebody, save the one with the hash `but`; returns how many."""
    mine = update(_SESSIONS).where(_SESSIONS.c.staff_id == staff_id, _SESSIONS.c.revoked_at.is_(None))
    if but is not None:
        mine = mine.where(_SESSIONS.c.token_hash != but)
    return tx.execute(mine.values(revoked_at=tx.now)).rowcount


def see_session(tx: Transaction, token_hash: str) -> None:
    """Write down that a log-in was used now."""
    tx.execute(update(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash).values(seen_at=tx.now))


def find_session(rd: Reading, token_hash: str) -> Any | None:
    """The row of a log-in (staff_id, awaits_code, seen_at, expires_at, revoked_at), or None."""
    return rd.execute(select(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash)).first()


def forget_old(tx: Transaction, before: datetime) -> int:
    """Delete log-ins and links that were over before then, and tries that old; returns how many rows."""
    return sum(tx.execute(delete(table).where(column < before)).rowcount for table, column in (
        (_SESSIONS, _SESSIONS.c.expires_at), (_RESETS, _RESETS.c.expires_at), (_TRIES, _TRIES.c.since)))


# --- links to set a password ---

def insert_reset(tx: Transaction, staff_id: str, token_hash: str, expires_at: datetime) -> None:
    """Keep the hash of a new link; older ones of this person end."""
    tx.execute(update(_RESETS).where(_RESETS.c.staff_id == staff_id, _RESETS.c.used_at.is_(None)).values(used_at=tx.now))
    tx.execute(insert(_RESETS), {"token_hash": token_hash, "staff_id": staff_id, "made_by": str(tx.actor),
                                 "created_at": tx.now, "expires_at": expires_at})


def find_reset(rd: Reading, token_hash: str) -> str | None:
    """Whose link this is while it works, or None."""
    return rd.execute(select(_RESETS.c.staff_id).where(
        _RESETS.c.token_hash == token_hash, _RESETS.c.used_at.is_(None), _RESETS.c.expires_at > rd.now)).scalar()


def use_reset(tx: Transaction, token_hash: str) -> None:
    """Use up a link (guarded write); refused (`reset_over`) when it was used or has expired."""
    statement = update(_RESETS).where(_RESETS.c.token_hash == token_hash, _RESETS.c.used_at.is_(None),
                                      _RESETS.c.expires_at > tx.now).values(used_at=tx.now)
    if tx.execute(statement).rowcount != 1:
        raise RESET_OVER()


# --- failed tries ---

_LOCK_TRIES = select(_TRIES.c.tries, _TRIES.c.since, _TRIES.c.locks, _TRIES.c.locked_until).where(
    _TRIES.c.who == bindparam("name")).with_for_update()


def lock_tries(tx: Transaction, whos: Sequence[str]) -> dict[str, Tries]:
    """Lock the counters of these hashes in order, making those that are missing; rivals wait."""
    statement = _INSERT[tx.dialect](_TRIES).on_conflict_do_nothing()
    found = {}
    for who in sorted(set(whos)):
        tx.execute(statement, {"who": who, "tries": 0, "since": tx.now, "locks": 0, "locked_until": None})
        found[who] = Tries(*tx.execute(_LOCK_TRIES, {"name": who}).one())
    return found


def write_tries(tx: Transaction, who: str, tries: Tries) -> None:
    """Write a counter. Lock it first."""
    tx.execute(update(_TRIES).where(_TRIES.c.who == who).values(
        tries=tries.tries, since=tries.since, locks=tries.locks, locked_until=tries.locked_until))


def forget_tries(tx: Transaction, whos: Sequence[str]) -> int:
    """Begin anew with these hashes; returns how many there were."""
    return tx.execute(delete(_TRIES).where(_TRIES.c.who.in_(whos))).rowcount


# --- places ---

def get_place(rd: Reading, kind: str, place_id: str) -> dict[str, Any]:
    """The row of a region, dealer or store; refused (`place_not_found`) when there is none."""
    row = rd.execute(select(_PLACES[kind]).where(_PLACES[kind].c.id == place_id)).mappings().first()
    if row is None:
        raise PLACE_NOT_FOUND()
    return dict(row)


def write_place(tx: Transaction, kind: str, place_id: str, values: dict[str, Any], *, new: bool) -> None:
    """Insert or change a place; refused (`place_taken`) when another of its kind has the name. What it names must exist."""
    table = _PLACES[kind]
    try:
        if new:
            tx.execute(insert(table), {"id": place_id, "created_at": tx.now} | values)
        elif tx.execute(update(table).where(table.c.id == place_id).values(**values)).rowcount != 1:
            raise PLACE_NOT_FOUND()
    except IntegrityError:
        raise PLACE_TAKEN(name=values["name"]) from None


def move_stores(tx: Transaction, dealer_id: str, region_id: str | None) -> None:
    """All stores of a dealer lie in the dealer's region."""
    stores = _PLACES["store"]
    tx.execute(update(stores).where(stores.c.dealer_id == dealer_id).values(region_id=region_id))
