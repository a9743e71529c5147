"""Apply what WeChat says of a payment: paid once and fitting → the order is paid; anything else is surplus or quarantine."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from backend.context import Context
from backend.fulfilment.rules import PICKUP
from backend.gateways.wechat_pay_answers import Trade
from backend.infra.uow import Transaction
from backend.kernel.ids import new_id
from backend.ledger import rules as posts
from backend.ledger import store as ledger
from backend.members import store as members
from backend.orders import store as orders
from backend.orders.events import OrderPaid
from backend.orders.states import CLOSING, PAID, UNPAID
from backend.payments import store as payments
from backend.payments.events import PaymentQuarantined, PaymentSuperseded, RefundAsked
from backend.payments.rules import Expected, Told, misfit
from backend.payments.states import ASKED, OPEN, SUCCEEDED, SURPLUS
from backend.pickups import store as pickups
from backend.pickups.events import PickupReminderDue
from backend.pickups.rules import reminder_due


def apply_trade(tx: Transaction, ctx: Context, order: Row[Any], payment: Row[Any], trade: Trade) -> str:
    """Apply a paid `trade` to its locked order and payment; says what became of it.

    "succeeded": applied now, with its ledger entries. "known": it had been applied before; nothing happens.
    "surplus": the order was closed or paid already, or its price has changed since; the money is booked as owed and its
    refund is asked for.
    Otherwise the name of the misfit: the news is quarantined and nothing else changes.
    """
    assert trade.paid and trade.transaction_id is not None
    if payment.transaction_id == trade.transaction_id:
        return "known"
    openid = members.find_openid(tx, payment.member_id, ctx.settings.wechat_appid) or ""
    expected = Expected(ctx.settings.wechat_appid, ctx.settings.pay_mchid, openid, payment.amount_fen)
    told = Told(trade.appid, trade.mchid, trade.payer_openid, trade.total_fen, trade.currency)
    wrong = "second_transaction" if payment.transaction_id else misfit(expected, told)
    if wrong:
        put_aside(tx, wrong, trade)
        return wrong
    paid_at = trade.success_at or tx.now
    facts = {"transaction_id": trade.transaction_id, "paid_at": paid_at, "next_query_at": None}
    if order.state in (UNPAID, CLOSING) and payment.amount_fen == order.total_fen:
        payments.move_payment(tx, payment, SUCCEEDED, **facts)
        orders.move(tx, order, PAID, paid_fen=payment.amount_fen, paid_at=tx.now)
        ledger.post(tx, "payment", payment.id, posts.payment(order.goods_fen - order.discount_fen, order.freight_fen))
        tx.emit(OrderPaid(order.id))
        if order.delivery == PICKUP:
            _await_pickup(tx, ctx, order.id)
        rival = payments.find_open_payment(tx, order.id)
        if rival is not None:
            tx.emit(PaymentSuperseded(rival.id))
        return "succeeded"
    payments.move_payment(tx, payment, SURPLUS, **facts)
    ledger.post(tx, "surplus", payment.id, posts.surplus(payment.amount_fen))
    refund_id = new_id("ref", tx.now)
    paid = payments.lock_payment(tx, payment.id)
    payments.insert_refund(tx, paid, {
        "id": refund_id, "payment_id": payment.id, "order_id": order.id, "kind": "surplus", "state": ASKED,
        "amount_fen": payment.amount_fen, "goods_fen": payment.amount_fen, "freight_fen": 0, "restock": False,
        "reason": "重复付款或订单已关闭，自动退款", "asked_by": str(tx.actor), "asked_at": tx.now, "send_at": tx.now}, [])
    tx.emit(RefundAsked(refund_id))
    return "surplus"


def _await_pickup(tx: Transaction, ctx: Context, order_id: str) -> None:
    pickup = pickups.find_pickup(tx, order_id)
    assert pickup is not None
    pickups.issue_code(tx, ctx.cipher, order_id, pickup.point_id)
    tx.emit(PickupReminderDue(order_id), at=reminder_due(tx.now, None, ctx.shop.pickup_remind_days))


def put_aside(tx: Transaction, kind: str, trade: Trade) -> None:
    """Quarantine news about a trade; the same news again is not put aside twice."""
    details = {name: value for name, value in asdict(trade).items() if name != "payer_openid"}
    exception_id = payments.quarantine(tx, kind, trade.out_trade_no, trade.transaction_id or "", {
        name: str(value) if value is not None and not isinstance(value, int) else value for name, value in details.items()})
    if exception_id is not None:
        tx.emit(PaymentQuarantined(exception_id))


def is_open(payment: Row[Any]) -> bool:
    """Whether WeChat may still take money for this attempt as far as we know."""
    return payment.state in (ASKED, OPEN)
