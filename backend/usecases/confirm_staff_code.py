"""The second step of a log-in: the six digits of the authenticator turn the waiting session into a new, full one."""

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import new_token, token_hash
from backend.infra.uow import transaction
from backend.kernel.actors import LOGIN_NEEDED, staff
from backend.organisation import store as organisation
from backend.organisation.refusals import CODE_WRONG
from backend.organisation.rules import ABSOLUTE, is_alive, totp_step
from backend.steps.count_try import count_try, second_step, take_back


def confirm_staff_code(ctx: Context, *, token: str, code: str) -> str:
    """The token of a full session; the waiting one ends. A code works once (`code_wrong` the second time).

    Refuses (`login_needed`) when the first step is over or was never made, (`login_locked`) after five wrong codes.
    """
    ctx.actor.must_be("anonymous", "staff")
    hashed = token_hash(token)
    with transaction(ctx) as tx:
        session = organisation.find_session(tx, hashed)
        if session is None or not session.awaits_code or not is_alive(
                ctx.now, seen_at=session.seen_at, expires_at=session.expires_at, revoked_at=session.revoked_at):
            raise LOGIN_NEEDED()
        count_try(tx, by=second_step(session.staff_id))

    full = new_token()
    with transaction(ctx.acting_as(staff(session.staff_id))) as tx:
        person = organisation.get_staff(tx, session.staff_id)
        step = totp_step(person.totp_secret, code, ctx.now) if person.totp_on and person.totp_secret else None
        if person.state != "active" or step is None or not organisation.use_code(tx, person.id, step):
            raise CODE_WRONG()
        take_back(tx, by=second_step(person.id))
        organisation.revoke_session(tx, hashed)
        organisation.open_session(tx, person.id, token_hash(full), ctx.now + ABSOLUTE, awaits_code=False)
        organisation.change_staff(tx, person.id, {"last_login_at": ctx.now})
        audit.record(tx, "log_in_staff", person.id, after={"second_step": True})
    return full
