"""Cancel an export that is not finished."""

from backend.context import Context
from backend.exports import store as exports
from backend.exports.events import ExportEnded
from backend.exports.refusals import EXPORT_OVER
from backend.infra import audit
from backend.infra.uow import transaction


def cancel_export(ctx: Context, *, export_id: str) -> None:
    """Cancel one's own export; the worker stops at its next slice. Refuses (`export_over`) what has ended.

    Absent and foreign ones are not found.
    """
    ctx.actor.must_be("staff")
    with transaction(ctx) as tx:
        exports.get_export(tx, export_id, str(ctx.actor))
        if not exports.cancel(tx, export_id):
            raise EXPORT_OVER()
        audit.record(tx, "cancel_export", export_id)
        tx.emit(ExportEnded(export_id))
