"""Log a member out everywhere: a phone was lost, or somebody else uses the account; staff only."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.kernel.errors import NOT_FOUND
from backend.members import store as members
from backend.orders import store as orders


def end_member_sessions(ctx: Context, *, member_id: str) -> int:
    """End all log-ins of a member; returns how many there were. A second time ends none.

    Refuses members outside the actor's scope as if they did not exist.
    """
    ctx.actor.must("members.log_out")
    with transaction(ctx) as tx:
        if members.find_member(tx, member_id) is None or not orders.ordered_in(tx, member_id, ctx.actor.store_ids):
            raise NOT_FOUND()
        ended = members.revoke_all_sessions(tx, member_id)
        audit.record(tx, "end_member_sessions", member_id, after={"ended": ended})
    return ended
