"""Read refunds for an export: one row a refund, oldest first."""

from decimal import Decimal

from sqlalchemy import select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.orders.models import Order
from backend.organisation.models import Store
from backend.payments.models import Refund
from backend.payments.states import ABNORMAL, ASKED, CLOSED, SENT, SUCCEEDED

_R, _O, _S = Refund.__table__, Order.__table__, Store.__table__

HEADING = (
    ("退款单号", "Refund"), ("订单号", "Order"), ("门店", "Store"), ("状态", "State"), ("退款金额", "Amount"), ("商品", "Goods"),
    ("运费", "Freight"), ("原因", "Reason"), ("微信退款单号", "WeChat's number"), ("申请时间", "Asked at"),
    ("完成时间", "Ended at"), ("发起人", "Asked by"),
)
STATES = {ASKED: ("待退款", "Waiting"), SENT: ("退款中", "On its way"), SUCCEEDED: ("已退款", "Refunded"),
          ABNORMAL: ("异常", "Abnormal"), CLOSED: ("已关闭", "Closed")}

_ROWS = select(
    _R.c.id, _O.c.number, _S.c.name.label("store"), _R.c.state, _R.c.amount_fen, _R.c.goods_fen, _R.c.freight_fen, _R.c.reason,
    _R.c.wechat_refund_id, _R.c.asked_at, _R.c.ended_at, _R.c.asked_by,
).join(_O, _O.c.id == _R.c.order_id).join(_S, _S.c.id == _O.c.store_id)


def export_refunds(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next refunds, of the orders of the asker's stores."""
    where = narrowed(asked, _R.c.asked_at, _O.c.store_id, state=_R.c.state)
    found = page(rd, _ROWS.where(*where), _R.c.id, after, limit)
    total = count(rd, select(_R.c.id).join(_O, _O.c.id == _R.c.order_id).where(*where)) if after is None else None
    return Batch([(
        row.id, row.number, row.store, asked.word(STATES[row.state]),
        *(Decimal(fen).scaleb(-2) for fen in (row.amount_fen, row.goods_fen, row.freight_fen)), row.reason,
        row.wechat_refund_id or "", asked.moment(row.asked_at), asked.moment(row.ended_at), row.asked_by,
    ) for row in found], found[-1].id if len(found) == limit else None, total)
