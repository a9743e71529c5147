"""Read orders for an export: one row an order, oldest first."""

from decimal import Decimal

import msgspec
from sqlalchemy import exists, select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.crypto import mask_address, mask_name, mask_phone
from backend.infra.uow import Reading
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.orders.states import PAID, WORDS
from backend.organisation.models import Store

_O, _L, _M, _S = Order.__table__, OrderLine.__table__, Member.__table__, Store.__table__

HEADING = (
    ("订单号", "Order"), ("状态", "State"), ("下单时间", "Placed"), ("付款时间", "Paid at"), ("发货时间", "Shipped at"),
    ("完成时间", "Completed at"), ("门店", "Store"), ("会员昵称", "Member"), ("收货人", "Receiver"), ("手机", "Phone"),
    ("省", "Province"), ("市", "City"), ("区", "District"), ("详细地址", "Address"), ("自提点", "Pick-up point"),
    ("商品金额", "Goods"), ("优惠", "Discount"), ("运费", "Freight"), ("应付", "Total"), ("实付", "Paid"), ("已退", "Refunded"),
    ("配送方式", "Delivery"), ("商品种数", "Lines"), ("买家留言", "Remark"),
)
DELIVERY = {"courier": ("快递", "Courier"), "pickup": ("自提", "Pick-up")}

_ROWS = select(
    _O.c.id, _O.c.number, _O.c.state, _O.c.placed_at, _O.c.paid_at, _O.c.shipped_at, _O.c.completed_at,
    _S.c.name.label("store"), _M.c.nickname, _O.c.ship_to, _O.c.goods_fen, _O.c.discount_fen, _O.c.freight_fen, _O.c.total_fen,
    _O.c.paid_fen, _O.c.refunded_fen, _O.c.delivery, _O.c.line_count, _O.c.remark,
).join(_S, _S.c.id == _O.c.store_id).join(_M, _M.c.id == _O.c.member_id)


def export_orders(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next orders; names, phones and addresses are masked unless the asker may see them."""
    where = narrowed(asked, _O.c.placed_at, _O.c.store_id, state=_O.c.state, delivery=_O.c.delivery)
    if "to_ship" in asked.filters:
        where += [_O.c.state == PAID, _O.c.delivery == "courier", exists().where(
            _L.c.order_id == _O.c.id, _L.c.quantity - _L.c.released_qty - _L.c.shipped_qty > 0)]
    if "sku_code" in asked.filters:
        where.append(exists().where(_L.c.order_id == _O.c.id, _L.c.sku_code == asked.filters["sku_code"]))
    if (least := asked.fen("total_from")) is not None:
        where.append(_O.c.total_fen >= least)
    if (most := asked.fen("total_to")) is not None:
        where.append(_O.c.total_fen <= most)
    found = page(rd, _ROWS.where(*where), _O.c.id, after, limit)
    total = count(rd, select(_O.c.id).where(*where)) if after is None else None
    return Batch([_cells(row, asked) for row in found], found[-1].id if len(found) == limit else None, total)


def _cells(row, asked: Asked) -> tuple:
    to = msgspec.json.decode(row.ship_to)
    name, phone, detail = to.get("name", ""), to.get("phone", ""), to.get("detail", "")
    if not asked.reveal:
        name, phone, detail = mask_name(name), mask_phone(phone), mask_address(detail)
    return (
        row.number, asked.word(WORDS[row.state]),
        *map(asked.moment, (row.placed_at, row.paid_at, row.shipped_at, row.completed_at)),
        row.store, row.nickname, name, phone, to.get("province", ""), to.get("city", ""), to.get("district", ""), detail,
        to.get("point_name", ""), *(Decimal(fen).scaleb(-2) for fen in (
            row.goods_fen, row.discount_fen, row.freight_fen, row.total_fen, row.paid_fen, row.refunded_fen)),
        asked.word(DELIVERY.get(row.delivery, (row.delivery, row.delivery))), row.line_count, row.remark,
    )
