"""How refunds stand, for whoever waits for them."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from backend.context import Context
from backend.infra.rows import among
from backend.infra.uow import reading
from backend.payments.models import Refund

REFUNDS = Refund.__table__


class Standing(NamedTuple):
    """A refund: `send_at` is when it may be sent at the earliest, `problem` what WeChat said against it."""

    id: str
    state: str
    send_at: datetime
    problem: str | None


_STANDING = select(*(REFUNDS.c[name] for name in Standing._fields)).where(
    among(REFUNDS.c.id, "ids")).order_by(REFUNDS.c.id)


def refunds_standing(ctx: Context, *, refund_ids: Collection[str]) -> list[Standing]:
    """These refunds (at most some hundreds), oldest first; one statement. Staff only."""
    ctx.actor.must("money.view")
    with reading(ctx) as rd:
        return [Standing(*row) for row in rd.execute(_STANDING, {"ids": list(refund_ids)})]
