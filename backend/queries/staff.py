"""Staff and places of the organisation for their screens."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, literal, select, union_all

from backend.context import Context
from backend.infra.passwords import token_hash
from backend.infra.uow import reading
from backend.organisation import store as organisation
from backend.organisation.models import Dealer, LoginTries, PasswordReset, Region, Staff, Store
from backend.organisation.refusals import STAFF_NOT_FOUND
from backend.steps.count_try import account, second_step

_PLACES = {"region": Region.__table__, "dealer": Dealer.__table__, "store": Store.__table__}
_STAFF, _TRIES, _RESETS = Staff.__table__, LoginTries.__table__, PasswordReset.__table__


@dataclass(frozen=True, slots=True)
class Places:
    """Every region, dealer and store by name, id → name."""

    region: dict[str, str]
    dealer: dict[str, str]
    store: dict[str, str]

    def name(self, scope: str, scope_id: str | None) -> str:
        """The name of the place that a scope names; empty for the head office."""
        return getattr(self, scope, {}).get(scope_id or "", "")


_NAMED = {kind: select(literal(kind).label("kind"), table.c.id, table.c.name)
          for kind, table in (_PLACES | {"staff": _STAFF}).items()}
_ALL_PLACES = union_all(*(_NAMED[kind] for kind in _PLACES)).order_by("name", "id")
_ALL_NAMES = union_all(*_NAMED.values()).order_by("name", "id")


def places(ctx: Context) -> Places:
    """All places, for choices and names; one statement."""
    ctx.actor.must_be("staff", "system")
    return Places(**{kind: named for kind, named in _named(ctx, _ALL_PLACES).items() if kind != "staff"})


def names(ctx: Context) -> tuple[dict[str, str], dict[str, str]]:
    """(all staff, all places), id → name, in the order of names; one statement."""
    ctx.actor.must_be("staff", "system")
    found = _named(ctx, _ALL_NAMES)
    return found.pop("staff"), {place_id: name for named in found.values() for place_id, name in named.items()}


def _named(ctx: Context, statement: CompoundSelect[Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {kind: {} for kind in _NAMED}
    with reading(ctx) as rd:
        for row in rd.execute(statement):
            found[row.kind][row.id] = row.name
    return found


def link_holder(ctx: Context, *, reset_token: str) -> str | None:
    """The log-in name of whom a link to set a password is for, while it works; else None. Whoever holds the link may ask."""
    ctx.actor.must_be("anonymous", "staff")
    with reading(ctx) as rd:
        staff_id = organisation.find_reset(rd, token_hash(reset_token))
        return organisation.get_staff(rd, staff_id).login if staff_id else None


def staff_id_of(ctx: Context, login: str) -> str:
    """The id of the member of staff with this log-in name; refused (`staff_not_found`) when there is none."""
    ctx.actor.must("staff.manage")
    with reading(ctx) as rd:
        person = organisation.find_by_login(rd, login.strip().lower())
    if person is None:
        raise STAFF_NOT_FOUND()
    return person.id


def locked_staff(ctx: Context, people: dict[str, str]) -> set[str]:
    """Which of these people (id → log-in name) are locked by failed log-ins at this moment."""
    ctx.actor.must("staff.manage")
    counters = {account(login): staff_id for staff_id, login in people.items()}
    counters |= {second_step(staff_id): staff_id for staff_id in people}
    with reading(ctx) as rd:
        locked = rd.execute(select(_TRIES.c.who).where(_TRIES.c.who.in_(sorted(counters)), _TRIES.c.locked_until > ctx.now))
        return {counters[who] for who in locked.scalars()}


def has_open_link(ctx: Context, staff_id: str) -> bool:
    """Whether a link to set a password is out for this member of staff and still works."""
    ctx.actor.must("staff.manage")
    with reading(ctx) as rd:
        return rd.execute(select(_RESETS.c.staff_id).where(
            _RESETS.c.staff_id == staff_id, _RESETS.c.used_at.is_(None), _RESETS.c.expires_at > ctx.now)).first() is not None


def everybody(ctx: Context) -> dict[str, str]:
    """Id → name of all staff, in the order of names: for choices, and to say who did something."""
    ctx.actor.must_be("staff", "system")
    with reading(ctx) as rd:
        return dict(rd.execute(select(_STAFF.c.id, _STAFF.c.name).order_by(_STAFF.c.name, _STAFF.c.id)).all())
