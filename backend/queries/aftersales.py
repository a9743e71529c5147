"""After-sales as their shopper sees them: what may be asked now, the cases, and one case with what can be done by when."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, select

from backend.aftersales import rules
from backend.aftersales.models import Aftersale, AftersaleLine, AftersaleMove
from backend.aftersales.rules import KINDS, REASONS
from backend.aftersales.states import APPROVED, ASKED, NEXT, OPEN_STATES, REFUSED, RETURNING, WORDS
from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.kernel.calendar import moment_words
from backend.kernel.errors import NOT_FOUND
from backend.orders import store as orders
from backend.orders.models import Order, OrderLine
from backend.payments.models import Refund
from backend.steps.view_order_lines import view_order_lines

CASES, LINES, MOVES = Aftersale.__table__, AftersaleLine.__table__, AftersaleMove.__table__
ORDERS, ORDER_LINES, REFUNDS = Order.__table__, OrderLine.__table__, Refund.__table__
LAST = "~"

_HEAD = select(CASES, ORDERS.c.number.label("order_number")).join(ORDERS, ORDERS.c.id == CASES.c.order_id)
_PAGE = _HEAD.where(CASES.c.member_id == bindparam("member_id"), CASES.c.id < bindparam("after")).order_by(
    CASES.c.id.desc()).limit(bindparam("rows"))
_PAGES = {None: _PAGE, "open": _PAGE.where(CASES.c.state.in_(OPEN_STATES)), "ended": _PAGE.where(CASES.c.state.not_in(OPEN_STATES))}
_ONE = _HEAD.where(CASES.c.id == bindparam("aftersale_id"), CASES.c.member_id == bindparam("member_id"))
_CASE_LINES = select(LINES, ORDER_LINES.c.title, ORDER_LINES.c.options, ORDER_LINES.c.picture, ORDER_LINES.c.price_fen).join(
    ORDER_LINES, ORDER_LINES.c.id == LINES.c.order_line_id).where(
    among(LINES.c.aftersale_id, "ids")).order_by(ORDER_LINES.c.position)
_MOVES = select(MOVES).where(MOVES.c.aftersale_id == bindparam("aftersale_id")).order_by(MOVES.c.seq)
_REFUND = select(REFUNDS.c.id, REFUNDS.c.state, REFUNDS.c.amount_fen, REFUNDS.c.ended_at).where(REFUNDS.c.id == bindparam("id"))
_GOODS = select(ORDER_LINES.c.id, ORDER_LINES.c.title, ORDER_LINES.c.options, ORDER_LINES.c.picture,
                ORDER_LINES.c.price_fen).where(ORDER_LINES.c.order_id == bindparam("order_id")).order_by(ORDER_LINES.c.position)


def pick(pair: tuple[str, ...], language: str) -> str:
    """The Chinese or the English word of a pair."""
    return pair[1 if language.startswith("en") else 0]


def next_words(case: Row[Any], language: str) -> str:
    """What can be done with a case now, and by when."""
    return pick(NEXT[case.state], language).format(due=moment_words(case.due_at, language) if case.due_at else "")


def lines_of(rd: Reading, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The lines of these cases by case, with the goods; one statement."""
    found: dict[str, list[dict[str, Any]]] = {case_id: [] for case_id in ids}
    if found:
        for row in rd.execute(_CASE_LINES, {"ids": list(found)}):
            found[row.aftersale_id].append({
                "order_line_id": row.order_line_id, "title": row.title, "options": row.options, "picture": row.picture,
                "price_fen": row.price_fen, "quantity": row.quantity, "asked_fen": row.asked_fen, "given_fen": row.given_fen})
    return found


def _allowed(state: str) -> list[str]:
    return {ASKED: ["cancel"], APPROVED: ["send_parcel", "cancel"], RETURNING: ["correct_parcel"],
            REFUSED: ["ask_again", "complain"]}.get(state, [])


