"""Compare a day of our books with WeChat's trade bill and list every number on which they disagree."""

from datetime import date, timedelta

from backend.context import Context
from backend.infra.uow import reading, transaction
from backend.kernel.calendar import day_start
from backend.payments import store as payments
from backend.payments.rules import compare

EDGE = timedelta(minutes=5)
"""Near midnight a refund may stand on the neighbouring day's bill: its day is WeChat's, our time is when we heard of it."""


def compare_bill(ctx: Context, *, day: str) -> int:
    """Fetch the bill of a China day (ISO date) and keep the comparison; returns the number of differences.

    Every row of the bill must be ours with the same amount; every payment that WeChat dated into the day, and every refund
    accepted in it (its edges excepted), must stand in the bill. Done again it replaces the first comparison; differences
    that have gone are marked so. WeChat makes a bill ready at 10:00 of the next day; before that it refuses.
    """
    ctx.actor.must("money.check")
    of_day = date.fromisoformat(day)
    bill = ctx.gateways.pay.trade_bill(of_day)
    paid = {row.out_trade_no: row.total_fen for row in bill.rows if not row.is_refund}
    refunded = {row.out_refund_no: row.refund_fen for row in bill.rows if row.out_refund_no is not None}

    start, end = day_start(of_day), day_start(of_day + timedelta(days=1))
    with reading(ctx) as rd:
        our_payments, our_refunds = payments.amounts_of(rd, list(paid), list(refunded))
        our_payments |= payments.paid_between(rd, start, end)
        our_refunds |= payments.sent_between(rd, start + EDGE, end - EDGE)
    differences = compare("payment", our_payments, paid) + compare("refund", our_refunds, refunded)

    with transaction(ctx, last=True) as tx:
        payments.keep_bill(tx, of_day, {"payments": len(paid), "refunds": len(refunded), "payments_fen": sum(paid.values()),
                                        "refunds_fen": sum(refunded.values())}, differences)
    return len(differences)
