"""Withdraw an after-sale case; the shopper's own, before a parcel is on its way."""

from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.refusals import NOT_NOW
from backend.aftersales.states import APPROVED, ASKED, CANCELLED
from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders


def cancel_aftersale(ctx: Context, *, aftersale_id: str) -> None:
    """End the case as cancelled and free its lines; one that is cancelled already stays so. Refuses (`aftersale_not_now`)
    a case whose parcel or money is on its way, or that has ended otherwise."""
    member_id = ctx.actor.member_id
    with transaction(ctx) as tx:
        orders.lock_order(tx, aftersales.get_case(tx, aftersale_id, member_id).order_id)
        case = aftersales.get_case(tx, aftersale_id, member_id)
        if case.state == CANCELLED:
            return
        if case.state not in (ASKED, APPROVED):
            raise NOT_NOW(state=case.state)
        aftersales.move(tx, case, CANCELLED, "withdrawn by the shopper")
        tx.emit(AftersaleEnded(aftersale_id))
