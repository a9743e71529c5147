"""Ask for money back after the sale, with or without sending the goods: the shopper opens a case."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from backend.aftersales import rules
from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleAnswerDue, AftersaleAsked
from backend.aftersales.rules import Asked
from backend.aftersales.states import ASKED
from backend.context import Context
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import human_code, new_id
from backend.orders import store as orders
from backend.steps.claim_pictures import claim_pictures
from backend.steps.view_order_lines import view_order_lines


def ask_aftersale(ctx: Context, *, order_id: str, kind: str, reason: str, lines: Sequence[Asked], words: str = "",
                  pictures: Sequence[str] = (), key: ClientKey | None = None) -> dict[str, Any]:
    """Open a case on the shopper's own order; returns {id, number}, facts that never change.

    Its lines are bound until it ends: no second case, no refund beside it, unshipped goods do not leave. Whatever the shop
    does not answer within `aftersale_answer_hours` is granted by itself. The freight goes back with a whole unshipped order.
    Refuses what `rules.check_asked` refuses, reasons that do not fit and pictures that are not the shopper's.
    """
    member_id = ctx.actor.member_id
    shop = ctx.shop
    pictures = rules.check_pictures(pictures)
    aftersale_id = new_id("aft", ctx.now)
    facts = {"id": aftersale_id, "number": human_code(10)}
    with transaction(ctx) as tx:
        first = claim(tx, key, "ask_aftersale", facts)
        if first is not None:
            return first
        order = orders.lock_order(tx, order_id, member_id)
        view = view_order_lines(tx, order)

        asked = rules.check_asked(view, kind, lines, ctx.now, shop.aftersale_days)
        words = rules.check_reason(reason, words, rules.stage(kind, asked))

        due = ctx.now + timedelta(hours=shop.aftersale_answer_hours)
        aftersales.insert_case(tx, {
            "id": aftersale_id, "number": facts["number"], "order_id": order_id, "member_id": member_id, "store_id": order.store_id,
            "kind": kind, "state": ASKED, "moves": 1, "reason": reason, "words": words, "pictures": pictures,
            "asked_fen": sum(line.asked_fen for line in asked), "freight_fen": rules.freight_with(view, asked), "answer": "",
            "due_at": due, "asked_at": ctx.now}, asked)
        claim_pictures(tx, ctx.actor, pictures, "aftersale", aftersale_id, order.store_id)
        tx.emit(AftersaleAsked(aftersale_id))
        tx.emit(AftersaleAnswerDue(aftersale_id), at=due)
    return facts
