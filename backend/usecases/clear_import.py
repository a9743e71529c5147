"""Remove the files of an import that has ended; its row and its faults stay."""

from backend.context import Context
from backend.imports import store as imports
from backend.imports.states import OPEN_STATES
from backend.infra.uow import reading, transaction


def clear_import(ctx: Context, *, import_id: str) -> None:
    """Remove the sheet, its text and our lines of it. Harmless when run again, and while the import is open."""
    with reading(ctx) as rd:
        sheet = imports.find_import(rd, import_id)
    if sheet is None or sheet.state in OPEN_STATES:
        return
    known = sheet.columns or {}
    for key in (sheet.file_key, sheet.work_key, known.get("text"), *known.get("gone", ())):
        if key is not None:
            ctx.gateways.private.remove(key)
    with transaction(ctx, last=True) as tx:
        imports.forget_files(tx, import_id)
