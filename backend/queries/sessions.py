"""Who a token belongs to: asked once by every request of a shopper."""

from typing import NamedTuple

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra.uow import reading
from backend.members.models import Member, Session

_SESSIONS, _MEMBERS = Session.__table__, Member.__table__

_FIND = (
    select(_SESSIONS.c.member_id, _SESSIONS.c.expires_at, _SESSIONS.c.revoked_at, _MEMBERS.c.state)
    .join(_MEMBERS, _MEMBERS.c.id == _SESSIONS.c.member_id)
    .where(_SESSIONS.c.token_hash == bindparam("token_hash"))
)


class Found(NamedTuple):
    """Whose token it is, or None when it opens nothing; `known` tells a log-in that is over from one that never was."""

    member_id: str | None
    known: bool


def find_member(ctx: Context, token_hash: str) -> Found:
    """The member whose session has this hash, if it is neither expired nor revoked and the member not closed."""
    with reading(ctx, once=True) as rd:
        session = rd.execute(_FIND, {"token_hash": token_hash}).one_or_none()
    if session is None:
        return Found(None, known=False)
    live = session.revoked_at is None and session.expires_at > ctx.now and session.state == "active"
    return Found(session.member_id if live else None, known=True)
