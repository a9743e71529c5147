"""Fetch the file of a finished export, by a link that is its asker's alone and good for ten minutes."""

import hmac
from dataclasses import dataclass

from backend.context import Context
from backend.exports import rules
from backend.exports import store as exports
from backend.exports.refusals import EXPORT_EXPIRED, EXPORT_LINK_OVER
from backend.infra import audit
from backend.infra.uow import transaction


@dataclass(frozen=True, slots=True)
class Opened:
    """The private file, and the name and format under which it is kept."""

    key: str
    name: str
    format: str


def open_export(ctx: Context, *, export_id: str, until: int, sign: str) -> Opened:
    """The file of one's own export, counted and audited each time.

    Refuses a link that is over or was made for somebody else (`export_link_over`), rights that no longer cover the rows
    (`export_not_allowed`), a file that is gone or not there yet (`export_expired`). Foreign exports are not found.
    """
    ctx.actor.must_be("staff")
    with transaction(ctx) as tx:
        export = exports.get_export(tx, export_id, str(ctx.actor))
        good = ctx.cipher.blind_index(rules.link_text(export_id, str(ctx.actor), until), rules.LINK_PURPOSE)
        if not hmac.compare_digest(good.encode(), sign.encode("utf-8", "replace")) or rules.link_is_over(until, ctx.now):
            raise EXPORT_LINK_OVER()
        rules.check_still(ctx.actor, export.kind, store_ids=export.store_ids, reveal=export.reveal)
        if not exports.count_download(tx, export_id):
            raise EXPORT_EXPIRED()
        audit.record(tx, "download_export", export_id, after={"kind": export.kind, "rows": export.rows})
    name = rules.file_name(export.kind, export.asked_at, export.format, export.language == "en")
    return Opened(export.file_key, name, export.format)
