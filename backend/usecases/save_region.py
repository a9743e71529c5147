"""Make a region, or rename one."""

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.organisation import store as organisation
from backend.organisation.rules import place_name


def save_region(ctx: Context, *, region_id: str | None = None, name: str, key: ClientKey | None = None) -> str:
    """The region's id; without `region_id` a new one. Refuses (`place_taken`) the name of another region."""
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    wanted, fresh = {"name": place_name(name)}, new_id("reg", ctx.now)
    with transaction(ctx) as tx:
        first = claim(tx, key, "save_region", {"region_id": region_id or fresh})
        if first is not None:
            return first["region_id"]
        before = None if region_id is None else {"name": organisation.get_place(tx, "region", region_id)["name"]}
        organisation.write_place(tx, "region", region_id or fresh, wanted, new=region_id is None)
        audit.record(tx, "save_region", region_id or fresh, before=before, after=wanted)
    return region_id or fresh
