"""Remove pictures that nobody used within a day of sending them."""

from datetime import timedelta

from backend.context import Context
from backend.infra.clock import real_now
from backend.infra.uow import transaction
from backend.kernel.calendar import business_day
from backend.uploads import store as uploads
from backend.uploads.rules import UNUSED_KEPT

MOST = 2000
DAYS_KEPT = timedelta(days=30)


def sweep_uploads(ctx: Context) -> int:
    """Remove at most 2,000 unused pictures, rows and files, and old counts of days; returns how many pictures.

    Private files that a worker began and did not finish because it died go as well, after a day.
    They are marked first, so that nobody can bind one whose files are going; what a crash leaves marked goes next time.
    """
    with transaction(ctx) as tx:
        doomed = uploads.doom_unused(tx, ctx.now - UNUSED_KEPT, MOST)
    for each in doomed:
        (ctx.gateways.private if each.private else ctx.gateways.files).remove(each.key)
    ctx.gateways.private.remove_unfinished(real_now() - UNUSED_KEPT)
    with transaction(ctx, last=True) as tx:
        uploads.forget(tx, [each.id for each in doomed], business_day(ctx.now - DAYS_KEPT))
    return len(doomed)
