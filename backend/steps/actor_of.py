"""Find out what a member of staff may do at this moment, for work that goes on without them."""

from sqlalchemy import bindparam, select

from backend.infra.uow import Reading
from backend.kernel.actors import Actor, staff
from backend.organisation.models import Staff, Store
from backend.organisation.rules import permissions_of

_STAFF, _STORES = Staff.__table__, Store.__table__
_FIND = select(_STAFF.c.state, _STAFF.c.roles, _STAFF.c.scope, _STAFF.c.scope_id).where(_STAFF.c.id == bindparam("staff_id"))
_STORES_OF = {
    "store": select(_STORES.c.id).where(_STORES.c.id == bindparam("place")),
    "dealer": select(_STORES.c.id).where(_STORES.c.dealer_id == bindparam("place")),
    "region": select(_STORES.c.id).where(_STORES.c.region_id == bindparam("place")),
}


def actor_of(rd: Reading, name: str) -> Actor:
    """The actor that `str(actor)` named ("staff:stf_…"), with the rights and stores of today.

    Whoever is absent, disabled or no member of staff has no rights and no stores. Two statements.
    """
    kind, _, staff_id = name.partition(":")
    row = rd.execute(_FIND, {"staff_id": staff_id}).one_or_none() if kind == "staff" else None
    if row is None or row.state != "active":
        return staff(staff_id, (), ())
    stores = None if row.scope == "head_office" else rd.execute(_STORES_OF[row.scope], {"place": row.scope_id}).scalars().all()
    return staff(staff_id, permissions_of(row.roles, everywhere=stores is None), stores)
