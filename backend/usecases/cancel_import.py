"""Cancel an import that has not ended; what was written stays."""

from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportEnded
from backend.imports.refusals import IMPORT_NOT_NOW
from backend.infra import audit
from backend.infra.uow import transaction


def cancel_import(ctx: Context, *, import_id: str) -> None:
    """Stop it; the worker writes no further row. Refuses (`import_not_now`) what has ended."""
    with transaction(ctx) as tx:
        sheet = imports.get_import(tx, import_id)
        rules.check_asker(ctx.actor, sheet.kind)
        if not imports.cancel(tx, import_id):
            raise IMPORT_NOT_NOW()
        audit.record(tx, "cancel_import", import_id, after={"kind": sheet.kind, "seen": sheet.seen})
        tx.emit(ImportEnded(import_id))
