"""The audit log: who changed what, when, from what to what."""

from collections.abc import Mapping
from typing import Any

from flask import g, url_for
from markupsafe import Markup

from admin.audit_words import ACTIONS, FIELDS
from admin.base import HEAD_OFFICE, ReadOnlyView
from admin.filters import Choice, Days, Equals
from admin.formats import NOTHING, local_time, plain, shown, yuan
from admin.gate import context
from admin.menu import SYSTEM
from admin.words import either, say
from backend.infra.audit import AuditRow
from backend.queries.roles import roles, scopes
from backend.queries.staff import everybody, places

OTHERS = {"system": say("系统", "System"), "wechat": say("微信", "WeChat"), "anonymous": say("未登录", "Not logged in")}
SHORT = 10
VALUES: dict[tuple[str, str], Any] = (
    {("roles", role): either(words) for role, (words, _) in roles().items()}
    | {("scope", scope): either(words) for scope, words in scopes().items()}
    | {("state", "active"): say("启用", "active"), ("state", "disabled"): say("停用", "disabled")})
"""Words for values of some fields."""



def short(identifier: str) -> Markup:
    """An identifier by its kind and its last letters; all of it when one points at it."""
    kind, _, rest = identifier.partition("_")
    if len(rest) <= SHORT:
        return Markup('<code class="id">{}</code>').format(plain(identifier))
    return Markup('<code class="id" title="{}">{}_…{}</code>').format(plain(identifier), kind, rest[-SHORT:])


def said(name: str, content: Any) -> Any:
    """One value of a change as people read it: amounts in yuan, lists with commas, yes and no, identifiers short; whatever is in
    a list or a mapping likewise."""
    if content is None or content == "":
        return say("空", "nothing")
    if isinstance(content, bool):
        return say("是", "yes") if content else say("否", "no")
    if isinstance(content, int) and name.endswith("_fen"):
        return yuan(content)
    if isinstance(content, list):
        return Markup("、").join(Markup("（{}）").format(said(name, each)) if isinstance(each, list | dict) else said(name, each)
                                for each in content) or say("空", "nothing")
    if isinstance(content, dict):
        return Markup("；").join(Markup("{}: {}").format(plain(FIELDS.get(key, key)), said(key, each))
                                for key, each in content.items()) or say("空", "nothing")
    if isinstance(content, str) and len(content) == 30 and content[3:4] == "_":
        return short(content)
    return VALUES.get((name, content), plain(content))


def difference(row: Any) -> Markup:
    """What a change changed, field by field: the old value struck out, the new one behind it."""
    before, after = row.before or {}, row.after or {}
    lines = []
    for name in [*after, *(each for each in before if each not in after)]:
        if before.get(name) == after.get(name):
            continue
        parts = [Markup("<del>{}</del>").format(said(name, before[name]))] if name in before else []
        parts += [Markup("<ins>{}</ins>").format(said(name, after[name]))] if name in after else []
        label = FIELDS.get(name, name)
        lines.append(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(plain(label), Markup(" → ").join(parts)))
    return Markup('<dl class="diff">{}</dl>').format(Markup("").join(lines)) if lines else Markup("")


def actors() -> dict[str, Any]:
    """Everybody who may stand in the log: staff by name, the system, WeChat."""
    return {f"staff:{staff_id}": name for staff_id, name in everybody(context()).items()} | OTHERS


def who(actor: str | None) -> Any:
    """The name of an actor as it is kept ("staff:stf_…"), asked once a request; a shopper or somebody gone by their id."""
    if not actor:
        return NOTHING
    if "actor_names" not in g:
        g.actor_names = actors()
    return g.actor_names.get(actor) or short(actor.partition(":")[2] or actor)


def subject(view: Any, _: Any, row: Any, __: str) -> Markup:
    """What was changed, by name where it has one, leading to everything that happened to it."""
    name = view.page["names"].get(row.subject)
    return Markup('<a class="nowrap" href="{}" title="{}">{}</a>').format(
        url_for("admin_audit.index_view", subject=row.subject), plain(row.subject), plain(name) if name else short(row.subject))


class AuditLog(ReadOnlyView):
    """Every change of money, prices, stock and rights; rows are only ever added."""

    title, permission, category, icon, endpoint = say("操作日志", "Audit log"), "audit.view", SYSTEM, "log", "audit"
    lead = say("谁在什么时候改了什么，只增不改。", "Who changed what, and when; rows are only ever added.")
    model, scope = AuditRow, HEAD_OFFICE
    columns = {"at": say("时间", "Time"), "actor": say("操作人", "Who"), "action": say("操作", "Action"),
               "subject": say("对象", "Subject"), "changes": say("修改内容", "Changes")}
    column_default_sort = ("at", True)
    filters = (Choice("actor", say("操作人", "Who"), actors), Choice("action", say("操作", "Action"), ACTIONS),
               Equals("subject", say("对象编号", "Subject")), Days("at", say("时间", "Time")))
    column_formatters = {
        "at": shown(lambda row: Markup('<time class="nowrap">{}</time>').format(local_time(row.at, seconds=True))),
        "action": shown(lambda row: Markup('<span class="nowrap">{}</span>').format(ACTIONS.get(row.action, row.action))),
        "actor": lambda view, _, row, __: view.page["actors"].get(row.actor) or short(row.actor),
        "subject": subject, "changes": shown(difference)}

    def beside(self, rows: list[Any]) -> Mapping[str, Any]:
        known = places(context())
        return {"actors": actors(), "names": everybody(context()) | known.region | known.dealer | known.store}
