"""The shop's rules for their form, as the database has them at this moment, and how they came to be so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from backend.context import Context
from backend.infra import shop_rules
from backend.infra.audit import AuditRow
from backend.infra.rows import among
from backend.infra.shop_rules import RULES, Rule
from backend.infra.uow import reading

AUDIT = AuditRow.__table__
_HISTORY = select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.subject, AUDIT.c.before, AUDIT.c.after).where(
    among(AUDIT.c.subject, "names"), AUDIT.c.action == "change_shop_rules",
).order_by(AUDIT.c.id.desc()).limit(bindparam("rows"))


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule with what counts now: `value`, the `default` of the environment, and whether a merchant has set it."""

    rule: Rule
    value: Any
    default: Any
    is_set: bool
    version: int
    changed_at: datetime | None
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A change of a rule; None stands for the default."""

    at: datetime
    actor: str
    rule: Rule
    before: Any
    after: Any


def shop_rules_shown(ctx: Context) -> list[ShownRule]:
    """Every rule in the order of its declaration; one statement. Staff only."""
    ctx.actor.must("settings.edit")
    ctx.actor.must_see_all()
    with reading(ctx) as rd:
        known = shop_rules.find_set(rd)
    shown = []
    for name, rule in RULES.items():
        default, row = getattr(ctx.settings, name), known.get(name)
        is_set = row is not None and row.value is not None
        shown.append(ShownRule(rule, row.value if row is not None and is_set else default, default, is_set,
                               row.version if row else 0, row.changed_at if row else None, row.changed_by if row else None))
    return shown


def shop_rules_history(ctx: Context, *, limit: int = 50) -> list[RuleChange]:
    """The latest changes, newest first; private values are masked. One statement. Staff only."""
    ctx.actor.must("settings.edit")
    ctx.actor.must_see_all()
    with reading(ctx) as rd:
        rows = rd.execute(_HISTORY, {"names": list(RULES), "rows": limit}).all()
    return [RuleChange(row.at, row.actor, RULES[row.subject], (row.before or {}).get("value"), (row.after or {}).get("value"))
            for row in rows]
