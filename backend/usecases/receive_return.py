"""Receive returned goods: the refund goes out, and what is still good is on sale again."""

from collections.abc import Collection, Mapping, Sequence

from backend.aftersales import rules
from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.refusals import NOT_NOW
from backend.aftersales.states import APPROVED, REFUNDED, REFUNDING, RETURNING
from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.orders import store as orders
from backend.orders.rules import Settlement, amounts, settle_lines
from backend.steps.claim_pictures import claim_pictures
from backend.steps.move_on import move_on
from backend.steps.open_refund import open_refund


def receive_return(ctx: Context, *, aftersale_id: str, restock: Collection[str] = (), given: Mapping[str, int] | None = None,
                   answer: str = "", pictures: Sequence[str] = (), key: ClientKey | None = None) -> None:
    """Note that the goods of a return came back (by parcel, or over the counter before one was sent) and open its refund.

    `restock`: order lines whose goods are good and go back on sale; the others are written off. `given` (fen by line): less
    than was agreed, because the goods are worn or incomplete, with an `answer` that the shopper reads; the difference is
    waived. `pictures` show what came back. The case is `refunded` after WeChat's word. Staff need `aftersales.decide`; the timer
    (system) receives what nobody received in time, puts nothing on sale and leaves alone what was received. Refuses other states.
    """
    ctx.actor.must("aftersales.decide")
    pictures = rules.check_pictures(pictures)
    with transaction(ctx, last=True) as tx:
        if claim(tx, key, "receive_return", {"id": aftersale_id}) is not None:
            return
        order = orders.lock_order(tx, aftersales.get_case(tx, aftersale_id).order_id)
        case = aftersales.get_case(tx, aftersale_id)
        ctx.actor.must_see(case.store_id)
        if ctx.actor.kind == "system" and (case.state != RETURNING or case.due_at > ctx.now):
            return
        if case.state not in (APPROVED, RETURNING):
            raise NOT_NOW(state=case.state)

        lines = aftersales.case_lines(tx, aftersale_id)
        agreed = rules.agree(rules.as_agreed(lines), given, answer)
        good = rules.restocked(lines, restock)
        money, skus = orders.line_money(tx, order.id)
        parts = settle_lines(money, [
            Settlement(line.order_line_id, line.quantity, agreed[line.order_line_id], True,
                       returned_qty=good.get(line.order_line_id, 0)) for line in lines])
        agreed = amounts(parts)
        freight = min(case.freight_fen, order.freight_fen - order.freight_refund_fen)

        aftersales.note_agreed(tx, case, agreed, good)
        claim_pictures(tx, ctx.actor, pictures, "aftersale", aftersale_id, case.store_id)
        refund_id = new_id("ref", ctx.now)
        amount_fen = open_refund(tx, order, parts, freight, skus, refund_id=refund_id, reason=f"退货 {case.number}",
                                 restock=bool(good), case=aftersale_id)
        words = answer.strip()[:200] or case.answer
        aftersales.move(tx, case, REFUNDING if amount_fen else REFUNDED, words, answer=words, freight_fen=freight,
                        answer_pictures=rules.all_pictures(case.answer_pictures, pictures), received_at=ctx.now,
                        refund_id=refund_id if amount_fen else None, given_fen=sum(agreed.values()))
        if ctx.actor.kind == "staff":
            audit.record(tx, "receive_return", aftersale_id, before={"state": case.state, "given_fen": case.given_fen}, after={
                "order_id": order.id, "given_fen": sum(agreed.values()), "restocked": good})
        if not amount_fen:
            tx.emit(AftersaleEnded(aftersale_id))
        move_on(tx, ctx, order)
