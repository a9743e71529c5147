"""Take in an event that WeChat has pushed: what it says is kept first, and has its effect afterwards."""

from backend.context import Context
from backend.gateways.wechat_push import ConsentWord, PictureWord, Pushed
from backend.infra.uow import transaction
from backend.members import store as members
from backend.messages import store as messages
from backend.screenings import store as screenings
from backend.screenings.events import PictureJudged

SUGGESTS = ("pass", "review", "risky")


def hear_wechat(ctx: Context, *, pushed: Pushed) -> str:
    """Keep a verified event; says what became of it (kept, known, voided, ignored). The same again changes nothing.

    Repeats are known by what they are about: a picture's number, or the moment at which a template was switched off.
    """
    ctx.actor.must_be("wechat")
    if pushed.picture is not None:
        return keep_verdict(ctx, pushed.picture)
    off = [word for word in pushed.consents if word.status == "reject"]
    return switch_off(ctx, pushed, off) if off else "ignored"


def keep_verdict(ctx: Context, word: PictureWord) -> str:
    """Keep the verdict on a picture and have it applied."""
    suggest = word.suggest if word.suggest in SUGGESTS else "unjudged"
    with transaction(ctx) as tx:
        if not screenings.keep_verdict(tx, word.trace_id, suggest, word.label, word.problem or None):
            return "known"
        tx.emit(PictureJudged(word.trace_id))
    return "kept"


def switch_off(ctx: Context, pushed: Pushed, words: list[ConsentWord]) -> str:
    """Void the consents for templates that the user refuses in the settings, unless they have accepted again since."""
    index = ctx.cipher.blind_index(pushed.openid, "wechat_accounts.openid")
    voided = 0
    with transaction(ctx) as tx:
        account = members.find_account(tx, ctx.settings.wechat_appid, index)
        if account is None:
            return "ignored"
        for word in sorted(words, key=lambda each: each.template_id):
            if not messages.accepted_since(tx, account.member_id, word.template_id, pushed.created_at):
                voided += messages.void(tx, account.member_id, word.template_id)
    return "voided" if voided else "known"
