"""Log in with WeChat's code: whoever comes for the first time becomes a member."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.context import Context
from backend.infra.uow import Transaction, transaction
from backend.kernel.ids import human_code
from backend.members import store as members
from backend.members.refusals import MEMBER_CLOSED


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session. `token` is said this once; the database keeps its hash."""

    member_id: str
    token: str
    expires_at: datetime
    new: bool


def log_in(ctx: Context, *, code: str) -> LoggedIn:
    """Exchange the code of wx.login for a session; each call makes a new one, the member's others stay.

    One WeChat account is one member: two first log-ins at once meet in the same. Refuses a code that is wrong or used
    (`login_code_refused`), a closed account (`member_closed`) and a silent WeChat (`wechat_busy`): nothing is written.
    """
    ctx.actor.must_be("anonymous", "shopper")
    wechat = ctx.gateways.mini.session(code)

    token = secrets.token_urlsafe(32)
    expires_at = ctx.now + timedelta(days=ctx.settings.session_days)
    with transaction(ctx) as tx:
        account, new = _member_of(tx, ctx, wechat.openid, wechat.unionid)
        if account.state != "active":
            raise MEMBER_CLOSED()
        members.open_session(tx, account.member_id, hashlib.sha256(token.encode()).hexdigest(), expires_at)
    return LoggedIn(account.member_id, token, expires_at, new)


def _member_of(tx: Transaction, ctx: Context, openid: str, unionid: str | None) -> tuple[members.Account, bool]:
    appid = ctx.settings.wechat_appid
    index = ctx.cipher.blind_index(openid, "wechat_accounts.openid")
    known = members.find_account(tx, appid, index)
    if known is not None:
        return known, False
    made = members.claim_account(
        tx,
        appid=appid,
        openid=openid,
        openid_index=index,
        nickname=f"用户{human_code(6)}",
        unionid_index=ctx.cipher.blind_index(unionid, "wechat_accounts.unionid") if unionid else None,
    )
    if made is not None:
        return made, True
    rival = members.find_account(tx, appid, index)
    assert rival is not None
    return rival, False
