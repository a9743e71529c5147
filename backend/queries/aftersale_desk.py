"""The after-sale desk: how many cases wait for whom, and one case with all that staff need to decide it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from backend.aftersales.models import Aftersale, AftersaleLine, AftersaleMove
from backend.aftersales.rules import KINDS, REASONS, RETURN_AND_REFUND
from backend.aftersales.states import APPROVED, ASKED, NEXT, REFUND_FAILED, REFUNDING, RETURNING, WORDS
from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import Reading, reading
from backend.kernel.errors import NOT_FOUND
from backend.members.models import Member
from backend.orders.models import Order, OrderLine
from backend.organisation.models import Staff
from backend.payments.models import Refund

CASES, LINES, MOVES = Aftersale.__table__, AftersaleLine.__table__, AftersaleMove.__table__
ORDERS, ORDER_LINES, MEMBERS, STAFF, REFUNDS = (each.__table__ for each in (Order, OrderLine, Member, Staff, Refund))

TO_DO = (ASKED, RETURNING, REFUND_FAILED)
"""States in which staff must do something."""
TABS: dict[str, tuple[str, ...]] = {"todo": TO_DO, "parcel": (APPROVED,), "refunding": (REFUNDING,),
                                    "done": ("refunded", "refused", "cancelled", "lapsed")}
SOON = timedelta(hours=12)
"""What staff must do within this is due soon."""

_COUNTS = select(CASES.c.state, func.count()).where(CASES.c.state.in_((*TO_DO, APPROVED, REFUNDING))).group_by(CASES.c.state)
_SOON = select(func.count()).select_from(CASES).where(CASES.c.state.in_((ASKED, RETURNING)), CASES.c.due_at <= bindparam("until"))
_ONE = select(CASES, ORDERS.c.number.label("order_number"), ORDERS.c.state.label("order_state"), ORDERS.c.total_fen,
              ORDERS.c.refunded_fen, (ORDERS.c.freight_fen - ORDERS.c.freight_refund_fen).label("freight_left_fen"),
              ORDERS.c.paid_at, ORDERS.c.completed_at, MEMBERS.c.nickname).join(ORDERS, ORDERS.c.id == CASES.c.order_id).join(
    MEMBERS, MEMBERS.c.id == CASES.c.member_id).where(CASES.c.id == bindparam("aftersale_id"))
_LINES = select(LINES, ORDER_LINES.c.title, ORDER_LINES.c.options, ORDER_LINES.c.sku_code, ORDER_LINES.c.picture,
                ORDER_LINES.c.price_fen,
                ORDER_LINES.c.quantity.label("bought"), ORDER_LINES.c.payable_fen, ORDER_LINES.c.refund_fen).join(
    ORDER_LINES, ORDER_LINES.c.id == LINES.c.order_line_id).where(
    LINES.c.aftersale_id == bindparam("aftersale_id")).order_by(ORDER_LINES.c.position)
_MOVES = select(MOVES).where(MOVES.c.aftersale_id == bindparam("aftersale_id")).order_by(MOVES.c.seq.desc())
_REFUND = select(REFUNDS).where(REFUNDS.c.id == bindparam("refund_id"))
_OTHERS = select(CASES.c.id, CASES.c.number, CASES.c.state, CASES.c.asked_at, CASES.c.asked_fen, CASES.c.given_fen).where(
    CASES.c.member_id == bindparam("member_id"), CASES.c.id != bindparam("aftersale_id")).order_by(CASES.c.id.desc()).limit(10)
_NAMES = select(STAFF.c.id, STAFF.c.name).where(among(STAFF.c.id, "ids"))
_BESIDE = select(CASES.c.id, ORDERS.c.number, MEMBERS.c.nickname).join(ORDERS, ORDERS.c.id == CASES.c.order_id).join(
    MEMBERS, MEMBERS.c.id == CASES.c.member_id).where(among(CASES.c.id, "ids"))
_TITLES = select(LINES.c.aftersale_id, ORDER_LINES.c.title, LINES.c.quantity).join(
    ORDER_LINES, ORDER_LINES.c.id == LINES.c.order_line_id).where(
    among(LINES.c.aftersale_id, "ids")).order_by(ORDER_LINES.c.position)


def aftersale_words() -> dict[str, Any]:
    """Words of states, kinds and reasons, in Chinese and English."""
    return {"states": WORDS, "kinds": KINDS, "reasons": {code: words[:2] for code, words in REASONS.items()}}


def actor_names(rd: Reading, actors: Iterable[str]) -> dict[str, str]:
    """Names of the staff among these actors ("staff:stf_…"); one statement."""
    ids = sorted({actor.partition(":")[2] for actor in actors if actor.startswith("staff:")})
    return {f"staff:{row.id}": row.name for row in rd.execute(_NAMES, {"ids": ids})} if ids else {}


def desk_counts(ctx: Context) -> dict[str, int]:
    """How many cases stand in each tab that somebody waits in, within the actor's stores."""
    ctx.actor.must("aftersales.view")
    stores = None if ctx.actor.sees_all else sorted(ctx.actor.store_ids or ())
    mine = [] if stores is None else [CASES.c.store_id.in_(stores)]
    with reading(ctx) as rd:
        by_state = dict(tuple(row) for row in rd.execute(_COUNTS.where(*mine)))
        soon = rd.execute(_SOON.where(*mine), {"until": ctx.now + SOON}).scalar_one()
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items() if tab != "done"} | {"soon": soon}


def beside_cases(ctx: Context, *, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Order number, nickname and goods of these cases, for a page of the list; two statements."""
    ctx.actor.must("aftersales.view")
    with reading(ctx) as rd:
        found: dict[str, dict[str, Any]] = {row.id: {"order": row.number, "nickname": row.nickname, "goods": []}
                                            for row in rd.execute(_BESIDE, {"ids": ids})} if ids else {}
        for row in rd.execute(_TITLES, {"ids": ids}) if ids else ():
            found[row.aftersale_id]["goods"].append(f"{row.title} × {row.quantity}")
    return found


def case_at_desk(ctx: Context, *, aftersale_id: str) -> dict[str, Any]:
    """One case with its order, lines, refund, history and the member's other cases; and what staff can do with it now.

    Refuses absent cases and those of stores that the actor does not see, alike.
    """
    ctx.actor.must("aftersales.view")
    with reading(ctx) as rd:
        case = rd.execute(_ONE, {"aftersale_id": aftersale_id}).one_or_none()
        if case is None:
            raise NOT_FOUND()
        ctx.actor.must_see(case.store_id)
        lines = rd.execute(_LINES, {"aftersale_id": aftersale_id}).all()
        moves = rd.execute(_MOVES, {"aftersale_id": aftersale_id}).all()
        refund = rd.execute(_REFUND, {"refund_id": case.refund_id}).one_or_none() if case.refund_id else None
        others = rd.execute(_OTHERS, {"member_id": case.member_id, "aftersale_id": aftersale_id}).all()
        names = actor_names(rd, [move.actor for move in moves])
    can = {
        "approve": case.state == ASKED, "refuse": case.state in (ASKED, RETURNING),
        "receive": case.kind == RETURN_AND_REFUND and case.state in (APPROVED, RETURNING), "retry": case.state == REFUND_FAILED}
    return {"case": case, "lines": lines, "moves": moves, "refund": refund, "others": others, "names": names, "can": can,
            "words": WORDS, "kinds": KINDS, "reasons": REASONS, "next": NEXT}
