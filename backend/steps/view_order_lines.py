"""View an order as after-sales see it: units left, their worth, what is held, shipped, and in a case already."""

from typing import Any

from sqlalchemy import Row

from backend.aftersales import store as aftersales
from backend.aftersales.rules import LineNow, OrderNow
from backend.aftersales.store import Standing
from backend.infra.uow import Reading
from backend.orders import store as orders
from backend.orders.rules import may_refund


def view_order_lines(rd: Reading, order: Row[Any]) -> OrderNow:
    """What may matter to a case on this order (head as `lock_order` returns it), exact while it is locked; two statements."""
    money, _ = orders.line_money(rd, order.id)
    standings, nothing = aftersales.standings(rd, order.id), Standing(False, 0)
    lines = [LineNow(line.id, line.quantity, line.payable_fen, line.refund_qty, line.refund_fen + line.waived_fen, line.left[0],
                     line.shipped_qty, *standings.get(line.id, nothing)) for line in money]
    return OrderNow(may_refund(order.state), order.completed_at, order.freight_fen - order.freight_refund_fen, lines)
