"""Open a refund: count it on lines, freight and payment, free its goods or take them back, and have it sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.states import REFUNDED as CASE_REFUNDED
from backend.infra import audit
from backend.infra.uow import Transaction
from backend.orders import store as orders
from backend.orders.refusals import NOT_NOW, NOTHING_TO_REFUND
from backend.orders.rules import Goods, LineRefund, Settlement, leave_nothing_held, may_refund, settle_lines
from backend.orders.states import REFUNDED
from backend.payments import store as payments
from backend.payments.events import RefundAsked
from backend.payments.rules import send_at
from backend.payments.states import ASKED, CLOSED, SUCCEEDED
from backend.stock import store as stock

Moved = tuple[str, str, Goods]
"""A cause for the journal, a SKU id, what becomes of its goods."""


def open_refund(tx: Transaction, order: Row[Any], parts: Sequence[LineRefund], freight_fen: int, skus: Mapping[str, str], *,
                refund_id: str, reason: str, restock: bool, case: str | None = None) -> int:
    """Ask for a refund of `parts` and `freight_fen` of a locked order; returns its amount in fen. `skus`: line id → SKU id.

    The worker sends it, WeChat's word books it; two refunds of one payment are sent at least a minute apart, as WeChat
    demands. Goods that lay on the shelf for the order are free for others from now on, so that they cannot be shipped any
    more; of those that had left the stock takes what is back (once each, also when a first refund failed: see
    `LineMoney.goods`). `restock` says so on the refund: some came back. When the last fen goes back, goods that
    have not left go with it, whatever they cost, and cases that wait for such goods are granted. Call `move_on` afterwards:
    nothing may be left to ship. Goods that cost nothing, given back in an after-sale `case`, need no refund: they are counted
    and 0 is returned, also in an order that is refunded already.
    Refuses nothing at all (`nothing_to_refund`), more than is left (`refund_too_much`, guarded) and orders that are not paid
    (`not_allowed_now`).
    """
    goods_fen = sum(part.amount_fen for part in parts)
    amount_fen = goods_fen + freight_fen
    attempts = [each for each in payments.lock_payments_of(tx, order.id) if each.state == SUCCEEDED]
    costs_nothing = bool(case and parts) and amount_fen == 0
    if not attempts or not (may_refund(order.state) or costs_nothing and order.state == REFUNDED):
        raise NOT_NOW(state=order.state)
    if freight_fen < 0 or amount_fen <= 0 and not costs_nothing:
        raise NOTHING_TO_REFUND()

    payment, moved = attempts[0], []
    if _is_all(tx, order, amount_fen):
        moved = _grant_what_cost_nothing(tx, order, case)
        parts = leave_nothing_held(orders.line_money(tx, order.id)[0], parts)
    orders.ask_refund(tx, order.id, parts, freight_fen)
    if amount_fen:
        due = send_at(tx.now, payments.last_refund_due(tx, payment.id))
        payments.insert_refund(tx, payment, {
            "id": refund_id, "payment_id": payment.id, "order_id": order.id, "kind": "order", "state": ASKED,
            "amount_fen": amount_fen, "goods_fen": goods_fen, "freight_fen": freight_fen, "restock": restock,
            "reason": reason[:80], "asked_by": str(tx.actor), "asked_at": tx.now, "send_at": due},
            [{"refund_id": refund_id, "order_line_id": part.order_line_id, "quantity": part.quantity,
              "amount_fen": part.amount_fen, "waived_fen": part.waived_fen, "shipped_qty": part.goods.shipped_qty,
              "returned_qty": part.goods.returned_qty} for part in parts])
        tx.emit(RefundAsked(refund_id), at=due)
        audit.record(tx, "refund_order", order.id, after={"refund_id": refund_id, "amount_fen": amount_fen,
                                                          "restock": restock, "reason": reason[:80]})
    cause = refund_id if amount_fen else case
    _move_stock(tx, order, moved + [(f"{cause}/{part.order_line_id}", skus[part.order_line_id], part.goods) for part in parts])
    return amount_fen


def _is_all(tx: Transaction, order: Row[Any], amount_fen: int) -> bool:
    money, _ = orders.line_money(tx, order.id)
    return sum(line.refund_fen for line in money) + order.freight_refund_fen + amount_fen == order.paid_fen


def _grant_what_cost_nothing(tx: Transaction, order: Row[Any], but: str | None) -> list[Moved]:
    """Grant the other cases whose goods did not leave: no money is left for them, so they ask for none, and in an order that
    is refunded nobody may wait. Each counts its own units, whatever becomes of the refund. Returns what the stock is told."""
    moved = []
    for case in aftersales.waiting_cases(tx, order.id):
        refund = payments.find_refund(tx, case.refund_id) if case.refund_id else None
        if case.id == but or refund is not None and refund.state != CLOSED:
            continue
        money, skus = orders.line_money(tx, order.id)
        lines = aftersales.case_lines(tx, case.id)
        parts = settle_lines(money, [Settlement(line.order_line_id, line.quantity, 0, True, line.held_qty) for line in lines])
        orders.ask_refund(tx, order.id, parts, 0)
        moved += [(f"{case.id}/{part.order_line_id}", skus[part.order_line_id], part.goods) for part in parts]
        aftersales.note_agreed(tx, case, {line.order_line_id: 0 for line in lines})
        aftersales.move(tx, case, CASE_REFUNDED, "all the money of the order goes back", given_fen=0, freight_fen=0, refund_id=None,
                        answered_at=case.answered_at or tx.now)
        tx.emit(AftersaleEnded(case.id))
        if tx.actor.kind == "staff":
            audit.record(tx, "approve_aftersale", case.id, before={"state": case.state, "asked_fen": case.asked_fen}, after={
                "order_id": order.id, "given_fen": 0, "freight_fen": 0})
    return moved


def _move_stock(tx: Transaction, order: Row[Any], moved: Sequence[Moved]) -> None:
    free = [(cause, sku_id, goods.release_qty) for cause, sku_id, goods in moved if goods.release_qty]
    back = [(cause, sku_id, goods.restock_qty) for cause, sku_id, goods in moved if goods.restock_qty]
    if free:
        stock.release(tx, order.location_id, free)
    if back:
        stock.restock(tx, order.location_id, back)
