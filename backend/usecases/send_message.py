"""Send a subscribe message, once."""


from backend.context import Context
from backend.gateways.outcomes import WeChatRefused, WeChatUnknown
from backend.infra.uow import transaction
from backend.kernel.calendar import quotas_reset
from backend.members import store as members
from backend.messages import store as messages
from backend.messages.events import MessageAsked
from backend.messages.rules import AGAIN, TOO_OLD
from backend.messages.states import FAILED, SENDING, SENT, UNKNOWN, WAITING


def send_message(ctx: Context, *, message_id: str) -> None:
    """Hand a waiting message to WeChat and note the answer; any other is left alone.

    Refused for want of consent: the balance was wrong and is void. Too frequent or no quota left today: later. Refused for
    any other reason: failed and listed, its consent is given back. Nobody knows whether it arrived – no answer, or the worker
    died in the middle: unknown, and never sent again.
    """
    with transaction(ctx) as tx:
        message = messages.find_message(tx, message_id)
        if message is None:
            return
        if message.state == SENDING:
            messages.move(tx, message, UNKNOWN, "the worker ended while it was being sent")
            return
        openid = members.find_openid(tx, message.member_id, ctx.settings.wechat_appid)
        if message.state != WAITING:
            return
        if openid is None or ctx.now - message.asked_at > TOO_OLD:
            messages.move(tx, message, FAILED, "too late" if openid else "no openid")
            messages.give_back(tx, message)
            return
        if not messages.move(tx, message, SENDING):
            return

    try:
        ctx.gateways.mini.send_message(openid, message.template_id, message.page, message.fields)
    except WeChatRefused as refused:
        note_no(ctx, message_id, refused)
    except WeChatUnknown as unknown:
        note_end(ctx, message_id, UNKNOWN, unknown.reason)
    else:
        note_end(ctx, message_id, SENT)


def note_end(ctx: Context, message_id: str, state: str, problem: str | None = None) -> None:
    """Write down how it ended, unless somebody else has given it up meanwhile."""
    with transaction(ctx, last=True) as tx:
        message = messages.find_message(tx, message_id)
        if message is not None and message.state == SENDING:
            messages.move(tx, message, state, problem[:200] if problem else None)


def note_no(ctx: Context, message_id: str, refused: WeChatRefused) -> None:
    """Write down a definite no: later again, or failed."""
    problem = f"{refused.code} {refused.message}"[:200]
    with transaction(ctx, last=True) as tx:
        message = messages.find_message(tx, message_id)
        if message is None or message.state != SENDING:
            return
        if refused.try_later or refused.daily_quota:
            messages.move(tx, message, WAITING, problem)
            tx.emit(MessageAsked(message_id), at=quotas_reset(ctx.now) if refused.daily_quota else ctx.now + AGAIN)
            return
        messages.move(tx, message, FAILED, problem)
        if refused.no_consent:
            messages.void(tx, message.member_id, message.template_id)
        else:
            messages.give_back(tx, message)
