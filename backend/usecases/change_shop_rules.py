"""Change the shop's rules within their bounds; staff only."""

from collections.abc import Mapping
from typing import Any

from backend.context import Context
from backend.infra import audit, shop_rules
from backend.infra.shop_rules import NO_SUCH_RULE, RULES
from backend.infra.uow import transaction


def change_shop_rules(ctx: Context, *, values: Mapping[str, Any], seen: Mapping[str, int]) -> list[str]:
    """Set `values` (name → value; None: the environment's default again); returns the names that changed.

    `seen` holds the version of each rule as it was shown (absent: never set): when somebody changed it meanwhile all is
    refused (`rule_changed_meanwhile`), as are unknown names (`no_such_rule`) and values out of bounds
    (`rule_out_of_bounds`, `rule_text`). Counts in every process within seconds. Doing it again changes nothing.
    """
    ctx.actor.must("settings.edit")
    ctx.actor.must_see_all()
    wanted = {}
    for name, value in values.items():
        if name not in RULES:
            raise NO_SUCH_RULE()
        wanted[name] = None if value is None else RULES[name].checked(value)

    changed = []
    with transaction(ctx) as tx:
        known = shop_rules.find_set(tx)
        for name in sorted(wanted):
            old = known[name].value if name in known else None
            if wanted[name] == old:
                continue
            shop_rules.set_rule(tx, name, wanted[name], seen.get(name, 0))
            rule = RULES[name]
            audit.record(tx, "change_shop_rules", name, before={"value": rule.for_audit(old)},
                         after={"value": rule.for_audit(wanted[name])})
            changed.append(name)
    return changed
