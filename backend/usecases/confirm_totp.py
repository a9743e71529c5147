"""Switch the second step on: a code proves that the authenticator has the secret."""

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import token_hash
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.organisation.refusals import CODE_WRONG, TOTP_OFF
from backend.organisation.rules import totp_step


def confirm_totp(ctx: Context, *, code: str, token: str) -> None:
    """From now on each log-in asks for a code; other log-ins of this person, made without one, end.

    Refuses (`code_wrong`) a code that is not of the secret that was shown, (`totp_off`) when none was.
    """
    ctx.actor.must_be("staff")
    with transaction(ctx) as tx:
        person, _ = organisation.lock_staff(tx, ctx.actor.id)
        if person.totp_on or person.totp_secret is None:
            raise TOTP_OFF()
        step = totp_step(person.totp_secret, code, ctx.now)
        if step is None:
            raise CODE_WRONG()
        organisation.change_staff(tx, person.id, {"totp_on": True, "totp_step": step})
        organisation.revoke_sessions(tx, person.id, but=token_hash(token))
        audit.record(tx, "confirm_totp", person.id, before={"second_step": False}, after={"second_step": True})
