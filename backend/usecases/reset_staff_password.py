"""Reset a member's password: the old one ends, and a link that is shown once lets them set another."""

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import new_token, token_hash
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.organisation.rules import RESET_LIFE
from backend.steps.count_try import account


def reset_staff_password(ctx: Context, *, staff_id: str) -> str:
    """The token of a link that works once, for a day. The old password, all log-ins and older links end at once.

    The account is unlocked as well. Only for whoever manages staff and sees all stores.
    """
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    token = new_token()
    with transaction(ctx) as tx:
        person, _ = organisation.lock_staff(tx, staff_id)
        organisation.change_staff(tx, staff_id, {"password_hash": "", "must_change_password": False})
        organisation.revoke_sessions(tx, staff_id)
        organisation.insert_reset(tx, staff_id, token_hash(token), ctx.now + RESET_LIFE)
        organisation.forget_tries(tx, [account(person.login)])
        audit.record(tx, "reset_staff_password", staff_id)
    return token
