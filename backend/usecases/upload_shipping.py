"""Tell WeChat what left of an order, as often as it takes until WeChat has said yes or no."""

from datetime import timedelta

from sqlalchemy import Row

from backend.context import Context
from backend.fulfilment import rules
from backend.fulfilment import store as fulfilment
from backend.fulfilment.events import ShippingUploadDue
from backend.fulfilment.states import DUE, FAILED, GAVE_UP, SENT
from backend.gateways.outcomes import WeChatUnknown
from backend.gateways.wechat_shipping import Shipping, ShippingRefused
from backend.infra.clock import real_now
from backend.infra.uow import Transaction, transaction
from backend.orders import store as orders
from backend.orders.states import REFUNDED
from backend.steps.compose_shipping import compose_shipping

CALL = timedelta(seconds=40)
"""No call lasts longer: a worker's job is killed before."""
UNHEARD = timedelta(minutes=10)
"""When to look again at a call of which nobody has heard."""


def upload_shipping(ctx: Context, *, order_id: str) -> None:
    """Tell WeChat what left of an order if that is due; does nothing otherwise.

    Beats: noted that WeChat is being told · told · answer noted. All that has left is told each time, so nothing is lost when
    one telling overtakes another. Of a call that nobody heard the end of, WeChat is asked first: telling it twice would use
    up the one correction that it takes. Put off by WeChat: later again. A definite no is listed for a person.
    """
    caller = ctx.delivery.event_id if ctx.delivery else ""
    with transaction(ctx) as tx:
        order = orders.lock_order(tx, order_id)
        upload = fulfilment.find_upload(tx, order_id)
        if upload is None or upload.state != DUE:
            return
        if upload.unsure and upload.caller != caller and upload.began_at + CALL > real_now():
            raise StillCalling(order_id)
        told = compose_shipping(tx, ctx, order, upload, rules.newer(ctx.now, upload.uploaded_at))
        over = why_over(order, upload, told)
        if over is not None or told is None:
            fulfilment.end_upload(tx, upload, GAVE_UP, problem=over)
            return
        fulfilment.begin_upload(tx, upload, caller, real_now(), told.at, ctx.now + UNHEARD)

    no = None
    try:
        tell(ctx, told, upload)
    except ShippingRefused as refused:
        no = refused

    with transaction(ctx, last=True) as tx:
        orders.lock_order(tx, order_id)
        now = fulfilment.find_upload(tx, order_id)
        assert now is not None
        note(tx, now, told, no, changed=now.wanted != upload.wanted)


def why_over(order: Row, upload: Row, told: Shipping | None) -> str | None:
    """Why nothing can be told of this order any more, or None."""
    if told is None:
        return "not paid at WeChat"
    if order.state == REFUNDED:
        return "fully refunded"
    return "the one correction has been used" if upload.completions >= 2 else None


def tell(ctx: Context, told: Shipping, upload: Row) -> None:
    """Tell it, unless an earlier call turns out to have done so."""
    mini = ctx.gateways.mini
    if upload.unsure:
        try:
            if mini.shipping_of(told.transaction_id).covers(told, upload.completions):
                return
        except ShippingRefused as refused:
            if not refused.try_later:
                raise WeChatUnknown(f"WeChat does not say what it knows: {refused.code}") from refused
    mini.upload_shipping(told)


def note(tx: Transaction, upload: Row, told: Shipping, no: ShippingRefused | None, *, changed: bool) -> None:
    """Write what became of it. What has changed since it was told is told anew by its own event."""
    if no is None or no.nothing_new:
        done = min(upload.completions + told.complete, 2)
        fulfilment.end_upload(tx, upload, DUE if changed else SENT, completions=done, next_at=tx.now if changed else None)
        return
    problem = f"{no.code} {no.message}"[:200]
    again = rules.try_again(tx.now, upload.attempts) if no.try_later else None
    if changed:
        fulfilment.end_upload(tx, upload, DUE, problem=problem, next_at=tx.now)
    elif again is not None:
        fulfilment.end_upload(tx, upload, DUE, problem=problem, next_at=again)
        tx.emit(ShippingUploadDue(upload.order_id), at=again)
    else:
        fulfilment.end_upload(tx, upload, GAVE_UP if no.correction_used else FAILED, problem=problem)


class StillCalling(Exception):
    """Another worker is telling WeChat of this order at this moment: look again shortly."""
