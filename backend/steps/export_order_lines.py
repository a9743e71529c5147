"""Read order lines for an export: one row a SKU of an order, oldest first."""

from decimal import Decimal

from sqlalchemy import select

from backend.exports.rules import Asked, Batch
from backend.exports.store import count, narrowed, page
from backend.infra.uow import Reading
from backend.orders.models import Order, OrderLine
from backend.orders.states import WORDS
from backend.organisation.models import Store

_O, _L, _S = Order.__table__, OrderLine.__table__, Store.__table__

HEADING = (
    ("订单号", "Order"), ("下单时间", "Placed"), ("状态", "State"), ("门店", "Store"), ("商品编码", "SKU"), ("商品名称", "Title"),
    ("规格", "Options"), ("数量", "Quantity"), ("单价", "Price"), ("金额", "Amount"), ("优惠", "Discount"), ("实付", "Payable"),
    ("已发数量", "Shipped"), ("已退数量", "Refunded units"), ("已退金额", "Refunded"),
)

_ROWS = select(
    _L.c.id, _O.c.number, _O.c.placed_at, _O.c.state, _S.c.name.label("store"),
    _L.c.sku_code, _L.c.title, _L.c.options, _L.c.quantity, _L.c.price_fen, _L.c.amount_fen, _L.c.discount_fen, _L.c.payable_fen,
    _L.c.shipped_qty, _L.c.refund_qty, _L.c.refund_fen,
).join(_O, _O.c.id == _L.c.order_id).join(_S, _S.c.id == _O.c.store_id)


def export_order_lines(rd: Reading, asked: Asked, after: str | None, limit: int) -> Batch:
    """The next lines, by their ids, which grow with time."""
    where = narrowed(asked, _O.c.placed_at, _O.c.store_id, state=_O.c.state, sku_code=_L.c.sku_code)
    found = page(rd, _ROWS.where(*where), _L.c.id, after, limit)
    total = count(rd, select(_L.c.id).join(_O, _O.c.id == _L.c.order_id).where(*where)) if after is None else None
    return Batch([(
        row.number, asked.moment(row.placed_at), asked.word(WORDS[row.state]), row.store, row.sku_code, row.title,
        "；".join(f"{name}：{value}" for name, value in row.options.items()), row.quantity,
        *(Decimal(fen).scaleb(-2) for fen in (row.price_fen, row.amount_fen, row.discount_fen, row.payable_fen)),
        row.shipped_qty, row.refund_qty, Decimal(row.refund_fen).scaleb(-2),
    ) for row in found], found[-1].id if len(found) == limit else None, total)
