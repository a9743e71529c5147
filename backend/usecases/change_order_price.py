"""Lower the price of an order that is not paid yet; staff only."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from backend.context import Context
from backend.gateways.outcomes import WeChatUnknown
from backend.gateways.refusals import WECHAT_BUSY
from backend.gateways.wechat_pay_closing import StillOpen, close_and_ask
from backend.infra import audit
from backend.infra.once import ClientKey, claim, find_claim
from backend.infra.uow import Reading, Transaction, transaction
from backend.orders import store as orders
from backend.orders.refusals import BEING_PAID, NOT_NOW
from backend.orders.rules import Reduction, reduce_price
from backend.orders.states import UNPAID
from backend.payments import store as payments
from backend.payments.states import CLOSED
from backend.promotions.rules import Reason
from backend.steps.apply_trade import apply_trade, is_open


def change_order_price(ctx: Context, *, order_id: str, off_goods_fen: int = 0, off_freight_fen: int = 0, reason: str = "",
                       key: ClientKey | None = None) -> int:
    """Take so much off an unpaid order's goods and freight; returns its new total in fen. The same key again: the same.

    Never are two prices payable: an attempt to pay the old one is closed at WeChat first. When WeChat has it paid, that
    counts and nothing is changed (`not_allowed_now`); while the shopper opens another one, `being_paid`. Refuses to raise a
    price, and a total below one fen (`price_change`). Staff only; orders of other stores are absent.
    """
    ctx.actor.must("orders.edit")
    change = Change(off_goods_fen, off_freight_fen, reason.strip()[:80])
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, order_id)
        ctx.actor.must_see(order.store_id)
        if find_claim(tx, key, "change_order_price") is not None:
            return order.total_fen
        attempt = payments.find_open_payment(tx, order_id)
        if attempt is None:
            return write(tx, order, change, key)
        decide(tx, order, change)

    try:
        trade = close_and_ask(ctx.gateways.pay, attempt.id)
    except (WeChatUnknown, StillOpen) as unknown:
        raise WECHAT_BUSY() from unknown

    with transaction(ctx) as tx:
        order = orders.lock_order(tx, order_id)
        payment = payments.lock_payment(tx, attempt.id)
        if trade is not None and trade.paid:
            apply_trade(tx, ctx, order, payment, trade)
        else:
            if is_open(payment):
                payments.move_payment(tx, payment, CLOSED, next_query_at=None)
            if payments.find_open_payment(tx, order_id) is None:
                return write(tx, order, change, key)
    raise NOT_NOW(state="paid") if trade is not None and trade.paid else BEING_PAID()


@dataclass(frozen=True, slots=True)
class Change:
    """What staff want: so much off the goods and off the freight, and why."""

    off_goods_fen: int
    off_freight_fen: int
    reason: str


def decide(rd: Reading, order: Row[Any], change: Change) -> Reduction:
    """The lower price of a locked order; refuses one that is not unpaid."""
    if order.state != UNPAID:
        raise NOT_NOW(state=order.state)
    return reduce_price(orders.payable_lines(rd, order.id), goods_fen=order.goods_fen, discount_fen=order.discount_fen,
                        freight_fen=order.freight_fen, off_goods_fen=change.off_goods_fen, off_freight_fen=change.off_freight_fen)


def write(tx: Transaction, order: Row[Any], change: Change, key: ClientKey | None) -> int:
    """Write the lower price of a locked order that nobody can pay at this moment; returns its total."""
    if claim(tx, key, "change_order_price", {"order_id": order.id}) is not None:
        return order.total_fen
    to = decide(tx, order, change)
    reasons = [Reason("staff_adjustment", -change.off_goods_fen), Reason("freight_adjustment", -change.off_freight_fen)]
    orders.reduce_order(tx, order, to, [each.as_json() for each in reasons if each.amount_fen])
    audit.record(tx, "change_order_price", order.id, before={"total_fen": order.total_fen, "discount_fen": order.discount_fen,
                                                             "freight_fen": order.freight_fen},
                 after={"total_fen": to.total_fen, "discount_fen": to.discount_fen, "freight_fen": to.freight_fen,
                        "reason": change.reason})
    return to.total_fen
