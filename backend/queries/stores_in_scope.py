"""The stores whose data whoever asks may see, for the choices of a form."""

from sqlalchemy import select

from backend.context import Context
from backend.infra.uow import reading
from backend.organisation.models import Store

STORES = Store.__table__
_ALL = select(STORES.c.id, STORES.c.name).order_by(STORES.c.name, STORES.c.id)


def stores_in_scope(ctx: Context) -> dict[str, str]:
    """Names of stores by id, in the order of names; nothing for whoever is not staff."""
    with reading(ctx) as rd:
        return {row.id: row.name for row in rd.execute(_ALL) if ctx.actor.sees(row.id)}
