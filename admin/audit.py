"""The audit log: who changed what, when, from what to what."""

from typing import Any

from markupsafe import Markup

from admin.base import HEAD_OFFICE, ReadOnlyView
from admin.filters import Days, Equals, StartsWith
from admin.formats import plain, shown
from admin.menu import SYSTEM
from admin.words import say
from backend.infra.audit import AuditRow


def difference(row: Any) -> Markup:
    """What a change changed, field by field: the old value struck out, the new one behind it."""
    before, after = row.before or {}, row.after or {}
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        parts = [Markup("<del>{}</del>").format(plain(old))] if name in before else []
        parts += [Markup("<ins>{}</ins>").format(plain(new))] if name in after else []
        lines.append(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(plain(name), Markup(" → ").join(parts)))
    return Markup('<dl class="diff">{}</dl>').format(Markup("").join(lines)) if lines else Markup("")


class AuditLog(ReadOnlyView):
    """Every change of money, prices, stock and rights; rows are only ever added."""

    title, permission, category, icon, endpoint = say("操作日志", "Audit log"), "audit.view", SYSTEM, "log", "audit"
    model, scope = AuditRow, HEAD_OFFICE
    columns = {"at": say("时间", "Time"), "actor": say("操作人", "Who"), "action": say("操作", "Action"),
               "subject": say("对象", "Subject"), "changes": say("修改", "Changes")}
    column_default_sort = ("at", True)
    filters = (StartsWith("actor", say("操作人", "Who")), Equals("action", say("操作", "Action")),
               Equals("subject", say("对象", "Subject")), Days("at", say("时间", "Time")))
    column_formatters = {"changes": shown(difference)}
