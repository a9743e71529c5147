"""WeChat's own door: notifications of payments and refunds, pushed events; believed only after their signature was checked."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, request
from prometheus_client import Counter

from backend.context import Context
from backend.gateways.outcomes import BadNotification, BadSignature
from backend.gateways.wechat_pay_notifications import Notification
from backend.infra.logging import log
from backend.kernel.actors import WECHAT
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.confirm_refund import confirm_refund
from backend.usecases.hear_wechat import hear_wechat
from miniprogram_api.auth import context, signed_by_wechat

blueprint = Blueprint("callbacks", __name__)
T = TypeVar("T")

REFUSED = Counter("tuanma_notifications_refused", "Notifications that were not WeChat's, or not readable", ["reason"])
APPLIED = Counter("tuanma_notifications_applied", "Notifications by what became of them", ["outcome"])
MAX_BYTES = 64 * 1024

_log = log("tuanma.callbacks")


def notification(ctx: Context) -> Notification:
    """The verified notification of this request; refuses (401) whatever is not WeChat's and fresh."""
    raw = request.get_data(cache=False)[:MAX_BYTES + 1]
    return _believed(lambda: ctx.gateways.pay.read_notification(request.headers, raw, ctx.now))


@blueprint.post("/callbacks/wechat-pay/payments")
@signed_by_wechat
def payments() -> Response:
    """A payment was made. 204 once it is durably applied, known or quarantined; anything else makes WeChat send it again."""
    ctx = context().acting_as(WECHAT)
    told = notification(ctx)
    outcome = confirm_payment(ctx, trade=told.trade) if told.trade is not None else "ignored"
    return _done(told, outcome)


@blueprint.post("/callbacks/wechat-pay/refunds")
@signed_by_wechat
def refunds() -> Response:
    """A refund ended. Answers as `payments`."""
    ctx = context().acting_as(WECHAT)
    told = notification(ctx)
    outcome = confirm_refund(ctx, result=told.refund) if told.refund is not None else "ignored"
    return _done(told, outcome)


@blueprint.get("/callbacks/wechat/messages")
@signed_by_wechat
def prove_url() -> Response:
    """WeChat checks our URL when it is registered: what it sends is sent back, if it is WeChat that asks."""
    ctx = context().acting_as(WECHAT)
    return _plain(_believed(lambda: ctx.gateways.push.echo(request.args, ctx.now)))


@blueprint.post("/callbacks/wechat/messages")
@signed_by_wechat
def pushed_event() -> Response:
    """An event. `success` once it is durably kept, known or of no use to us; anything else makes WeChat send it again."""
    ctx = context().acting_as(WECHAT)
    raw = request.get_data(cache=False)[:MAX_BYTES + 1]
    pushed = _believed(lambda: ctx.gateways.push.read(request.args, raw, ctx.now))
    outcome = hear_wechat(ctx, pushed=pushed)
    APPLIED.labels(outcome).inc()
    _log.info("event", type=pushed.event, outcome=outcome)
    return _plain("success")


def _believed(read: Callable[[], T]) -> T:
    """What `read` gives; whatever is refused as not WeChat's is counted."""
    try:
        return read()
    except (BadSignature, BadNotification) as error:
        REFUSED.labels(error.reason if isinstance(error, BadSignature) else "unreadable").inc()
        raise


def _plain(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")


def _done(told: Notification, outcome: str) -> Response:
    APPLIED.labels(outcome).inc()
    _log.info("notification", id=told.id, type=told.event_type, outcome=outcome)
    return Response(status=204)
