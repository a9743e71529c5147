"""Begin to set up the second step: a new secret, which counts only once a code from it was entered."""

from backend.context import Context
from backend.infra.totp import new_secret
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.organisation.refusals import TOTP_ON


def start_totp(ctx: Context) -> str:
    """A fresh secret of one's own to show as a QR code; an older one that was not confirmed is gone.

    Refuses (`totp_on`) when the second step is on: it must be taken off first.
    """
    ctx.actor.must_be("staff")
    secret = new_secret()
    with transaction(ctx) as tx:
        person, _ = organisation.lock_staff(tx, ctx.actor.id)
        if person.totp_on:
            raise TOTP_ON()
        organisation.change_staff(tx, person.id, {"totp_secret": secret})
    return secret
