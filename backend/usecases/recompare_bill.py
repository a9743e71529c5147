"""Have a day's bill compared anew, after something was put right or the first comparison failed."""

from datetime import date

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.payments.events import BillDue
from backend.payments.refusals import BILL_NOT_READY
from backend.payments.rules import bill_is_ready


def recompare_bill(ctx: Context, *, day: date) -> None:
    """Ask the worker to compare the bill of a China day; it replaces what was found before.

    Refuses (`bill_not_ready`) days whose bill WeChat has not made yet (10:00 of the next day) or no longer keeps (90 days).
    """
    ctx.actor.must("money.check")
    ctx.actor.must_see_all()
    if not bill_is_ready(ctx.now, day):
        raise BILL_NOT_READY()

    with transaction(ctx) as tx:
        tx.emit(BillDue(day.isoformat()))
        audit.record(tx, "recompare_bill", day.isoformat())
