"""WeChat's own door: notifications of payments and refunds, believed only after their signature has been checked."""

from flask import Blueprint, Response, request
from prometheus_client import Counter

from backend.context import Context
from backend.gateways.outcomes import BadNotification, BadSignature
from backend.gateways.wechat_pay_notifications import Notification
from backend.infra.logging import log
from backend.kernel.actors import WECHAT
from backend.usecases.confirm_payment import confirm_payment
from backend.usecases.confirm_refund import confirm_refund
from miniprogram_api.auth import context, signed_by_wechat

blueprint = Blueprint("callbacks", __name__)

REFUSED = Counter("tuanma_notifications_refused", "Notifications that were not WeChat's, or not readable", ["reason"])
APPLIED = Counter("tuanma_notifications_applied", "Notifications by what became of them", ["outcome"])
MAX_BYTES = 64 * 1024

_log = log("tuanma.callbacks")


def notification(ctx: Context) -> Notification:
    """The verified notification of this request; refuses (401) whatever is not WeChat's and fresh."""
    try:
        return ctx.gateways.pay.read_notification(request.headers, request.get_data(cache=False)[:MAX_BYTES + 1], ctx.now)
    except (BadSignature, BadNotification) as error:
        REFUSED.labels(error.reason if isinstance(error, BadSignature) else "unreadable").inc()
        raise


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


def _done(told: Notification, outcome: str) -> Response:
    APPLIED.labels(outcome).inc()
    _log.info("notification", id=told.id, type=told.event_type, outcome=outcome)
    return Response(status=204)
