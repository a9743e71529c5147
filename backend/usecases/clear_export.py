"""Remove the files of an export that nobody needs any more: pieces when it has ended, the result when its day is over."""

from backend.context import Context
from backend.exports import store as exports
from backend.exports.states import OPEN_STATES
from backend.infra.uow import reading, transaction


def clear_export(ctx: Context, *, export_id: str) -> int:
    """End the day of a finished export if it is over, and remove every file of an ended one save a result that is still
    good; returns how many. Harmless at any time: nothing of an open export is touched."""
    with transaction(ctx) as tx:
        exports.expire(tx, export_id)
    with reading(ctx) as rd:
        export = exports.find_export(rd, export_id)
        if export is None or export.state in OPEN_STATES:
            return 0
        keys = [part.key for part in exports.parts(rd, export_id) if part.key != export.file_key]
    for key in keys:
        ctx.gateways.private.remove(key)
    with transaction(ctx, last=True) as tx:
        exports.forget_parts(tx, keys)
    return len(keys)
