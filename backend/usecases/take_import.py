"""Take a sheet that somebody wants to import; the worker reads and checks it."""

from typing import Any, BinaryIO

from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportReceived
from backend.imports.refusals import IMPORT_TOO_LARGE
from backend.infra import audit, once
from backend.infra.once import ClientKey
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.stock import rules as stock_rules

CHUNK = 2**20


def take_import(
    ctx: Context, *, kind: str, file: BinaryIO, file_name: str, stock_default: int = 0, key: ClientKey | None = None
) -> str:
    """Keep the file and note it; returns the import's id. Nothing of it is read yet, let alone written.

    `stock_default` is the opening stock of a new product whose row names none. A repeat with the same client key answers the
    same id. Refuses whoever may not import this kind, a file beyond 32 MB (`import_too_large`), and a third unfinished import
    of one person (`too_many_imports`).
    """
    rules.check_asker(ctx.actor, kind)
    stock_rules.check_opening(stock_default)
    import_id = new_id("imp", ctx.now)

    with ctx.gateways.private.writing(".sheet") as (file_key, target):
        size = 0
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > rules.MAX_FILE_BYTES:
                raise IMPORT_TOO_LARGE(megabytes=rules.MAX_FILE_BYTES // 2**20)
            target.write(chunk)
    values: dict[str, Any] = {
        "id": import_id, "kind": kind, "file_name": rules.shown_name(file_name), "file_key": file_key, "file_bytes": size,
        "options": {"stock_default": stock_default}, "asked_by": str(ctx.actor), "asked_at": ctx.now}
    earlier = None
    try:
        with transaction(ctx) as tx:
            earlier = once.claim(tx, key, "take_import", {"import_id": import_id})
            if earlier is None:
                imports.insert_import(tx, values)
                audit.record(tx, "take_import", import_id, after={"kind": kind, "file": values["file_name"], "bytes": size})
                tx.emit(ImportReceived(import_id))
    except BaseException:
        ctx.gateways.private.remove(file_key)
        raise
    if earlier is not None:
        ctx.gateways.private.remove(file_key)
        return earlier["import_id"]
    return import_id