def _summary(case: Row[Any], lines: list[dict[str, Any]], language: str) -> dict[str, Any]:
    return {
        "id": case.id, "number": case.number, "order_id": case.order_id, "order_number": case.order_number, "kind": case.kind,
        "kind_text": pick(KINDS[case.kind], language), "state": case.state, "state_text": pick(WORDS[case.state], language),
        "next_text": next_words(case, language), "due_at": case.due_at, "allowed": _allowed(case.state), "lines": lines,
        "asked_fen": case.asked_fen, "given_fen": case.given_fen, "freight_fen": case.freight_fen, "asked_at": case.asked_at}


def aftersale_list(ctx: Context, *, state: str | None = None, after: str | None = None, limit: int = 20,
                   language: str = "zh") -> dict[str, Any]:
    """The shopper's cases, newest first (`state` open, ended or None for all); two statements."""
    asked = {"member_id": ctx.actor.member_id, "after": after or LAST, "rows": limit + 1}
    with reading(ctx) as rd:
        rows = list(rd.execute(_PAGES[state], asked))
        more, rows = len(rows) > limit, rows[:limit]
        lines = lines_of(rd, [row.id for row in rows])
    return {"items": [_summary(row, lines[row.id], language) for row in rows], "next": rows[-1].id if more else None}


def aftersale_page(ctx: Context, *, aftersale_id: str, language: str = "zh") -> dict[str, Any]:
    """One case of the shopper's own, whole; refuses (not_found) absent and foreign ones alike."""
    with reading(ctx) as rd:
        case = rd.execute(_ONE, {"aftersale_id": aftersale_id, "member_id": ctx.actor.member_id}).one_or_none()
        if case is None:
            raise NOT_FOUND()
        lines = lines_of(rd, [case.id])[case.id]
        moves = rd.execute(_MOVES, {"aftersale_id": aftersale_id}).all()
        refund = rd.execute(_REFUND, {"id": case.refund_id}).one_or_none() if case.refund_id else None
    return _summary(case, lines, language) | {
        "reason": case.reason, "reason_text": pick(REASONS[case.reason], language), "words": case.words,
        "pictures": case.pictures, "answer": case.answer, "answer_pictures": case.answer_pictures,
        "return_to": case.return_to if case.state in (APPROVED, RETURNING) else None,
        "courier": case.courier, "tracking_number": case.tracking_number,
        "refund": None if refund is None else {"id": refund.id, "state": refund.state, "amount_fen": refund.amount_fen,
                                               "ended_at": refund.ended_at},
        "history": [{"state": move.to_state, "state_text": pick(WORDS[move.to_state], language), "at": move.at} for move in moves]}


def aftersale_options(ctx: Context, *, order_id: str, language: str = "zh") -> dict[str, Any]:
    """What the shopper may ask of an order now: per line how many units, what they are worth, which kinds – or why not; the
    reasons to choose from, and until when. Refuses absent and foreign orders alike."""
    days = ctx.shop.aftersale_days
    with reading(ctx) as rd:
        order = orders.find_order(rd, order_id)
        if order is None or order.member_id != ctx.actor.member_id:
            raise NOT_FOUND()
        view = view_order_lines(rd, order)
        goods = {row.id: row for row in rd.execute(_GOODS, {"order_id": order_id})}
    lines = [{
        "order_line_id": each.order_line_id, "title": goods[each.order_line_id].title, "options": goods[each.order_line_id].options,
        "picture": goods[each.order_line_id].picture, "price_fen": goods[each.order_line_id].price_fen, "left": each.left,
        "unshipped": each.left - each.returnable, "returnable": each.returnable, "worth_fen": each.worth_fen,
        "kinds": list(each.kinds), "why_not": None if each.no is None else {
            "code": each.no.code, "text": each.no.sentence(language)}}
        for each in rules.options(view, ctx.now, days)]
    return {
        "lines": lines, "until": rules.window_end(view, days), "freight_left_fen": view.freight_left_fen,
        "kinds": [{"code": code, "text": pick(words, language)} for code, words in KINDS.items()],
        "reasons": [{"code": code, "text": pick(words, language), "when": sorted(words[2])} for code, words in REASONS.items()]}


def may_ask_now(rd: Reading, ctx: Context, order: Row[Any]) -> bool:
    """Whether the shopper may ask for anything of this order now; two statements."""
    return rules.may_ask(view_order_lines(rd, order), ctx.now, ctx.shop.aftersale_days)
