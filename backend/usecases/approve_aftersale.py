"""Agree to an after-sale case: money goes back at once, or the shopper may send the goods."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from backend.aftersales import rules
from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleAnswerDue, AftersaleApproved, AftersaleEnded, AftersaleParcelDue
from backend.aftersales.refusals import NO_RETURN_ADDRESS, NOT_NOW
from backend.aftersales.rules import RETURN_AND_REFUND
from backend.aftersales.states import APPROVED, ASKED, REFUNDED, REFUNDING
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


def approve_aftersale(ctx: Context, *, aftersale_id: str, given: Mapping[str, int] | None = None, freight_fen: int | None = None,
                      answer: str = "", pictures: Sequence[str] = (), key: ClientKey | None = None) -> None:
    """Grant a case that was asked: all of it, or less by line (`given`, in fen) with an `answer` that the shopper reads and
    `pictures` that they see. Other refunds may have made its units worth less since it was asked: the case says what it comes to.

    Refund only: the refund is opened, goods that were not shipped are on sale again; the case is `refunded` after WeChat's
    word, or at once when its goods had cost nothing. Return: the shopper has `aftersale_return_days` to send the parcel to
    the shop's address for returns. `freight_fen` None: what was asked. Less for goods that are kept leaves the rest open: the
    shopper may ask again. Staff need `aftersales.decide`; the timer (system) grants what nobody answered in time and leaves
    alone what was answered. Refuses a case that is no longer `asked` (`aftersale_not_now`), and a return while the shop has no
    address for it (`aftersale_no_return_address`); the timer then looks again an hour later.
    """
    ctx.actor.must("aftersales.decide")
    pictures = rules.check_pictures(pictures)
    shop = ctx.shop
    with transaction(ctx, last=True) as tx:
        if claim(tx, key, "approve_aftersale", {"id": aftersale_id}) is not None:
            return
        order = orders.lock_order(tx, aftersales.get_case(tx, aftersale_id).order_id)
        case = aftersales.get_case(tx, aftersale_id)
        ctx.actor.must_see(case.store_id)
        if ctx.actor.kind == "system" and (case.state != ASKED or case.due_at > ctx.now):
            return
        if case.state != ASKED:
            raise NOT_NOW(state=case.state)

        if case.kind == RETURN_AND_REFUND and not shop.takes_returns:
            if ctx.actor.kind != "system":
                raise NO_RETURN_ADDRESS()
            again = ctx.now + timedelta(hours=rules.PUT_OFF_HOURS)
            aftersales.put_off(tx, case, again)
            tx.emit(AftersaleAnswerDue(aftersale_id), at=again)
            return
        lines = aftersales.case_lines(tx, aftersale_id)
        agreed = rules.agree(lines, given, answer)
        money, skus = orders.line_money(tx, order.id)
        parts = [] if case.kind == RETURN_AND_REFUND else settle_lines(money, [
            Settlement(line.order_line_id, line.quantity, agreed[line.order_line_id], line.held_qty > 0, line.held_qty)
            for line in lines])
        agreed |= amounts(parts)
        left = order.freight_fen - order.freight_refund_fen
        freight = min(case.freight_fen, left) if freight_fen is None else rules.check_freight(freight_fen, left)
        values = {"given_fen": sum(agreed.values()), "freight_fen": freight, "answer": answer.strip()[:200],
                  "answered_at": ctx.now, "answer_pictures": pictures}

        aftersales.note_agreed(tx, case, agreed)
        claim_pictures(tx, ctx.actor, pictures, "aftersale", aftersale_id, case.store_id)
        if ctx.actor.kind == "staff":
            audit.record(tx, "approve_aftersale", aftersale_id, before={"state": case.state, "asked_fen": case.asked_fen}, after={
                "order_id": order.id, "given_fen": values["given_fen"], "freight_fen": freight})
        if case.kind == RETURN_AND_REFUND:
            due = ctx.now + timedelta(days=shop.aftersale_return_days)
            address = {"name": shop.return_name, "phone": shop.return_phone, "address": shop.return_address}
            aftersales.move(tx, case, APPROVED, values["answer"], due_at=due, return_to=address, **values)
            tx.emit(AftersaleApproved(aftersale_id))
            tx.emit(AftersaleParcelDue(aftersale_id), at=due)
            return
        refund_id = new_id("ref", ctx.now)
        amount_fen = open_refund(tx, order, parts, freight, skus, refund_id=refund_id, reason=f"售后 {case.number}",
                                 restock=False, case=aftersale_id)
        aftersales.move(tx, case, REFUNDING if amount_fen else REFUNDED, values["answer"],
                        refund_id=refund_id if amount_fen else None, **values)
        tx.emit(AftersaleApproved(aftersale_id))
        if not amount_fen:
            tx.emit(AftersaleEnded(aftersale_id))
        move_on(tx, ctx, order)
