"""Begin a run of all checks of the books: by the timetable at night, or by staff at any time."""

from backend.books import store as books
from backend.books.events import BooksSliceDue
from backend.books.refusals import BOOKS_RUNNING
from backend.books.rules import STALE
from backend.context import Context
from backend.infra import audit
from backend.infra.clock import real_now
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id


def open_books_run(ctx: Context, *, key: ClientKey | None = None) -> str:
    """Have all checks made; returns the run's id, empty when the timetable finds one under way.

    The worker makes them in slices (`check_books_slice`). A run of which nothing was heard for three hours is given up first.
    Staff who see all stores need `books.run`; they are refused (`books_running`) while a run is under way.
    """
    ctx.actor.must("books.run")
    ctx.actor.must_see_all()
    run_id, now = new_id("bkr", ctx.now), real_now()
    with transaction(ctx, last=True) as tx:
        first = claim(tx, key, "open_books_run", {"id": run_id})
        if first is not None:
            return str(first["id"])
        books.give_up_stale(tx, now - STALE)
        if not books.claim_run(tx, run_id, now):
            if ctx.actor.kind == "system":
                return ""
            raise BOOKS_RUNNING()
        if ctx.actor.kind == "staff":
            audit.record(tx, "open_books_run", run_id)
        tx.emit(BooksSliceDue(run_id, 0))
    return run_id
