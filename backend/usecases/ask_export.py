"""Ask for a sheet of the shop's rows; the worker writes it."""

from collections.abc import Mapping

from backend.context import Context
from backend.exports import FORMATS, rules
from backend.exports import store as exports
from backend.exports.events import ExportAsked
from backend.infra import audit, once
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.ids import new_id


def ask_export(
    ctx: Context, *, kind: str, format: str, filters: Mapping[str, str], language: str = "zh", key: ClientKey | None = None
) -> str:
    """Note the wish, with the asker's stores and right to whole phone numbers as they are now; returns its id.

    A repeat with the same client key answers the same id. Refuses whoever may not export this kind, a senseless filter
    (`export_filter`) and a fourth unfinished export of one person (`too_many_exports`).
    """
    rules.check_asker(ctx.actor, kind)
    said = rules.check_filters(kind, filters)
    assert format in FORMATS
    export_id = new_id("exp", ctx.now)
    stores = None if ctx.actor.store_ids is None else sorted(ctx.actor.store_ids)

    with transaction(ctx) as tx:
        if earlier := once.claim(tx, key, "ask_export", {"export_id": export_id}):
            return earlier["export_id"]
        exports.insert_export(tx, {
            "id": export_id, "kind": kind, "format": format, "language": language, "filters": said, "store_ids": stores,
            "reveal": ctx.actor.may(rules.REVEAL), "asked_by": str(ctx.actor), "asked_at": ctx.now})
        audit.record(tx, "ask_export", export_id, after={"kind": kind, "format": format, "filters": said, "store_ids": stores})
        tx.emit(ExportAsked(export_id))
    return export_id
