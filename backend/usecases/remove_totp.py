"""Switch the second step off: one's own with the password, somebody else's as whoever manages staff (a lost phone)."""

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import is_password
from backend.infra.uow import reading, transaction
from backend.organisation import store as organisation
from backend.organisation.refusals import PASSWORD_WRONG
from backend.steps.count_try import account, count_try, second_step, take_back


def remove_totp(ctx: Context, *, staff_id: str, password: str = "") -> None:
    """Forget the secret; doing it again changes nothing.

    For one's own, refuses (`password_wrong`) without the password – which counts like a failed log-in. For others only
    whoever manages staff and sees all stores; their log-ins end.
    """
    ctx.actor.must_be("staff", "system")
    own = ctx.actor.id == staff_id
    if not own:
        ctx.actor.must("staff.manage")
        ctx.actor.must_see_all()
    else:
        _must_know(ctx, staff_id, password)
    with transaction(ctx) as tx:
        person, _ = organisation.lock_staff(tx, staff_id)
        if person.totp_secret is None:
            return
        organisation.change_staff(tx, staff_id, {"totp_secret": None, "totp_on": False})
        organisation.forget_tries(tx, [second_step(staff_id)])
        if not own:
            organisation.revoke_sessions(tx, staff_id)
        audit.record(tx, "remove_totp", staff_id, before={"second_step": person.totp_on}, after={"second_step": False})


def _must_know(ctx: Context, staff_id: str, password: str) -> None:
    with reading(ctx) as rd:
        person = organisation.get_staff(rd, staff_id)
    with transaction(ctx) as tx:
        count_try(tx, by=account(person.login))
    if not is_password(password, person.password_hash):
        raise PASSWORD_WRONG()
    with transaction(ctx) as tx:
        take_back(tx, by=account(person.login))
