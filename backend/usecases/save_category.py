"""Save a category: make a new one, or rename, move and reorder one."""

from backend.catalog import rules
from backend.catalog import store as catalog
from backend.catalog.refusals import CATEGORY_CHANGED, CATEGORY_TOO_DEEP, CATEGORY_UNKNOWN
from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.uploads import store as uploads


def save_category(
    ctx: Context,
    *,
    name: str,
    parent_id: str | None = None,
    position: int | None = None,
    picture: str | None = None,
    category_id: str | None = None,
    seen: str | None = None,
) -> str:
    """Write a category and return its id; with `category_id` that one is changed, and saying it again changes nothing.

    Without a `position` a new one comes first and a known one stays where it is. With `seen` (the fingerprint of what a form
    showed, `rules.category_fingerprint`) one that somebody has changed since is refused (`category_changed_meanwhile`).
    Two levels: refuses (`category_too_deep`) a parent that has a parent, and moving below another what has children.
    Refuses a name its level has already (`category_name_taken`), unknown ids (`category_unknown`) and a picture that
    is not there. Staff only.
    """
    ctx.actor.must("goods.edit")
    name = rules.check_name(name)
    for key in rules.check_pictures([picture] if picture else []):
        ctx.gateways.files.path(key)
    saved_id = category_id or new_id("cat", ctx.now)

    with transaction(ctx) as tx:
        wanted = {each for each in (category_id, parent_id) if each}
        known = catalog.lock_categories(tx, wanted)
        if known.keys() != wanted:
            raise CATEGORY_UNKNOWN()
        if parent_id and (parent_id == category_id or known[parent_id].parent_id or catalog.has_children(tx, saved_id)):
            raise CATEGORY_TOO_DEEP()
        old = known[category_id] if category_id else None
        values = {"name": name, "parent_id": parent_id, "position": position, "picture": picture}
        if position is None:
            values["position"] = old.position if old is not None else 0
        before = None if old is None else {each: old._mapping[each] for each in values}
        shown = None if old is None else rules.category_fingerprint(old.name, old.parent_id, old.picture)
        if seen is not None and seen != shown and before != values:
            raise CATEGORY_CHANGED()
        catalog.write_category(tx, saved_id, new=category_id is None, **values)
        if before != values:
            audit.record(tx, "save_category", saved_id, before=before, after=values)
        if picture:
            uploads.adopt(tx, [picture], "category", saved_id)
    return saved_id
