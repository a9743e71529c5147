"""Ask WeChat about a text and its pictures, and let what it says take effect."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from backend.context import Context
from backend.gateways.outcomes import WeChatRefused
from backend.gateways.wechat_mini import COMMENT, PROFILE
from backend.infra.uow import Reading, reading, transaction
from backend.kernel.calendar import quotas_reset
from backend.members import store as members
from backend.reviews import store as reviews
from backend.screenings import store as screenings
from backend.screenings.events import ContentWritten, PictureJudged, ScreeningOverdue
from backend.screenings.rules import PATIENCE, QUOTA_PATIENCE, TEXT, state_of
from backend.screenings.states import OPEN, RISKY, SENT, UNJUDGED
from backend.steps.settle_check import settle_check

AGAIN = timedelta(minutes=1)
"""When to go on with what WeChat finds too frequent."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one question; `state` empty: ask again later, with `quota` when there is a new one."""

    state: str
    label: int | None = None
    trace_id: str | None = None
    problem: str | None = None
    quota: bool = False


def screen_content(ctx: Context, *, subject: str, revision: int) -> None:
    """Ask about every part of a revision that was not asked about yet, the text first; a risky text ends it.

    Each answer is written before the next question. Too frequent: the rest a minute later. No quota left today: the rest after
    midnight in Beijing, when it is new – for two days, then a person decides. A definite no – the author not there within two
    hours – leaves the part unjudged, for a person. An unknown answer raises, so that it is asked again; `give_up_screening`
    bounds all that. What a newer revision replaced is not asked about any more.
    """
    with reading(ctx) as rd:
        parts = [each for each in screenings.of_revision(rd, subject, revision) if each.state == OPEN]
        if not parts:
            return
        text = text_of(rd, subject)
        openid = members.find_openid(rd, parts[0].member_id, ctx.settings.wechat_appid)

    for part in parts:
        said = ask(ctx, part, text, openid)
        if said.quota:
            again = quotas_reset(ctx.now)
            with transaction(ctx, last=True) as tx:
                screenings.wait_for_quota(tx, subject, revision)
                tx.emit(ContentWritten(subject, revision), at=again)
                tx.emit(ScreeningOverdue(subject, revision), at=again + PATIENCE)
            return
        if not said.state:
            with transaction(ctx, last=True) as tx:
                tx.emit(ContentWritten(subject, revision), at=ctx.now + AGAIN)
            return
        with transaction(ctx) as tx:
            screenings.move(tx, part, said.state, trace_id=said.trace_id, label=said.label, problem=said.problem)
            if said.trace_id is not None and screenings.find_verdict(tx, said.trace_id) is not None:
                tx.emit(PictureJudged(said.trace_id))  # WeChat was quicker than we
            settle_check(tx, subject, revision)
        if said.state == RISKY:
            return


def ask(ctx: Context, part: Row[Any], text: str, openid: str | None) -> Said:
    """One question to WeChat. Raises WeChatUnknown when nobody knows the answer."""
    if openid is None or not ctx.settings.public_url:
        return Said(UNJUDGED, problem="no openid" if openid is None else "no public address")
    scene = PROFILE if part.subject.startswith("mem_") else COMMENT
    try:
        if part.part == TEXT:
            verdict = ctx.gateways.mini.check_text(openid, text, scene)
            return Said(state_of(verdict.suggest), label=verdict.label)
        url = f"{ctx.settings.public_url.rstrip('/')}/api/v1/pictures/{part.part}"
        return Said(SENT, trace_id=ctx.gateways.mini.check_picture(openid, url, scene))
    except WeChatRefused as refused:
        if refused.daily_quota and ctx.now < part.asked_at + QUOTA_PATIENCE:
            return Said("", quota=True)
        return Said("") if refused.try_later else Said(UNJUDGED, problem=refused.code[:64])


def text_of(rd: Reading, subject: str) -> str:
    """The text of a review, a note or a profile as it is now."""
    if subject.startswith("mem_"):
        return members.find_profile(rd, subject)[0]
    found = reviews.find_note(rd, subject) if subject.startswith("rno_") else reviews.find_review(rd, subject)
    return found.text if found is not None else ""
