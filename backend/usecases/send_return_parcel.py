"""Say with which courier and number the goods come back."""

from datetime import timedelta

from backend.aftersales import rules
from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleReceiptDue
from backend.aftersales.refusals import NOT_NOW
from backend.aftersales.states import APPROVED, RETURNING
from backend.context import Context
from backend.infra.uow import transaction
from backend.orders import store as orders


def send_return_parcel(ctx: Context, *, aftersale_id: str, courier: str, tracking_number: str) -> None:
    """The shopper's parcel of an approved return is on its way; said again, courier and number are corrected.

    The shop has `aftersale_receive_days` from the first time to say that it arrived; then the refund goes out by itself.
    Refuses other states (`aftersale_not_now`) and numbers that are none (`aftersale_parcel`).
    """
    member_id = ctx.actor.member_id
    courier, tracking_number = rules.check_parcel(courier, tracking_number)
    due = ctx.now + timedelta(days=ctx.shop.aftersale_receive_days)
    with transaction(ctx) as tx:
        orders.lock_order(tx, aftersales.get_case(tx, aftersale_id, member_id).order_id)
        case = aftersales.get_case(tx, aftersale_id, member_id)
        if case.state == RETURNING:
            aftersales.note_parcel(tx, case, courier, tracking_number)
            return
        if case.state != APPROVED:
            raise NOT_NOW(state=case.state)
        aftersales.move(tx, case, RETURNING, f"{courier} {tracking_number}", due_at=due, sent_at=ctx.now, courier=courier,
                        tracking_number=tracking_number)
        tx.emit(AftersaleReceiptDue(aftersale_id), at=due)
