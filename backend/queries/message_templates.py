"""Subscribe messages that a shopper may be asked to let through, and how many they still do."""

from typing import Any

from sqlalchemy import select

from backend.context import Context
from backend.infra.uow import reading
from backend.messages.models import MessageBalance
from backend.messages.rules import templates

_BALANCES = MessageBalance.__table__


def message_templates(ctx: Context) -> list[dict[str, Any]]:
    """Our templates that are set up, with WeChat's ids for wx.requestSubscribeMessage and the shopper's balances."""
    member_id = ctx.actor.member_id
    with reading(ctx) as rd:
        rows = rd.execute(select(_BALANCES.c.template_id, _BALANCES.c.balance).where(_BALANCES.c.member_id == member_id))
        balances = dict(tuple(row) for row in rows)
    return [{"name": name, "template_id": template.id, "balance": balances.get(template.id, 0)}
            for name, template in templates(ctx.settings.message_templates).items()]
