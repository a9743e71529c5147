"""Put the categories of one level into an order."""

from collections.abc import Sequence

from backend.catalog import store as catalog
from backend.catalog.refusals import CATEGORY_CHANGED, CATEGORY_UNKNOWN, TOO_MANY_AT_ONCE
from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction

LIMIT = 500


def arrange_categories(ctx: Context, *, category_ids: Sequence[str], seen: Sequence[str] | None = None) -> int:
    """Number these categories (of one level) as they come; returns how many moved (0 the second time).

    With `seen` (the level as it was shown) an order that somebody has changed since, or a level that has others by now, is
    refused (`category_changed_meanwhile`), unless it stands as it is wanted already.
    Refuses unknown ones, those of several parents (`category_unknown`) and too many. Staff only.
    """
    ctx.actor.must("goods.edit")
    wanted = list(dict.fromkeys(category_ids))
    if len(wanted) > LIMIT:
        raise TOO_MANY_AT_ONCE(limit=LIMIT)

    with transaction(ctx) as tx:
        known = catalog.lock_categories(tx, wanted)
        if known.keys() != set(wanted) or len({row.parent_id for row in known.values()}) > 1:
            raise CATEGORY_UNKNOWN()
        if seen is not None and wanted:
            level = catalog.level_of(tx, known[wanted[0]].parent_id)
            if level not in (list(seen), wanted):
                raise CATEGORY_CHANGED()
        moved = {each: place for place, each in enumerate(wanted) if known[each].position != place}
        catalog.place_categories(tx, moved)
        audit.record_all(
            tx,
            "arrange_categories",
            [(each, {"position": known[each].position}, {"position": place}) for each, place in moved.items()],
        )
    return len(moved)
