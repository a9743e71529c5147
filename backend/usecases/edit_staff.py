"""Change what a member of staff is called and may do, or disable them; what is taken away counts at once."""

from collections.abc import Sequence

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.organisation.rules import known_roles, known_scope, must_keep_an_owner, must_not_be_self, staff_name


def edit_staff(ctx: Context, *, staff_id: str, name: str, roles: Sequence[str], scope: str, scope_id: str | None,
               state: str) -> None:
    """Set name, roles, scope and state (active, disabled). Whoever is disabled is logged out everywhere in the same transaction.

    Rights and scope are read anew for every request, so other changes count from the next one on. Only for whoever manages
    staff and sees all stores. Refuses changes of one's own rights (`own_rights`) and to leave no active owner (`last_owner`).
    """
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    name, roles = staff_name(name), known_roles(roles)
    scope, scope_id = known_scope(scope, scope_id)
    state = "disabled" if state == "disabled" else "active"
    wanted = {"name": name, "roles": roles, "scope": scope, "scope_id": scope_id, "state": state}
    with transaction(ctx) as tx:
        person, owners = organisation.lock_staff(tx, staff_id)
        if scope_id is not None:
            organisation.get_place(tx, scope, scope_id)
        changes = {key: value for key, value in wanted.items() if getattr(person, key) != value}
        must_not_be_self(ctx.actor.id, staff_id, changes=bool(changes.keys() - {"name"}))
        must_keep_an_owner(owners, staff_id, stays="owner" in roles and state == "active")
        if not changes:
            return
        organisation.change_staff(tx, staff_id, changes)
        if "state" in changes and state == "disabled":
            organisation.revoke_sessions(tx, staff_id)
        audit.record(tx, "edit_staff", staff_id, before={key: getattr(person, key) for key in changes}, after=changes)
