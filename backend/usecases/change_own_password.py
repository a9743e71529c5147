"""Change one's own password; all other log-ins of the same person end."""

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import hash_password, is_password, token_hash
from backend.infra.uow import reading, transaction
from backend.organisation import store as organisation
from backend.organisation.refusals import PASSWORD_SAME, PASSWORD_WRONG
from backend.organisation.rules import must_be_password
from backend.steps.count_try import account, count_try, take_back


def change_own_password(ctx: Context, *, current: str, new: str, token: str) -> None:
    """Set a new password; the log-in of `token` stays, every other one of this person is over at once.

    Refuses (`password_wrong`) when `current` is not it – which counts like a failed log-in –, (`password_same`) the same
    one again, and what would be guessed.
    """
    ctx.actor.must_be("staff")
    with reading(ctx) as rd:
        person = organisation.get_staff(rd, ctx.actor.id)
    with transaction(ctx) as tx:
        count_try(tx, by=account(person.login))
    if not is_password(current, person.password_hash):
        raise PASSWORD_WRONG()
    if new == current:
        raise PASSWORD_SAME()
    must_be_password(new, person.login)
    hashed = hash_password(new)
    with transaction(ctx) as tx:
        take_back(tx, by=account(person.login))
        organisation.change_staff(tx, person.id, {"password_hash": hashed, "must_change_password": False})
        organisation.revoke_sessions(tx, person.id, but=token_hash(token))
        audit.record(tx, "change_own_password", person.id)
