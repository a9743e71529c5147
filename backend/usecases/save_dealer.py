"""Make a dealer, or change one; a dealer's stores lie in the dealer's region."""

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.organisation import store as organisation
from backend.organisation.rules import place_name


def save_dealer(ctx: Context, *, dealer_id: str | None = None, name: str, region_id: str | None = None,
                key: ClientKey | None = None) -> str:
    """The dealer's id; without `dealer_id` a new one. Another region takes the dealer's stores with it.

    Refuses (`place_taken`) the name of another dealer, (`place_not_found`) a region that is none.
    """
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    wanted, fresh = {"name": place_name(name), "region_id": region_id or None}, new_id("dea", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "save_dealer", {"dealer_id": dealer_id or fresh})
        if first is not None:
            return first["dealer_id"]
        if region_id:
            organisation.get_place(tx, "region", region_id)
        row = None if dealer_id is None else organisation.get_place(tx, "dealer", dealer_id)
        organisation.write_place(tx, "dealer", dealer_id or fresh, wanted, new=row is None)
        if row is not None and row["region_id"] != wanted["region_id"]:
            organisation.move_stores(tx, row["id"], wanted["region_id"])
        audit.record(tx, "save_dealer", dealer_id or fresh, before=row and {name: row[name] for name in wanted}, after=wanted)
    return dealer_id or fresh
