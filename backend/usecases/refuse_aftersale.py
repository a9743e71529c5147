"""Refuse an after-sale case, with a reason that the shopper reads."""

from collections.abc import Sequence

from backend.aftersales import rules
from backend.aftersales import store as aftersales
from backend.aftersales.events import AftersaleEnded
from backend.aftersales.refusals import NOT_NOW
from backend.aftersales.states import ASKED, REFUSED, RETURNING
from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.orders import store as orders
from backend.steps.claim_pictures import claim_pictures


def refuse_aftersale(ctx: Context, *, aftersale_id: str, reason: str, pictures: Sequence[str] = ()) -> None:
    """End a case that was asked, or whose parcel came with something else than was bought, as refused; its lines are free.

    The shopper may ask once more. `pictures` that staff sent for it go with the reason. Staff with `aftersales.decide`. A case
    that is refused already stays so. Refuses (`aftersale_not_now`) other states, and an empty reason (`aftersale_words_needed`).
    """
    ctx.actor.must("aftersales.decide")
    reason, pictures = rules.check_words(reason), rules.check_pictures(pictures)
    with transaction(ctx) as tx:
        orders.lock_order(tx, aftersales.get_case(tx, aftersale_id).order_id)
        case = aftersales.get_case(tx, aftersale_id)
        ctx.actor.must_see(case.store_id)
        if case.state == REFUSED:
            return
        if case.state not in (ASKED, RETURNING):
            raise NOT_NOW(state=case.state)
        aftersales.move(tx, case, REFUSED, reason, answer=reason,
                        answer_pictures=rules.all_pictures(case.answer_pictures, pictures), answered_at=case.answered_at or ctx.now)
        claim_pictures(tx, ctx.actor, pictures, "aftersale", aftersale_id, case.store_id)
        audit.record(tx, "refuse_aftersale", aftersale_id, before={"state": case.state},
                     after={"order_id": case.order_id, "reason": reason})
        tx.emit(AftersaleEnded(aftersale_id))
