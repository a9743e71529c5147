"""Read attempts to pay for an export: one row an attempt, oldest first."""

from decimal import Decimal

from sqlalchemy import select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.orders.models import Order
from backend.organisation.models import Store
from backend.payments.models import Payment

_P, _O, _S = Payment.__table__, Order.__table__, Store.__table__

HEADING = (
    ("支付单号", "Payment"), ("订单号", "Order"), ("门店", "Store"), ("状态", "State"), ("金额", "Amount"),
    ("已退（含处理中）", "Refunded"), ("微信交易号", "WeChat's number"), ("发起时间", "Begun"), ("付款时间", "Paid at"),
)
STATES = {"asked": ("正在下单", "Being asked for"), "open": ("待付款", "To be paid"), "closed": ("已关闭", "Closed"),
          "succeeded": ("已入账", "Booked"), "surplus": ("多付退回", "Surplus")}

_ROWS = select(
    _P.c.id, _O.c.number, _S.c.name.label("store"), _P.c.state, _P.c.amount_fen, _P.c.refund_fen, _P.c.transaction_id,
    _P.c.created_at, _P.c.paid_at,
).join(_O, _O.c.id == _P.c.order_id).join(_S, _S.c.id == _O.c.store_id)


def export_payments(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next attempts, of the orders of the asker's stores."""
    where = narrowed(asked, _P.c.created_at, _O.c.store_id, state=_P.c.state)
    found = page(rd, _ROWS.where(*where), _P.c.id, after, limit)
    total = count(rd, select(_P.c.id).join(_O, _O.c.id == _P.c.order_id).where(*where)) if after is None else None
    return Batch([(
        row.id, row.number, row.store, asked.word(STATES[row.state]), Decimal(row.amount_fen).scaleb(-2),
        Decimal(row.refund_fen).scaleb(-2), row.transaction_id or "", asked.moment(row.created_at), asked.moment(row.paid_at),
    ) for row in found], found[-1].id if len(found) == limit else None, total)
