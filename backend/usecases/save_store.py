"""Open a store, or change one: its name, its dealer, its region."""

from typing import Any

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.organisation import store as organisation
from backend.organisation.rules import place_name


def save_store(ctx: Context, *, store_id: str | None = None, name: str, dealer_id: str | None = None,
               region_id: str | None = None, key: ClientKey | None = None) -> str:
    """The store's id; without `store_id` a new one. A dealer's store lies in the dealer's region, whatever `region_id` says.

    Refuses (`place_taken`) the name of another store, (`place_not_found`) a dealer or region that is none. Staff whose scope
    is the dealer or the region see the store from the next request on.
    """
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    wanted: dict[str, Any] = {"name": place_name(name), "dealer_id": dealer_id or None, "region_id": region_id or None}
    fresh = new_id("sto", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "save_store", {"store_id": store_id or fresh})
        if first is not None:
            return first["store_id"]
        if dealer_id:
            wanted["region_id"] = organisation.get_place(tx, "dealer", dealer_id)["region_id"]
        elif region_id:
            organisation.get_place(tx, "region", region_id)
        row = None if store_id is None else organisation.get_place(tx, "store", store_id)
        organisation.write_place(tx, "store", store_id or fresh, wanted, new=row is None)
        audit.record(tx, "save_store", store_id or fresh, before=row and {name: row[name] for name in wanted}, after=wanted)
    return store_id or fresh
