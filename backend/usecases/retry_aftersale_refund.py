"""Try the failed refund of an after-sale case again."""

from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.refusals import NOT_NOW
from backend.aftersales.states import REFUND_FAILED, REFUNDED, REFUNDING
from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.rules import LineRefund
from backend.payments import store as payments
from backend.payments.events import RefundAsked
from backend.payments.rules import send_at
from backend.payments.states import ABNORMAL, ASKED, CLOSED
from backend.steps.move_on import move_on
from backend.steps.open_refund import open_refund


def retry_aftersale_refund(ctx: Context, *, aftersale_id: str, key: ClientKey | None = None) -> None:
    """Send the refund of a case in `refund_failed` again; staff with `aftersales.decide`.

    What WeChat has closed for certain is asked for anew, under a new number: the same goods, and of the freight what is still
    left – staff may have given it back in the meantime; when no money is left to give, the case is `refunded` at once.
    Anything else goes out under its old number, so that money whose fate is unknown cannot go back twice. Goods are not put on
    sale again.
    Refuses (`aftersale_not_now`) other states, and a refund that has arrived meanwhile.
    """
    ctx.actor.must("aftersales.decide")
    with transaction(ctx) as tx:
        if claim(tx, key, "retry_aftersale_refund", {"id": aftersale_id}) is not None:
            return
        order = orders.lock_order(tx, aftersales.get_case(tx, aftersale_id).order_id)
        case = aftersales.get_case(tx, aftersale_id)
        ctx.actor.must_see(case.store_id)
        if case.state != REFUND_FAILED:
            raise NOT_NOW(state=case.state)
        refund = payments.find_refund(tx, case.refund_id)
        assert refund is not None
        refund_id, to, values = refund.id, REFUNDING, {}
        if refund.state == CLOSED:  # for ever, so it need not be locked
            refund_id = new_id("ref", ctx.now)
            money, skus = orders.line_money(tx, order.id)
            goods = {line.id: line.goods for line in money}
            bound = {line.order_line_id for line in aftersales.case_lines(tx, aftersale_id)}
            parts = [LineRefund(row.order_line_id, row.quantity, row.amount_fen, goods[row.order_line_id](
                row.quantity - row.shipped_qty, row.shipped_qty, row.returned_qty), row.waived_fen)
                for row in payments.refund_lines(tx, refund.id) if row.order_line_id in bound]
            freight = min(refund.freight_fen, order.freight_fen - order.freight_refund_fen)
            amount_fen = open_refund(tx, order, parts, freight, skus, refund_id=refund_id, reason=refund.reason,
                                     restock=refund.restock, case=aftersale_id)
            to, refund_id = (REFUNDING, refund_id) if amount_fen else (REFUNDED, None)
            values = {"freight_fen": freight}
            move_on(tx, ctx, order)
        elif (refund := payments.lock_refund(tx, refund_id)).state == ABNORMAL:
            due = send_at(ctx.now, payments.last_refund_due(tx, refund.payment_id))
            payments.move_refund(tx, refund, ASKED, send_at=due, next_query_at=None, queries=0)
            tx.emit(RefundAsked(refund.id), at=due)
        else:
            raise NOT_NOW(state=case.state)
        aftersales.move(tx, case, to, f"sent again as {refund_id}" if refund_id else "nothing is left to pay back",
                        refund_id=refund_id, **values)
        if to == REFUNDED:
            tx.emit(AftersaleEnded(aftersale_id))
        audit.record(tx, "retry_aftersale_refund", aftersale_id, before={"refund_id": refund.id, "refund": refund.state},
                     after={"order_id": order.id, "refund_id": refund_id, **values})
