"""Create a member of staff; they set their own password with a link that is shown once."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.context import Context
from backend.infra import audit
from backend.infra.once import ClientKey, claim
from backend.infra.passwords import hash_password, new_token, token_hash
from backend.infra.uow import transaction
from backend.kernel.ids import new_id
from backend.organisation import store as organisation
from backend.organisation.rules import RESET_LIFE, known_roles, known_scope, login_name, must_be_password, staff_name


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Who was created, and the token of the link to set a password; None when a password was given or it was a repeat."""

    staff_id: str
    reset_token: str | None


def create_staff(ctx: Context, *, login: str, name: str, roles: Sequence[str], scope: str = "head_office",
                 scope_id: str | None = None, password: str | None = None, must_change_password: bool = True,
                 key: ClientKey | None = None) -> NewStaff:
    """A new active account with these roles and scope. Without `password` nobody can log in until the link is used.

    Only for whoever manages staff and sees all stores. Refuses names, roles, scopes and passwords that are none, and a
    log-in name that exists (`login_taken`).
    """
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    login, name, roles = login_name(login), staff_name(name), known_roles(roles)
    scope, scope_id = known_scope(scope, scope_id)
    if password is not None:
        must_be_password(password, login)
    hashed = "" if password is None else hash_password(password)
    staff_id, token = new_id("stf", ctx.now), None if password is not None else new_token()
    with transaction(ctx) as tx:
        first = claim(tx, key, "create_staff", {"staff_id": staff_id})
        if first is not None:
            return NewStaff(first["staff_id"], None)
        if scope_id is not None:
            organisation.get_place(tx, scope, scope_id)
        organisation.insert_staff(tx, {
            "id": staff_id, "login": login, "name": name, "roles": roles, "scope": scope, "scope_id": scope_id,
            "password_hash": hashed, "must_change_password": password is not None and must_change_password})
        if token is not None:
            organisation.insert_reset(tx, staff_id, token_hash(token), ctx.now + RESET_LIFE)
        audit.record(tx, "create_staff", staff_id, after={
            "login": login, "name": name, "roles": roles, "scope": scope, "scope_id": scope_id})
    return NewStaff(staff_id, token)
