"""Set a password with a link that an owner made: no other proof is asked for."""

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import hash_password, token_hash
from backend.infra.uow import reading, transaction
from backend.kernel.actors import staff
from backend.organisation import store as organisation
from backend.organisation.refusals import RESET_OVER
from backend.organisation.rules import must_be_password
from backend.steps.count_try import account


def set_password(ctx: Context, *, reset_token: str, password: str) -> str:
    """Use the link up and set the password; returns the log-in name. All log-ins of the person end.

    Refuses (`reset_over`) a link that was used, replaced, has expired or never was, and passwords that would be guessed –
    then the link still works. The second step stays as it was.
    """
    ctx.actor.must_be("anonymous", "staff")
    hashed_token = token_hash(reset_token)
    with reading(ctx) as rd:
        staff_id = organisation.find_reset(rd, hashed_token)
        person = organisation.get_staff(rd, staff_id) if staff_id else None
    if person is None:
        raise RESET_OVER()
    must_be_password(password, person.login)
    hashed = hash_password(password)
    with transaction(ctx.acting_as(staff(person.id))) as tx:
        organisation.use_reset(tx, hashed_token)
        organisation.change_staff(tx, person.id, {"password_hash": hashed, "must_change_password": False})
        organisation.revoke_sessions(tx, person.id)
        organisation.forget_tries(tx, [account(person.login)])
        audit.record(tx, "set_password", person.id)
    return person.login
