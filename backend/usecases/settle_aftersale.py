"""Bring an after-sale case to where WeChat's word on its refund leads."""

from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.states import REFUND_FAILED, REFUNDED, REFUNDING
from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.payments import store as payments
from backend.payments.states import ABNORMAL, CLOSED, SUCCEEDED


def settle_aftersale(ctx: Context, *, refund_id: str, order_id: str | None = None) -> None:
    """The case of a refund is `refunded` when the money arrived, `refund_failed` when WeChat said no; the second time nothing
    happens. A refund that no case was opened for, or whose outcome is unknown, moves nothing."""
    ctx.actor.must_be("system")
    with transaction(ctx, last=True) as tx:
        refund = payments.find_refund(tx, refund_id)
        if refund is None or aftersales.find_case_of_refund(tx, refund_id) is None:
            return
        orders.lock_order(tx, order_id or refund.order_id)
        refund = payments.lock_refund(tx, refund_id)
        case = aftersales.find_case_of_refund(tx, refund_id)
        if case is None or case.state not in (REFUNDING, REFUND_FAILED):
            return
        if refund.state == SUCCEEDED:
            aftersales.move(tx, case, REFUNDED, "the money arrived")
            tx.emit(AftersaleEnded(case.id))
        elif refund.state in (ABNORMAL, CLOSED) and case.state == REFUNDING:
            aftersales.move(tx, case, REFUND_FAILED, refund.problem or f"refund {refund.state}")
