"""Read after-sale cases for an export: one row a case, oldest first."""

from decimal import Decimal

from sqlalchemy import select

from backend.aftersales.models import Aftersale, AftersaleLine
from backend.aftersales.rules import KINDS, REASONS
from backend.aftersales.states import WORDS
from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.organisation.models import Store

_C, _L, _O, _G = Aftersale.__table__, AftersaleLine.__table__, Order.__table__, OrderLine.__table__
_M, _S = Member.__table__, Store.__table__

HEADING = (
    ("售后单号", "Case"), ("订单号", "Order"), ("门店", "Store"), ("会员昵称", "Member"), ("类型", "Kind"), ("状态", "State"),
    ("原因", "Reason"), ("顾客说明", "In their words"), ("商品", "Goods"), ("申请金额", "Asked"), ("同意金额", "Granted"),
    ("运费", "Freight"), ("商家答复", "Our answer"), ("退货快递", "Courier"), ("退货单号", "Tracking number"),
    ("申请时间", "Asked at"), ("答复时间", "Answered at"), ("寄回时间", "Sent at"), ("收货时间", "Received at"),
    ("完结时间", "Ended at"),
)

_ROWS = select(_C, _O.c.number.label("order_number"), _S.c.name.label("store"), _M.c.nickname).join(
    _O, _O.c.id == _C.c.order_id).join(_S, _S.c.id == _C.c.store_id).join(_M, _M.c.id == _C.c.member_id)
_GOODS = select(_L.c.aftersale_id, _G.c.title, _L.c.quantity).join(_G, _G.c.id == _L.c.order_line_id).order_by(_G.c.position)


def export_aftersales(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next cases of the asker's stores, with their goods."""
    where = narrowed(asked, _C.c.asked_at, _C.c.store_id, state=_C.c.state, kind=_C.c.kind)
    found = page(rd, _ROWS.where(*where), _C.c.id, after, limit)
    goods: dict[str, list[str]] = {row.id: [] for row in found}
    for line in rd.execute(_GOODS.where(_L.c.aftersale_id.in_(list(goods)))):
        goods[line.aftersale_id].append(f"{line.title} × {line.quantity}")
    total = count(rd, select(_C.c.id).where(*where)) if after is None else None
    return Batch([(
        row.number, row.order_number, row.store, row.nickname, asked.word(KINDS[row.kind]), asked.word(WORDS[row.state]),
        asked.word(REASONS[row.reason][:2]), row.words, "；".join(goods[row.id]), _yuan(row.asked_fen), _yuan(row.given_fen),
        _yuan(row.freight_fen), row.answer, row.courier or "", row.tracking_number or "",
        *map(asked.moment, (row.asked_at, row.answered_at, row.sent_at, row.received_at, row.ended_at)),
    ) for row in found], found[-1].id if len(found) == limit else None, total)


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)
