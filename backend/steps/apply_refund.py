"""Apply what WeChat says of a refund: money that arrived is booked with its order; what failed is listed or given back."""

from typing import Any

from sqlalchemy import Row

from backend.gateways.wechat_pay_answers import RefundResult, RefundState
from backend.infra.uow import Transaction
from backend.ledger import rules as posts
from backend.ledger import store as ledger
from backend.orders import store as orders
from backend.orders.events import OrderRefunded
from backend.orders.rules import Goods, LineRefund
from backend.orders.states import COMPLETED, PAID, REFUNDED
from backend.payments import store as payments
from backend.payments.events import PaymentQuarantined, RefundFailed
from backend.payments.rules import next_query
from backend.payments.states import ABNORMAL, ASKED, CLOSED, REFUND, SENT, SUCCEEDED
from backend.pickups import store as pickups


def apply_refund(tx: Transaction, order: Row[Any], refund: Row[Any], result: RefundResult) -> str:
    """Apply `result` to its locked order and refund; says what became of it. News that came before changes nothing.

    SUCCESS books the money (ledger, order sums; an order whose last fen went back is `refunded`, one of which only the
    freight was kept and nothing ever left is `completed`: there is nothing to ship); PROCESSING notes that it was sent;
    ABNORMAL lists it for a person; CLOSED takes it out of the counts. Another amount is quarantined.
    """
    if (result.refund_fen, result.out_trade_no) != (refund.amount_fen, refund.payment_id):
        _put_aside(tx, "wrong_refund", result)
        return "wrong_refund"
    facts = {"wechat_refund_id": result.refund_id, "sent_at": refund.sent_at or tx.now}
    if result.state == RefundState.PROCESSING:
        if refund.state == ASKED:
            payments.move_refund(tx, refund, SENT, next_query_at=next_query(tx.now, 0), **facts)
        return "sent"
    target = {RefundState.SUCCESS: SUCCEEDED, RefundState.ABNORMAL: ABNORMAL, RefundState.CLOSED: CLOSED}[result.state]
    if refund.state == target:
        return "known"
    if not REFUND.allows(refund.state, target):
        _put_aside(tx, f"refund_{refund.state}_then_{target}", result)
        return "known"
    payments.move_refund(tx, refund, target, next_query_at=None, **facts,
                         **({} if target == ABNORMAL else {"ended_at": result.success_at or tx.now}))
    if target == SUCCEEDED:
        _book(tx, order, refund)
        payments.settle_stuck_refund(tx, refund.id, "退款已到账")
    elif target == CLOSED:
        _give_up(tx, refund)
    if target != SUCCEEDED:
        _put_aside(tx, f"refund_{target}", result)
        tx.emit(RefundFailed(refund.id))
    return target


def _book(tx: Transaction, order: Row[Any], refund: Row[Any]) -> None:
    if refund.kind == "surplus":
        ledger.post(tx, "refund", refund.id, posts.surplus_refund(refund.amount_fen))
        return
    ledger.post(tx, "refund", refund.id, posts.refund(refund.goods_fen, refund.freight_fen))
    if orders.count_refunded(tx, order, refund.amount_fen) == order.paid_fen:
        orders.move(tx, order, REFUNDED, "fully refunded")
        pickups.end_code(tx, order.id)
    elif order.state == PAID:
        left = orders.goods_left(tx, order.id)
        if left.owed == 0 and left.shipped == 0:
            orders.move(tx, order, COMPLETED, "all goods were refunded before they left; the freight was kept",
                        completed_at=tx.now)
            pickups.end_code(tx, order.id)
    tx.emit(OrderRefunded(order.id, refund.id))


def _give_up(tx: Transaction, refund: Row[Any]) -> None:
    lines = [LineRefund(row.order_line_id, row.quantity, row.amount_fen,
                        Goods(shipped_qty=row.shipped_qty, returned_qty=row.returned_qty), row.waived_fen)
             for row in payments.refund_lines(tx, refund.id)]
    payments.uncount_refund(tx, refund)
    orders.uncount_refund(tx, refund.order_id, lines, refund.freight_fen)


def _put_aside(tx: Transaction, kind: str, result: RefundResult) -> None:
    exception_id = payments.quarantine(tx, kind, result.out_refund_no, result.refund_id, {
        "out_trade_no": result.out_trade_no, "refund_fen": result.refund_fen, "state": result.state},
        reopen=kind in payments.STUCK)
    if exception_id is not None:
        tx.emit(PaymentQuarantined(exception_id))
