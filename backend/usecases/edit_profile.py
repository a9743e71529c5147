"""Edit one's profile."""

from typing import Any

from backend.context import Context
from backend.infra.uow import transaction
from backend.kernel.calendar import business_day
from backend.members import rules
from backend.members import store as members

FIELDS = frozenset({"nickname", "avatar_key", "gender", "birthday"})


def edit_profile(ctx: Context, *, changes: dict[str, Any]) -> None:
    """Set the given ones of nickname, avatar_key, gender and birthday; None empties one (not the nickname).

    Refuses (`nickname`, `gender`, `birthday`) what is wrong; then nothing changes. Any other name is a bug.
    """
    member_id = ctx.actor.member_id
    assert changes.keys() <= FIELDS
    changes = rules.profile(changes, business_day(ctx.now))
    with transaction(ctx) as tx:
        members.change_profile(tx, member_id, changes)
