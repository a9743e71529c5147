"""Log staff in with name and password: a new session, which may still await the code of the second step."""

from dataclasses import dataclass

from backend.context import Context
from backend.infra import audit
from backend.infra.passwords import is_password, new_token, token_hash
from backend.infra.uow import transaction
from backend.kernel.actors import staff
from backend.organisation import store as organisation
from backend.organisation.refusals import LOGIN_WRONG
from backend.organisation.rules import ABSOLUTE, CODE_WAIT
from backend.steps.count_try import account, address, count_try, take_back


@dataclass(frozen=True, slots=True)
class StaffLoggedIn:
    """A new session. `token` is said this once; the database keeps its hash."""

    token: str
    awaits_code: bool


def log_in_staff(ctx: Context, *, login: str, password: str, at: str) -> StaffLoggedIn:
    """A session for whoever knows the password; each call makes a new one. `at` is the network address.

    Unknown names, wrong passwords and disabled accounts get one text (`login_wrong`) in the same time. Refuses
    (`login_locked`) after five failures in a row for a name, or twenty from an address; the try is counted before the
    password is looked at, and no transaction is open while it is.
    """
    ctx.actor.must_be("anonymous", "staff")
    login, who = login.strip().lower(), account(login)
    with transaction(ctx) as tx:
        locks = count_try(tx, by=who, at=address(at))
        person = organisation.find_by_login(tx, login)
    known = person is not None and person.state == "active"
    if not is_password(password, person.password_hash if person is not None and known else None):
        if locks and person is not None:
            with transaction(ctx) as tx:
                audit.record(tx, "lock_log_in", person.id)
        raise LOGIN_WRONG()

    token = new_token()
    assert person is not None
    with transaction(ctx.acting_as(staff(person.id))) as tx:
        now = organisation.get_staff(tx, person.id)
        if now.state != "active" or now.password_hash != person.password_hash:
            raise LOGIN_WRONG()
        take_back(tx, by=who, at=address(at))
        organisation.open_session(tx, now.id, token_hash(token), ctx.now + (CODE_WAIT if now.totp_on else ABSOLUTE),
                                  awaits_code=now.totp_on)
        if not now.totp_on:
            organisation.change_staff(tx, now.id, {"last_login_at": ctx.now})
            audit.record(tx, "log_in_staff", now.id)
    return StaffLoggedIn(token, now.totp_on)
