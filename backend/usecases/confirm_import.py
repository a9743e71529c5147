"""Say yes to a checked sheet: its good rows may be written."""

from backend.context import Context
from backend.imports import rules
from backend.imports import store as imports
from backend.imports.events import ImportRunDue
from backend.imports.refusals import IMPORT_HAS_FAULTS, IMPORT_NOT_NOW, IMPORT_NOTHING
from backend.imports.states import CHECKED, DONE, RUNNING
from backend.infra import audit
from backend.infra.uow import transaction


def confirm_import(ctx: Context, *, import_id: str, skip_bad: bool = False) -> None:
    """Have the rows written; with `skip_bad` the bad lines are left out.

    The second time, by the same person, nothing happens: the answer to the first may have been lost. Refuses a sheet with bad
    lines otherwise (`import_has_faults`), one without a good line (`import_nothing`), and one that is not checked or was
    confirmed by somebody else (`import_not_now`).
    """
    with transaction(ctx) as tx:
        sheet = imports.get_import(tx, import_id)
        rules.check_asker(ctx.actor, sheet.kind)
        if sheet.state in (RUNNING, DONE) and sheet.confirmed_by == str(ctx.actor):
            return
        if sheet.state != CHECKED:
            raise IMPORT_NOT_NOW()
        if sheet.bad and not skip_bad:
            raise IMPORT_HAS_FAULTS(bad=sheet.bad)
        if sheet.bad >= sheet.lines:
            raise IMPORT_NOTHING()
        if not imports.advance(tx, sheet, RUNNING, confirmed_by=str(ctx.actor), tally={}):
            raise IMPORT_NOT_NOW()
        audit.record(tx, "confirm_import", import_id, after={"kind": sheet.kind, "lines": sheet.lines, "left_out": sheet.bad})
        tx.emit(ImportRunDue(import_id, sheet.step + 1, sheet.seen))
