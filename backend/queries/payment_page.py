"""A payment or a refund for the money desk: itself, its order, and everything that WeChat said about it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.kernel.errors import NOT_FOUND
from backend.ledger.models import LedgerTransaction, LedgerTransfer
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.payments.models import Payment, PaymentException, Refund, RefundLine

PAYMENTS, REFUNDS, REFUND_LINES = Payment.__table__, Refund.__table__, RefundLine.__table__
ORDERS, LINES, EXCEPTIONS = Order.__table__, OrderLine.__table__, PaymentException.__table__
MEMBERS = Member.__table__
BOOKED, TRANSFERS = LedgerTransaction.__table__, LedgerTransfer.__table__

_ORDER = select(ORDERS.c.id, ORDERS.c.number, ORDERS.c.state, ORDERS.c.store_id, ORDERS.c.member_id, ORDERS.c.total_fen,
                ORDERS.c.paid_fen, ORDERS.c.refunded_fen, MEMBERS.c.nickname).join(
    MEMBERS, MEMBERS.c.id == ORDERS.c.member_id).where(ORDERS.c.id == bindparam("order_id"))
_PAYMENT = select(PAYMENTS).where(PAYMENTS.c.id == bindparam("number"))
_ATTEMPTS = select(PAYMENTS.c.id, PAYMENTS.c.state, PAYMENTS.c.amount_fen, PAYMENTS.c.created_at, PAYMENTS.c.paid_at).where(
    PAYMENTS.c.order_id == bindparam("order_id"), PAYMENTS.c.id != bindparam("number")).order_by(PAYMENTS.c.id.desc()).limit(20)
_REFUNDS_OF = select(REFUNDS).where(REFUNDS.c.payment_id == bindparam("number")).order_by(REFUNDS.c.id.desc())
_REFUND = select(REFUNDS).where(REFUNDS.c.id == bindparam("number"))
_LINES = select(LINES.c.title, LINES.c.options, LINES.c.sku_code, REFUND_LINES.c.quantity, REFUND_LINES.c.amount_fen).join(
    LINES, LINES.c.id == REFUND_LINES.c.order_line_id).where(
    REFUND_LINES.c.refund_id == bindparam("number")).order_by(LINES.c.position)
_EXCEPTIONS = select(EXCEPTIONS).where(
    among(EXCEPTIONS.c.number, "numbers")).order_by(EXCEPTIONS.c.id.desc())
_BOOKINGS = select(BOOKED.c.kind, BOOKED.c.at, TRANSFERS.c.debit, TRANSFERS.c.credit, TRANSFERS.c.amount_fen).join(
    TRANSFERS, TRANSFERS.c.transaction_id == BOOKED.c.id).where(
    BOOKED.c.kind.in_(("payment", "surplus", "refund")), BOOKED.c.event_id == bindparam("number"),
).order_by(TRANSFERS.c.position)


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """A payment attempt with its order, the order's other attempts, its refunds, bookings and exceptions, newest first."""

    payment: Row[Any]
    order: Row[Any]
    others: list[Row[Any]]
    refunds: list[Row[Any]]
    bookings: list[Row[Any]]
    exceptions: list[Row[Any]]


@dataclass(frozen=True, slots=True)
class RefundPage:
    """A refund with its order, payment, lines, bookings and exceptions."""

    refund: Row[Any]
    order: Row[Any]
    payment: Row[Any]
    lines: list[Row[Any]]
    bookings: list[Row[Any]]
    exceptions: list[Row[Any]]


def _order_in_scope(rd: Reading, ctx: Context, order_id: str) -> Row[Any]:
    order = rd.execute(_ORDER, {"order_id": order_id}).one()
    ctx.actor.must_see(order.store_id)
    return order


def payment_page(ctx: Context, *, payment_id: str) -> PaymentPage:
    """All about one payment; six statements. Refuses (not_found) the absent and those of stores outside the actor's scope."""
    ctx.actor.must("money.view")
    asked = {"number": payment_id}
    with reading(ctx) as rd:
        payment = rd.execute(_PAYMENT, asked).one_or_none()
        if payment is None:
            raise NOT_FOUND()
        order = _order_in_scope(rd, ctx, payment.order_id)
        refunds = list(rd.execute(_REFUNDS_OF, asked))
        return PaymentPage(
            payment, order, list(rd.execute(_ATTEMPTS, asked | {"order_id": order.id})), refunds,
            list(rd.execute(_BOOKINGS, asked)),
            list(rd.execute(_EXCEPTIONS, {"numbers": [payment_id, *(each.id for each in refunds)]})))


def refund_page(ctx: Context, *, refund_id: str) -> RefundPage:
    """All about one refund; six statements. Refuses (not_found) the absent and those of stores outside the actor's scope."""
    ctx.actor.must("money.view")
    asked = {"number": refund_id}
    with reading(ctx) as rd:
        refund = rd.execute(_REFUND, asked).one_or_none()
        if refund is None:
            raise NOT_FOUND()
        order = _order_in_scope(rd, ctx, refund.order_id)
        return RefundPage(
            refund, order, rd.execute(_PAYMENT, {"number": refund.payment_id}).one(), list(rd.execute(_LINES, asked)),
            list(rd.execute(_BOOKINGS, asked)), list(rd.execute(_EXCEPTIONS, {"numbers": [refund_id]})))
