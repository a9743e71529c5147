"""Orders as their shopper sees them: a page of the list, and one order with everything that was frozen in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, exists, select

from backend.aftersales.rules import in_time
from backend.context import Context
from backend.fulfilment.models import Parcel
from backend.fulfilment.rules import PICKUP
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.kernel.calendar import CHINA
from backend.kernel.errors import NOT_FOUND
from backend.orders.models import Order, OrderLine, OrderMove
from backend.orders.rules import allowed_actions, may_refund
from backend.orders.states import COMPLETED, HINTS, PAID, PARTLY_SENT, PICKUP_WORDS, SHIPPED, TO_FETCH, WORDS
from backend.payments.models import Refund
from backend.pickups import store as pickups
from backend.pickups.rules import shown_code
from backend.promotions.rules import Reason, say
from backend.queries.aftersales import may_ask_now
from backend.queries.parcels import parcels_shown
from backend.queries.pickup_points import shown_point
from backend.queries.reviews import REVIEWED, may_review
from backend.reviews.store import reviewed_lines

ORDERS, LINES, MOVES, REFUNDS = Order.__table__, OrderLine.__table__, OrderMove.__table__, Refund.__table__
SHOWN_LINES = 3

_SENT = exists().where(Parcel.__table__.c.order_id == ORDERS.c.id).label("sent")
_HEAD = select(ORDERS.c.id, ORDERS.c.number, ORDERS.c.state, ORDERS.c.delivery, ORDERS.c.line_count, ORDERS.c.total_fen,
               ORDERS.c.refunded_fen, ORDERS.c.placed_at, ORDERS.c.pay_before, ORDERS.c.completed_at, _SENT,
               REVIEWED.label("reviewed")).where(ORDERS.c.member_id == bindparam("member_id"))
_PAGE = _HEAD.where(ORDERS.c.id < bindparam("after")).order_by(ORDERS.c.id.desc()).limit(bindparam("rows"))
_PAGE_OF_STATE = _PAGE.where(ORDERS.c.state == bindparam("state"))
_FIRST_LINES = select(LINES.c.order_id, LINES.c.title, LINES.c.options, LINES.c.picture, LINES.c.quantity, LINES.c.price_fen).where(
    among(LINES.c.order_id, "order_ids"), LINES.c.position < SHOWN_LINES,
).order_by(LINES.c.order_id, LINES.c.position)
_ONE = select(ORDERS).where(ORDERS.c.id == bindparam("order_id"), ORDERS.c.member_id == bindparam("member_id"))
_LINES = select(LINES).where(LINES.c.order_id == bindparam("order_id")).order_by(LINES.c.position)
_MOVES = select(MOVES).where(MOVES.c.order_id == bindparam("order_id")).order_by(MOVES.c.seq)
_REFUNDS = select(REFUNDS).where(REFUNDS.c.order_id == bindparam("order_id"), REFUNDS.c.kind == "order").order_by(REFUNDS.c.id)
LAST = "~"
"""Sorts after every id."""


READY = ("已到自提点", "Arrived at the pick-up point")
"""What the history says when the goods can be fetched, in Chinese and English."""


def _words(state: str, delivery: str, language: str) -> str:
    words = PICKUP_WORDS if delivery == PICKUP else WORDS
    return words[state][1 if language.startswith("en") else 0]


def order_list(ctx: Context, *, state: str | None = None, after: str | None = None, limit: int = 20,
               language: str = "zh") -> dict[str, Any]:
    """The shopper's orders, newest first, with their first lines; `next` is the cursor of the following page or None.

    Two statements, however many orders there are. `ask_aftersale` means that it is not too late; the order's page knows
    whether anything is left to ask for.
    """
    member_id, days = ctx.actor.member_id, ctx.shop.aftersale_days
    asked: dict[str, Any] = {"member_id": member_id, "after": after or LAST, "rows": limit + 1}
    with reading(ctx) as rd:
        rows = list(rd.execute(_PAGE, asked) if state is None else rd.execute(_PAGE_OF_STATE, asked | {"state": state}))
        more, rows = len(rows) > limit, rows[:limit]
        lines: dict[str, list[dict[str, Any]]] = {row.id: [] for row in rows}
        if rows:
            for line in rd.execute(_FIRST_LINES, {"order_ids": list(lines)}):
                lines[line.order_id].append({"title": line.title, "options": line.options, "picture": line.picture,
                                             "quantity": line.quantity, "price_fen": line.price_fen})
    items = [{
        "id": row.id, "number": row.number, "state": row.state, "delivery": row.delivery,
        "state_text": _words(row.state, row.delivery, language),
        "allowed": may_review(ctx, row.state, row.completed_at, row.line_count, row.reviewed)
        + allowed_actions(row.state, ctx.now, row.pay_before, fetched=row.delivery == PICKUP, sent=row.sent)
        + (["ask_aftersale"] if in_time(may_refund(row.state), row.completed_at, ctx.now, days) else []),
        "line_count": row.line_count, "lines": lines[row.id],
        "total_fen": row.total_fen, "refunded_fen": row.refunded_fen, "placed_at": row.placed_at, "pay_before": row.pay_before,
    } for row in rows]
    return {"items": items, "next": rows[-1].id if more else None}


def order_page(ctx: Context, *, order_id: str, language: str = "zh") -> dict[str, Any]:
    """One order of the shopper's own, whole; refuses (not_found) absent and foreign ones alike. Seven statements, nine when it was
    sent in parcels or is fetched at a pick-up point – then with the point, and with its code while it can be fetched –, and
    one more once it was received."""
    with reading(ctx) as rd:
        order = rd.execute(_ONE, {"order_id": order_id, "member_id": ctx.actor.member_id}).one_or_none()
        if order is None:
            raise NOT_FOUND()
        lines = rd.execute(_LINES, {"order_id": order_id}).all()
        moves = rd.execute(_MOVES, {"order_id": order_id}).all()
        refunds = rd.execute(_REFUNDS, {"order_id": order_id}).all()
        reviewed = reviewed_lines(rd, [order_id]) if order.completed_at is not None else {}
        pickup = _pickup(rd, order_id, language) if order.delivery == PICKUP else None
        parcels = parcels_shown(rd, order_id, language) if order.delivery != PICKUP else []
        asks = ["ask_aftersale"] if may_ask_now(rd, ctx, order) else []
    address = msgspec.json.decode(order.ship_to)
    if pickup is not None:
        pickup["point_name"] = address.pop("point_name")
    receive_by = order.shipped_at + timedelta(days=ctx.shop.receive_days) if order.state == SHIPPED else None
    reasons = [Reason(each["code"], each["amount_fen"], each.get("details", {})) for each in order.explanation]
    return {
        "id": order.id, "number": order.number, "state": order.state, "state_text": _words(order.state, order.delivery, language),
        "allowed": may_review(ctx, order.state, order.completed_at, len(lines), len(reviewed))
        + allowed_actions(order.state, ctx.now, order.pay_before, fetched=pickup is not None, sent=bool(parcels)) + asks,
        "hint": _hint(order, receive_by, bool(parcels), language),
        "goods_fen": order.goods_fen, "discount_fen": order.discount_fen, "freight_fen": order.freight_fen,
        "total_fen": order.total_fen, "paid_fen": order.paid_fen, "refunded_fen": order.refunded_fen,
        "explanation": [{"code": each.code, "amount_fen": each.amount_fen, "text": say(each, language)} for each in reasons],
        "delivery": order.delivery, "address": address, "pickup": pickup, "remark": order.remark,
        "placed_at": order.placed_at, "pay_before": order.pay_before, "paid_at": order.paid_at, "shipped_at": order.shipped_at,
        "receive_by": receive_by, "completed_at": order.completed_at, "closed_at": order.closed_at,
        "close_reason": order.close_reason,
        "lines": [{
            "id": line.id, "product_id": line.product_id, "sku_id": line.sku_id, "sku_code": line.sku_code, "title": line.title,
            "options": line.options, "picture": line.picture, "quantity": line.quantity, "price_fen": line.price_fen,
            "amount_fen": line.amount_fen, "discount_fen": line.discount_fen, "payable_fen": line.payable_fen,
            "shipped_qty": line.shipped_qty, "refund_qty": line.refund_qty, "refund_fen": line.refund_fen,
            "review_id": reviewed.get(line.id)} for line in lines],
        "parcels": parcels,
        "history": _history(moves, order.delivery, pickup, language),
        "refunds": [{"id": refund.id, "state": refund.state, "amount_fen": refund.amount_fen, "asked_at": refund.asked_at,
                     "ended_at": refund.ended_at, "reason": refund.reason} for refund in refunds],
    }


def _hint(order: Row[Any], receive_by: datetime | None, sent: bool, language: str) -> str:
    """What the shopper can do now, in a sentence."""
    words = HINTS[order.state]
    if order.state == PAID and (sent or order.delivery == PICKUP):
        words = TO_FETCH if order.delivery == PICKUP else PARTLY_SENT
    until = order.pay_before if receive_by is None else receive_by
    return words[1 if language.startswith("en") else 0].format(until=f"{until.astimezone(CHINA):%m-%d %H:%M}")


def _pickup(rd: Reading, order_id: str, language: str) -> dict[str, Any]:
    pickup = pickups.find_pickup(rd, order_id)
    assert pickup is not None
    code = pickups.find_code(rd, order_id)
    return {"point": shown_point(pickups.get_point(rd, pickup.point_id), rd.now, language), "code": code,
            "code_text": shown_code(code) if code else None, "ready_at": pickup.ready_at, "handed_over_at": pickup.handed_over_at}


def _history(moves: Sequence[Row[Any]], delivery: str, pickup: dict[str, Any] | None, language: str) -> list[dict[str, Any]]:
    """The moves of an order; the arrival at its pick-up point, which moves nothing, stands between them at its time."""
    rows = [{"state": move.to_state, "state_text": _words(move.to_state, delivery, language), "at": move.at} for move in moves]
    if pickup is not None and pickup["ready_at"] is not None:
        rows.append({"state": PAID, "state_text": READY[1 if language.startswith("en") else 0], "at": pickup["ready_at"]})
        rows.sort(key=lambda row: row["at"])
    return rows


_LINE_IDS = select(LINES.c.id, LINES.c.sku_id, LINES.c.sku_code, LINES.c.quantity, LINES.c.refund_qty,
                   ORDERS.c.id.label("order_id"),
                   ORDERS.c.placed_at).join(ORDERS, ORDERS.c.id == LINES.c.order_id).where(
    ORDERS.c.member_id == bindparam("member_id"), LINES.c.sku_id == bindparam("sku_id"),
    ORDERS.c.state.in_([PAID, SHIPPED, COMPLETED]), LINES.c.refund_qty < LINES.c.quantity, ORDERS.c.id < bindparam("after"),
).order_by(ORDERS.c.id.desc()).limit(bindparam("rows"))


def bought_lines(ctx: Context, *, member_id: str, sku_id: str, after: str | None = None, limit: int = 100) -> list[Any]:
    """Lines of a SKU with something left to refund in a member's orders, newest order first; for staff.

    `after`: the order id of the last line of the page before; a page shorter than `limit` is the last.
    """
    ctx.actor.must("orders.view")
    with reading(ctx) as rd:
        return list(rd.execute(_LINE_IDS, {"member_id": member_id, "sku_id": sku_id, "after": after or LAST, "rows": limit}))
