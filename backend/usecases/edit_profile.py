"""Edit one's profile."""

from typing import Any

from backend.context import Context
from backend.infra.uow import transaction
from backend.kernel.calendar import business_day
from backend.members import rules
from backend.members import store as members
from backend.screenings import store as screenings
from backend.steps.ask_check import ask_check
from backend.steps.claim_pictures import claim_pictures
from backend.uploads import store as uploads

FIELDS = frozenset({"nickname", "avatar_key", "gender", "birthday"})


def edit_profile(ctx: Context, *, changes: dict[str, Any]) -> None:
    """Set the given ones of nickname, avatar_key, gender and birthday; None empties one (not the nickname).

    A picture is one that the member sent as an avatar; the one before it is given up. Refuses (`nickname`, `gender`,
    `birthday`, `picture_not_found`) what is wrong; then nothing changes. Any other name is a bug. WeChat looks at nickname
    and picture: until it has let them pass strangers see one letter, and what is unfit is replaced.
    """
    member_id = ctx.actor.member_id
    assert changes.keys() <= FIELDS
    changes = rules.profile(changes, business_day(ctx.now))
    with transaction(ctx) as tx:
        members.lock_member(tx, member_id)
        before = members.find_profile(tx, member_id)
        if "avatar_key" in changes:
            wanted = [changes["avatar_key"]] if changes["avatar_key"] else []
            claim_pictures(tx, ctx.actor, wanted, "avatar", member_id)
            uploads.release(tx, member_id, [key for key in uploads.keys_of(tx, member_id) if key not in wanted])
        members.change_profile(tx, member_id, changes)
        nickname, avatar_key = members.find_profile(tx, member_id)
        if (nickname, avatar_key) != before:
            pictures = [avatar_key] if avatar_key else []
            ask_check(tx, member_id, screenings.last_revision(tx, member_id) + 1, member_id, nickname, pictures)
