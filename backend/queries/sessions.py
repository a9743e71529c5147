"""Who a token belongs to: asked once by every request of a shopper."""

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra.uow import reading
from backend.members.models import Member, Session

_SESSIONS, _MEMBERS = Session.__table__, Member.__table__

_FIND = (
    select(_SESSIONS.c.member_id)
    .join(_MEMBERS, _MEMBERS.c.id == _SESSIONS.c.member_id)
    .where(
        _SESSIONS.c.token_hash == bindparam("token_hash"),
        _SESSIONS.c.revoked_at.is_(None),
        _SESSIONS.c.expires_at > bindparam("now"),
        _MEMBERS.c.state == "active",
    )
)


def find_member(ctx: Context, token_hash: str) -> str | None:
    """The member whose session has this hash, if it is neither expired nor revoked and the member not closed."""
    with reading(ctx) as rd:
        return rd.execute(_FIND, {"token_hash": token_hash, "now": ctx.now}).scalar()
