"""Unlock an account that was locked by failed log-ins."""

from backend.context import Context
from backend.infra import audit
from backend.infra.uow import transaction
from backend.organisation import store as organisation
from backend.steps.count_try import account, second_step


def unlock_staff(ctx: Context, *, staff_id: str) -> None:
    """Forget the failures of this account, of its password and of its second step; doing it again changes nothing.

    A lock of the address that they log in from stays. Only for whoever manages staff and sees all stores.
    """
    ctx.actor.must("staff.manage")
    ctx.actor.must_see_all()
    with transaction(ctx) as tx:
        person = organisation.get_staff(tx, staff_id)
        if organisation.forget_tries(tx, [account(person.login), second_step(person.id)]):
            audit.record(tx, "unlock_staff", staff_id)
